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

/// `tx` inside a fee bump that account `payer` pays and signs.
fn bump(ledger: &Ledger, tx: Transaction, signers: &[u8], payer: u8, fee: i64) -> SignedTx {
    let inner = signed(ledger, tx, signers).inner;
    let tx = FeeBumpTransaction {
        fee_source: id(payer).into(),
        fee,
        inner_tx: FeeBumpTransactionInnerTx::Tx(inner),
        ext: FeeBumpTransactionExt::V0,
    };
    let signature = sign(payer, &tx.hash(ledger.network_id).unwrap());
    let envelope = TransactionEnvelope::TxFeeBump(FeeBumpTransactionEnvelope {
        tx,
        signatures: vec![signature].try_into().unwrap(),
    });
    SignedTx::new(envelope, ledger.network_id).unwrap()
}

fn bump_refusal(ledger: &Ledger, tx: &SignedTx) -> Option<TransactionResult> {
    Some(validate(ledger, tx, 1_000).err()?.result)
}

#[test]
fn a_fee_bump_pays_for_an_inner_transaction_without_a_fee() {
    let mut ledger = ledger();
    let mut tx = transaction(vec![pay(None, 2, 500)]);
    tx.fee = 0;
    let bump = bump(&ledger, tx, &[1], 2, 250);
    assert_eq!(bump_refusal(&ledger, &bump), None);
    let inner_hash = bump.inner_hash;
    let record = close_signed(&mut ledger, bump);
    assert!(record.successful && record.is_fee_bump());
    // The bump counts as one more operation.
    assert_eq!(balance(&ledger, 1), START - 500);
    assert_eq!(balance(&ledger, 2), START + 500 - 200);
    assert_eq!(ledger.account(&id(1)).unwrap().seq_num.0, 1);
    let result = record.decoded_result().unwrap();
    let Code::TxFeeBumpInnerSuccess(pair) = &result.result else {
        panic!("{result:?}");
    };
    assert_eq!(result.fee_charged, 200);
    assert_eq!(pair.transaction_hash.0, inner_hash);
}

#[test]
fn a_fee_bump_whose_inner_transaction_fails_is_paid_all_the_same() {
    let mut ledger = ledger();
    let tx = transaction(vec![pay(None, 9, 500)]);
    let bump = bump(&ledger, tx, &[1], 2, 1_000);
    let record = close_signed(&mut ledger, bump);
    let result = record.decoded_result().unwrap();
    let Code::TxFeeBumpInnerFailed(pair) = &result.result else {
        panic!("{result:?}");
    };
    assert!(matches!(
        pair.result.result,
        InnerTransactionResultResult::TxFailed(_)
    ));
    assert_eq!(
        (balance(&ledger, 1), balance(&ledger, 2)),
        (START, START - 200)
    );
}

#[test]
fn a_fee_bump_has_to_offer_more_than_what_it_bumps() {
    let ledger = ledger();
    let with = |inner_fee, fee| {
        let mut tx = transaction(vec![pay(None, 2, 5)]);
        tx.fee = inner_fee;
        let refused = bump_refusal(&ledger, &bump(&ledger, tx, &[1], 2, fee))?;
        Some((refused.result, refused.fee_charged))
    };
    assert_eq!(with(100, 200), None);
    assert_eq!(with(100, 199), Some((Code::TxInsufficientFee, 200)));
    assert_eq!(with(301, 601), Some((Code::TxInsufficientFee, 602)));
    assert_eq!(with(301, 602), None);
    assert_eq!(with(100, -1), Some((Code::TxMalformed, 0)));
    let all = with(100, START);
    assert_eq!(all, Some((Code::TxInsufficientBalance, 0)));
}

#[test]
fn both_sides_of_a_fee_bump_have_to_sign() {
    let ledger = ledger();
    let tx = || transaction(vec![pay(None, 2, 5)]);
    let unsigned = bump_refusal(&ledger, &bump(&ledger, tx(), &[], 2, 200)).unwrap();
    let Code::TxFeeBumpInnerFailed(pair) = unsigned.result else {
        panic!("the inner transaction has to fail");
    };
    assert_eq!(pair.result.result, InnerTransactionResultResult::TxBadAuth);
    let unknown = bump_refusal(&ledger, &bump(&ledger, tx(), &[1], 9, 200)).unwrap();
    assert_eq!(unknown.result, Code::TxNoAccount);

    let mut forged = bump(&ledger, tx(), &[1], 2, 200);
    forged.hash = [0; 32];
    let forged = bump_refusal(&ledger, &forged).unwrap();
    assert_eq!(forged.result, Code::TxBadAuth);
}

fn options() -> SetOptionsOp {
    SetOptionsOp {
        inflation_dest: None,
        clear_flags: None,
        set_flags: None,
        master_weight: None,
        low_threshold: None,
        med_threshold: None,
        high_threshold: None,
        home_domain: None,
        signer: None,
    }
}

fn set(op: SetOptionsOp) -> Operation {
    Operation {
        source_account: None,
        body: OperationBody::SetOptions(op),
    }
}

