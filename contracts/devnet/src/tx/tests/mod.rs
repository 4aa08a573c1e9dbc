mod accounts;
mod fee_bumps;
mod preconditions;
mod trustlines;

use ed25519_dalek::{Signer as _, SigningKey};
use soroban_env_host::xdr::*;
use TransactionResultResult as Code;

use super::apply::{apply, charge, refund};
use super::validate::validate;
use super::SignedTx;
use crate::history::TxRecord;
use crate::ledger::{account_id, new_account, tests::genesis, Ledger, BASE_FEE, BASE_RESERVE, XDR};

const START: i64 = 1_000 * 10_000_000;

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn id(number: u8) -> AccountId {
    account_id(key(number).verifying_key().to_bytes())
}

/// Accounts 1 and 2 exist.
fn ledger() -> Ledger {
    let mut ledger = genesis();
    for number in [1, 2] {
        ledger.put_account(new_account(id(number), START, 0));
    }
    ledger
}

fn pay(from: Option<u8>, to: u8, amount: i64) -> Operation {
    Operation {
        source_account: from.map(|number| id(number).into()),
        body: OperationBody::Payment(PaymentOp {
            destination: id(to).into(),
            asset: Asset::Native,
            amount,
        }),
    }
}

fn transaction(operations: Vec<Operation>) -> Transaction {
    Transaction {
        source_account: id(1).into(),
        fee: 100 * operations.len() as u32,
        seq_num: SequenceNumber(1),
        cond: Preconditions::None,
        memo: Memo::None,
        operations: operations.try_into().unwrap(),
        ext: TransactionExt::V0,
    }
}

fn sign(number: u8, hash: &[u8; 32]) -> DecoratedSignature {
    let public = key(number).verifying_key().to_bytes();
    let signature = key(number).sign(hash).to_bytes().to_vec();
    DecoratedSignature {
        hint: SignatureHint(public[28..].try_into().unwrap()),
        signature: Signature(signature.try_into().unwrap()),
    }
}

fn signed(ledger: &Ledger, tx: Transaction, signers: &[u8]) -> SignedTx {
    let hash = tx.hash(ledger.network_id).unwrap();
    let signatures: Vec<_> = signers.iter().map(|number| sign(*number, &hash)).collect();
    let envelope = TransactionEnvelope::Tx(TransactionV1Envelope {
        tx,
        signatures: signatures.try_into().unwrap(),
    });
    SignedTx::new(envelope, ledger.network_id).unwrap()
}

fn refusal(ledger: &Ledger, tx: Transaction, signers: &[u8]) -> Option<Code> {
    let refused = validate(ledger, &signed(ledger, tx, signers), 1_000).err()?;
    Some(refused.result.result)
}

fn close(ledger: &mut Ledger, tx: Transaction, signers: &[u8]) -> TxRecord {
    let tx = signed(ledger, tx, signers);
    close_signed(ledger, tx)
}

fn close_signed(ledger: &mut Ledger, tx: SignedTx) -> TxRecord {
    validate(ledger, &tx, 1_000).unwrap();
    ledger.open_next(1_000);
    let charged = charge(ledger, tx, BASE_FEE);
    let applied = apply(ledger, charged, 1);
    refund(ledger, applied)
}

fn balance(ledger: &Ledger, number: u8) -> i64 {
    ledger.account(&id(number)).unwrap().balance
}

#[test]
fn a_good_payment_is_admitted() {
    assert_eq!(
        refusal(&ledger(), transaction(vec![pay(None, 2, 5)]), &[1]),
        None
    );
}

#[test]
fn each_fault_has_its_code() {
    let ledger = ledger();
    let good = || transaction(vec![pay(None, 2, 5)]);
    let with = |change: &dyn Fn(&mut Transaction)| {
        let mut tx = good();
        change(&mut tx);
        refusal(&ledger, tx, &[1])
    };
    assert_eq!(with(&|tx| tx.fee = 99), Some(Code::TxInsufficientFee));
    assert_eq!(
        with(&|tx| tx.seq_num = SequenceNumber(2)),
        Some(Code::TxBadSeq)
    );
    assert_eq!(
        with(&|tx| tx.operations = Default::default()),
        Some(Code::TxMissingOperation)
    );
    assert_eq!(
        with(&|tx| tx.ext = TransactionExt::V1(Default::default())),
        Some(Code::TxMalformed)
    );
    assert_eq!(refusal(&ledger, good(), &[]), Some(Code::TxBadAuth));
    assert_eq!(refusal(&ledger, good(), &[2]), Some(Code::TxBadAuth));
    assert_eq!(
        refusal(&ledger, good(), &[1, 2]),
        Some(Code::TxBadAuthExtra)
    );
    assert_eq!(
        refusal(&ledger, good(), &[1, 1]),
        Some(Code::TxBadAuthExtra)
    );
}