fn signer(key: SignerKey, weight: u32) -> Operation {
    set(SetOptionsOp {
        signer: Some(Signer { key, weight }),
        ..options()
    })
}

fn key_of(number: u8) -> SignerKey {
    SignerKey::Ed25519(Uint256(key(number).verifying_key().to_bytes()))
}

fn next(ledger: &Ledger, operations: Vec<Operation>) -> Transaction {
    let mut tx = transaction(operations);
    tx.seq_num = SequenceNumber(ledger.account(&id(1)).unwrap().seq_num.0 + 1);
    tx
}

/// Account 1 with the second signer 5: payments need both, everything else one.
fn shared_account() -> Ledger {
    let mut ledger = ledger();
    let thresholds = SetOptionsOp {
        med_threshold: Some(2),
        high_threshold: Some(2),
        ..options()
    };
    let tx = transaction(vec![signer(key_of(5), 1), set(thresholds)]);
    assert!(close(&mut ledger, tx, &[1]).successful);
    ledger
}

#[test]
fn signatures_have_to_reach_the_threshold_of_the_operation() {
    let ledger = shared_account();
    let tx = || next(&ledger, vec![pay(None, 2, 5)]);
    assert!(matches!(
        refusal(&ledger, tx(), &[1]),
        Some(Code::TxFailed(_))
    ));
    assert_eq!(refusal(&ledger, tx(), &[1, 5]), None);
    assert_eq!(
        refusal(&ledger, tx(), &[1, 5, 2]),
        Some(Code::TxBadAuthExtra)
    );
    let bump = Operation {
        source_account: None,
        body: OperationBody::BumpSequence(BumpSequenceOp {
            bump_to: SequenceNumber(50),
        }),
    };
    assert_eq!(refusal(&ledger, next(&ledger, vec![bump]), &[5]), None);
    let weaken = signer(key_of(5), 0);
    assert!(matches!(
        refusal(&ledger, next(&ledger, vec![weaken]), &[5]),
        Some(Code::TxFailed(_))
    ));
}

#[test]
fn signers_count_as_entries_and_can_go_again() {
    let mut ledger = shared_account();
    let account = ledger.account(&id(1)).unwrap();
    assert_eq!((account.num_sub_entries, account.signers.len()), (1, 1));
    let tx = next(&ledger, vec![signer(key_of(5), 0)]);
    assert!(close(&mut ledger, tx, &[1, 5]).successful);
    let account = ledger.account(&id(1)).unwrap();
    assert_eq!((account.num_sub_entries, account.signers.len()), (0, 0));
}

#[test]
fn a_hash_signer_is_met_by_its_preimage() {
    let mut ledger = ledger();
    let image = crate::ledger::sha256(b"open sesame");
    let tx = transaction(vec![signer(SignerKey::HashX(Uint256(image)), 1)]);
    assert!(close(&mut ledger, tx, &[1]).successful);
    let mut tx = signed(&ledger, next(&ledger, vec![pay(None, 2, 5)]), &[]);
    let with = |tx: &mut SignedTx, secret: &[u8]| {
        let signature = DecoratedSignature {
            hint: SignatureHint(image[28..].try_into().unwrap()),
            signature: Signature(secret.to_vec().try_into().unwrap()),
        };
        tx.inner.signatures = vec![signature].try_into().unwrap();
    };
    with(&mut tx, b"open barley");
    assert!(validate(&ledger, &tx, 1_000).is_err());
    with(&mut tx, b"open sesame");
    assert!(validate(&ledger, &tx, 1_000).is_ok());
}

#[test]
fn a_signer_that_is_a_transaction_is_spent_by_it() {
    let mut ledger = ledger();
    let mut later = transaction(vec![pay(None, 2, 5)]);
    later.seq_num = SequenceNumber(2);
    let hash = later.hash(ledger.network_id).unwrap();
    let tx = transaction(vec![signer(SignerKey::PreAuthTx(Uint256(hash)), 1)]);
    assert!(close(&mut ledger, tx, &[1]).successful);
    assert!(close(&mut ledger, later, &[]).successful);
    let account = ledger.account(&id(1)).unwrap();
    assert_eq!((account.num_sub_entries, account.signers.len()), (0, 0));
}

#[test]
fn a_signature_that_no_longer_counts_fails_the_transaction_it_signed() {
    let mut ledger = shared_account();
    let mut tx = transaction(vec![pay(Some(1), 2, 5)]);
    tx.source_account = id(2).into();
    let tx = signed(&ledger, tx, &[2, 1, 5]);
    validate(&ledger, &tx, 1_000).unwrap();
    ledger.open_next(1_000);
    let charged = charge(&mut ledger, tx, BASE_FEE);
    let mut account = ledger.account(&id(1)).unwrap();
    account.thresholds = Thresholds([0, 0, 2, 2]);
    ledger.put_account(account);
    let applied = apply(&mut ledger, charged, 1);
    let record = refund(&mut ledger, applied);
    assert!(!record.successful);
    let account = ledger.account(&id(2)).unwrap();
    assert_eq!((account.seq_num.0, account.balance), (1, START - 100));
}

fn conditions(change: impl FnOnce(&mut PreconditionsV2)) -> Preconditions {
    let mut v2 = PreconditionsV2 {
        time_bounds: None,
        ledger_bounds: None,
        min_seq_num: None,
        min_seq_age: Duration(0),
        min_seq_ledger_gap: 0,
        extra_signers: Default::default(),
    };
    change(&mut v2);
    Preconditions::V2(v2)
}

#[test]
fn a_least_sequence_number_allows_gaps() {
    let ledger = ledger();
    let with = |least: Option<i64>, number| {
        let mut tx = transaction(vec![pay(None, 2, 5)]);
        tx.seq_num = SequenceNumber(number);
        tx.cond = conditions(|v2| v2.min_seq_num = least.map(SequenceNumber));
        refusal(&ledger, tx, &[1])
    };
    assert_eq!(with(None, 5), Some(Code::TxBadSeq));
    assert_eq!(with(Some(0), 5), None);
    assert_eq!(with(Some(1), 5), Some(Code::TxBadSeq));
    assert_eq!(with(Some(0), 0), Some(Code::TxBadSeq));
}

#[test]
fn a_sequence_number_can_be_asked_to_have_rested() {
    let mut ledger = ledger();
    // The second ledger, at time 1,000.
    let record = close(&mut ledger, transaction(vec![pay(None, 2, 5)]), &[1]);
    assert!(record.successful);
    let header = ledger.next_header([0; 32]);
    ledger.seal(header);
    let with = |age, gap| {
        let mut tx = next(&ledger, vec![pay(None, 2, 5)]);
        tx.cond = conditions(|v2| {
            v2.min_seq_age = Duration(age);
            v2.min_seq_ledger_gap = gap;
        });
        let tx = signed(&ledger, tx, &[1]);
        let refused = validate(&ledger, &tx, 1_060).err();
        refused.map(|refusal| refusal.result.result)
    };
    assert_eq!(with(60, 1), None);
    assert_eq!(with(61, 0), Some(Code::TxBadMinSeqAgeOrGap));
    assert_eq!(with(0, 2), Some(Code::TxBadMinSeqAgeOrGap));
}

#[test]
fn extra_signers_have_to_sign_too() {
    let ledger = ledger();
    let with = |extra: &[u8], signers: &[u8]| {
        let mut tx = transaction(vec![pay(None, 2, 5)]);
        let extra: Vec<_> = extra.iter().map(|number| key_of(*number)).collect();
        tx.cond = conditions(|v2| v2.extra_signers = extra.try_into().unwrap());
        refusal(&ledger, tx, signers)
    };
    assert_eq!(with(&[7], &[1]), Some(Code::TxBadAuth));
    assert_eq!(with(&[7], &[1, 7]), None);
    assert_eq!(with(&[7, 7], &[1, 7]), Some(Code::TxMalformed));
}

#[test]
fn an_account_can_act_in_the_transaction_that_opens_it() {
    let mut ledger = ledger();
    let open = Operation {
        source_account: None,
        body: OperationBody::CreateAccount(CreateAccountOp {
            destination: id(6),
            starting_balance: START / 2,
        }),
    };
    let tx = transaction(vec![open, pay(Some(6), 2, 7)]);
    assert!(matches!(
        refusal(&ledger, tx.clone(), &[1]),
        Some(Code::TxFailed(_))
    ));
    let record = close(&mut ledger, tx, &[1, 6]);
    assert!(record.successful, "{:?}", record.decoded_result());
    assert_eq!(balance(&ledger, 6), START / 2 - 7);
}

#[test]
fn data_entries_are_written_and_removed_and_cost_a_reserve() {
    let mut ledger = ledger();
    let data = |value: Option<&[u8]>| Operation {
        source_account: None,
        body: OperationBody::ManageData(ManageDataOp {
            data_name: String64("site".try_into().unwrap()),
            data_value: value.map(|value| DataValue(value.to_vec().try_into().unwrap())),
        }),
    };
    let removal = next(&ledger, vec![data(None)]);
    assert!(!close(&mut ledger, removal, &[1]).successful);
    let writing = next(&ledger, vec![data(Some(b"a")), data(Some(b"b"))]);
    assert!(close(&mut ledger, writing, &[1]).successful);
    assert_eq!(ledger.account(&id(1)).unwrap().num_sub_entries, 1);
    let removal = next(&ledger, vec![data(None)]);
    assert!(close(&mut ledger, removal, &[1]).successful);
    assert_eq!(ledger.account(&id(1)).unwrap().num_sub_entries, 0);
}

#[test]
fn malformed_operations_are_refused_before_they_cost() {
    let ledger = ledger();
    let refused = |operation| refusal(&ledger, transaction(vec![operation]), &[1]).is_some();
    assert!(refused(pay(None, 2, 0)));
    assert!(refused(Operation {
        source_account: None,
        body: OperationBody::Inflation,
    }));
    assert!(refused(signer(key_of(1), 1)));
    assert!(refused(set(SetOptionsOp {
        med_threshold: Some(256),
        ..options()
    })));
    assert!(!refused(set(options())));
}