#[test]
fn bounds_are_inclusive_for_time_and_exclusive_for_the_last_ledger() {
    let ledger = ledger();
    let with = |cond: Preconditions| {
        let mut tx = transaction(vec![pay(None, 2, 5)]);
        tx.cond = cond;
        refusal(&ledger, tx, &[1])
    };
    let time = |min, max| {
        with(Preconditions::Time(TimeBounds {
            min_time: TimePoint(min),
            max_time: TimePoint(max),
        }))
    };
    assert_eq!(time(1_000, 1_000), None);
    assert_eq!(time(0, 0), None);
    assert_eq!(time(1_001, 0), Some(Code::TxTooEarly));
    assert_eq!(time(0, 999), Some(Code::TxTooLate));

    let ledgers = |min_ledger, max_ledger| {
        with(Preconditions::V2(PreconditionsV2 {
            time_bounds: None,
            ledger_bounds: Some(LedgerBounds {
                min_ledger,
                max_ledger,
            }),
            min_seq_num: None,
            min_seq_age: Duration(0),
            min_seq_ledger_gap: 0,
            extra_signers: Default::default(),
        }))
    };
    // The next ledger is the second one.
    assert_eq!(ledgers(2, 3), None);
    assert_eq!(ledgers(0, 0), None);
    assert_eq!(ledgers(3, 0), Some(Code::TxTooEarly));
    assert_eq!(ledgers(0, 2), Some(Code::TxTooLate));
    assert_eq!(ledgers(0, 1), Some(Code::TxTooLate));
}

#[test]
fn a_fee_may_not_touch_the_reserve() {
    let mut ledger = ledger();
    ledger.put_account(new_account(id(1), 2 * BASE_RESERVE + 99, 0));
    let tx = transaction(vec![pay(None, 2, 5)]);
    assert_eq!(
        refusal(&ledger, tx, &[1]),
        Some(Code::TxInsufficientBalance)
    );
}

#[test]
fn every_account_that_acts_has_to_sign() {
    let ledger = ledger();
    let tx = || transaction(vec![pay(None, 2, 5), pay(Some(2), 1, 3)]);
    assert_eq!(refusal(&ledger, tx(), &[1, 2]), None);
    assert!(matches!(
        refusal(&ledger, tx(), &[1]),
        Some(Code::TxFailed(_))
    ));
}

#[test]
fn the_operations_of_a_transaction_apply_all_or_none() {
    let mut ledger = ledger();
    let operations = vec![pay(None, 2, 500), pay(None, 9, 5)];
    let record = close(&mut ledger, transaction(operations), &[1]);
    assert!(!record.successful);
    assert_eq!(
        (balance(&ledger, 1), balance(&ledger, 2)),
        (START - 200, START)
    );
    assert_eq!(ledger.fee_pool, 200);
    let result = TransactionResult::from_xdr(&record.result, XDR).unwrap();
    assert_eq!(result.fee_charged, 200);
    let Code::TxFailed(results) = result.result else {
        panic!("the transaction has to fail");
    };
    assert!(matches!(
        results.last(),
        Some(OperationResult::OpInner(OperationResultTr::Payment(
            PaymentResult::NoDestination
        )))
    ));
}

#[test]
fn a_sequence_number_is_spent_even_when_the_transaction_fails() {
    let mut ledger = ledger();
    close(&mut ledger, transaction(vec![pay(None, 9, 5)]), &[1]);
    assert_eq!(ledger.account(&id(1)).unwrap().seq_num.0, 1);
}

#[test]
fn paying_oneself_changes_nothing_but_the_fee() {
    let mut ledger = ledger();
    assert!(close(&mut ledger, transaction(vec![pay(None, 1, 500)]), &[1]).successful);
    assert_eq!(balance(&ledger, 1), START - 100);
}

#[test]
fn the_meta_tells_what_changed() {
    let mut ledger = ledger();
    let record = close(&mut ledger, transaction(vec![pay(None, 2, 500)]), &[1]);
    let meta = record.decoded_meta().unwrap();
    assert_eq!(meta.tx_changes_before.len(), 2);
    // Before and after, for payer and receiver.
    assert_eq!(meta.operations[0].changes.len(), 4);
    assert!(meta.soroban_meta.is_none());
}
