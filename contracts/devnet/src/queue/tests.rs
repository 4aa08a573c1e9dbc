use soroban_env_host::xdr::*;
use TransactionResultResult as Code;

use super::select::BaseFees;
use super::*;
use crate::config::{Config, LimitSet};
use crate::ledger::{account_id, account_key};

const NETWORK: [u8; 32] = [0; 32];
const RESOURCE_FEE: i64 = 1_000;

fn limits() -> LedgerLimits {
    Config::load(LimitSet::Mainnet).unwrap().ledger_limits
}

fn transaction(source: u8, operations: usize, fee: u32) -> Transaction {
    let operation = Operation {
        source_account: None,
        body: OperationBody::Inflation,
    };
    Transaction {
        source_account: account_id([source; 32]).into(),
        fee,
        seq_num: SequenceNumber(7),
        cond: Preconditions::None,
        memo: Memo::None,
        operations: vec![operation; operations].try_into().unwrap(),
        ext: TransactionExt::V0,
    }
}

fn plain(tx: Transaction) -> SignedTx {
    let signatures = Default::default();
    let envelope = TransactionEnvelope::Tx(TransactionV1Envelope { tx, signatures });
    SignedTx::new(envelope, NETWORK).unwrap()
}

fn bumped(tx: &SignedTx, fee: i64) -> SignedTx {
    let bump = FeeBumpTransaction {
        fee_source: account_id([99; 32]).into(),
        fee,
        inner_tx: FeeBumpTransactionInnerTx::Tx(tx.inner.clone()),
        ext: FeeBumpTransactionExt::V0,
    };
    let envelope = FeeBumpTransactionEnvelope {
        tx: bump,
        signatures: Default::default(),
    };
    SignedTx::new(TransactionEnvelope::TxFeeBump(envelope), NETWORK).unwrap()
}

/// A Soroban transaction that offers `bid` and writes what has the number `writes`.
fn soroban(source: u8, bid: i64, instructions: u32, writes: u8) -> SignedTx {
    let mut tx = transaction(source, 1, (bid + RESOURCE_FEE) as u32);
    let key = account_key(&account_id([writes; 32]));
    tx.ext = TransactionExt::V1(SorobanTransactionData {
        ext: SorobanTransactionDataExt::V0,
        resources: SorobanResources {
            footprint: LedgerFootprint {
                read_only: Default::default(),
                read_write: vec![key].try_into().unwrap(),
            },
            instructions,
            disk_read_bytes: 0,
            write_bytes: 0,
        },
        resource_fee: RESOURCE_FEE,
    });
    plain(tx)
}

fn join(queue: &mut Queue, tx: SignedTx) -> Result<(), Submission> {
    let displaced = queue.admit(&tx, &limits())?;
    queue.push(tx, &displaced);
    Ok(())
}

fn sources(transactions: &[SignedTx]) -> Vec<u8> {
    let first = |tx: &SignedTx| {
        let PublicKey::PublicKeyTypeEd25519(Uint256(key)) = tx.source().0;
        key[0]
    };
    transactions.iter().map(first).collect()
}

fn refusal(result: Result<(), Submission>) -> (Code, i64) {
    match result {
        Err(Submission::Refused(refusal)) => {
            (refusal.result.result.clone(), refusal.result.fee_charged)
        }
        _ => panic!("a refusal was expected"),
    }
}

#[test]
fn what_fits_keeps_its_order_and_pays_the_base_fee() {
    let waiting = vec![
        soroban(1, 500, 1, 1),
        plain(transaction(2, 1, 100)),
        plain(transaction(3, 1, 900)),
    ];
    let (selection, left) = Selection::fill(waiting, &limits());
    // Classic transactions go first.
    assert_eq!(sources(&selection.transactions), [2, 3, 1]);
    assert_eq!(selection.base_fees, BaseFees::default());
    assert!(left.is_empty());
}

#[test]
fn a_full_ledger_takes_the_best_offers_at_the_price_of_the_cheapest() {
    let waiting: Vec<_> = (0..12)
        .map(|number| plain(transaction(number, 100, 10_000 + 100 * u32::from(number))))
        .collect();
    let (selection, left) = Selection::fill(waiting, &limits());
    assert_eq!(selection.transactions.len(), 10);
    assert_eq!(sources(&left), [0, 1]);
    let prices = BaseFees {
        classic: 102,
        ..Default::default()
    };
    assert_eq!(selection.base_fees, prices);
}

#[test]
fn a_smaller_one_fills_the_gap_that_a_larger_one_leaves() {
    let mut waiting: Vec<_> = (0..9)
        .map(|number| plain(transaction(number, 100, 20_000)))
        .collect();
    waiting.push(plain(transaction(9, 60, 12_000)));
    waiting.push(plain(transaction(10, 50, 7_500)));
    waiting.push(plain(transaction(11, 40, 5_200)));
    let (selection, left) = Selection::fill(waiting, &limits());
    assert_eq!(sources(&left), [10]);
    assert_eq!(selection.base_fees.classic, 130);
}

#[test]
fn transactions_that_touch_the_same_entry_share_one_lane() {
    let heavy = 300_000_000;
    let waiting = vec![
        soroban(1, 500, heavy, 1),
        soroban(2, 400, heavy, 1),
        soroban(3, 300, heavy, 2),
        soroban(4, 200, heavy, 3),
    ];
    let (selection, left) = Selection::fill(waiting, &limits());
    // Two lanes of 580 million: the second one on entry 1 is too much for its lane.
    assert_eq!(sources(&selection.transactions), [1, 3]);
    assert_eq!(sources(&left), [2, 4]);
    assert_eq!(selection.base_fees.soroban, 300);
    assert_eq!(selection.base_fees.classic, BaseFees::default().classic);
}

#[test]
fn a_transaction_can_join_what_was_apart() {
    let both = {
        let mut tx = soroban(3, 300, 100_000_000, 1);
        let one = soroban(9, 1, 1, 1).soroban().unwrap().clone();
        let two = soroban(9, 1, 1, 2).soroban().unwrap().clone();
        let keys = [&one, &two].map(|data| data.resources.footprint.read_write[0].clone());
        if let TransactionExt::V1(data) = &mut tx.inner.tx.ext {
            data.resources.footprint.read_only = keys.to_vec().try_into().unwrap();
            data.resources.footprint.read_write = Default::default();
        }
        tx
    };
    let heavy = 300_000_000;
    let apart = |both: &SignedTx, second| {
        vec![
            soroban(1, 500, heavy, 1),
            soroban(2, 400, second, 2),
            both.clone(),
        ]
    };
    // Alone each would fit beside the reader, but not all three in one lane.
    let (_, left) = Selection::fill(apart(&both, heavy), &limits());
    assert_eq!(sources(&left), [3]);
    let (selection, left) = Selection::fill(apart(&both, 100_000_000), &limits());
    assert_eq!((selection.transactions.len(), left.len()), (3, 0));
}

#[test]
fn readers_of_one_entry_do_not_touch_each_other() {
    let reader = |source, bid| {
        let mut tx = soroban(source, bid, 500_000_000, 1);
        if let TransactionExt::V1(data) = &mut tx.inner.tx.ext {
            let footprint = &mut data.resources.footprint;
            footprint.read_only = std::mem::take(&mut footprint.read_write);
        }
        tx
    };
    let waiting = vec![reader(1, 500), reader(2, 400), soroban(3, 300, 1, 1)];
    let (selection, left) = Selection::fill(waiting, &limits());
    assert_eq!(sources(&selection.transactions), [1, 2]);
    assert_eq!(sources(&left), [3]);
}

#[test]
fn light_transactions_on_one_entry_fill_one_lane_only() {
    let waiting = (0..6).map(|n| soroban(n, 100, 200_000_000, 1)).collect();
    let (selection, left) = Selection::fill(waiting, &limits());
    assert_eq!((selection.transactions.len(), left.len()), (2, 4));
    let waiting = (0..6).map(|n| soroban(n, 100, 200_000_000, n)).collect();
    let (selection, left) = Selection::fill(waiting, &limits());
    assert_eq!((selection.transactions.len(), left.len()), (4, 2));
}

#[test]
fn an_account_has_one_transaction_waiting() {
    let mut queue = Queue::default();
    let first = plain(transaction(1, 1, 100));
    assert!(join(&mut queue, first.clone()).is_ok());
    assert!(matches!(
        join(&mut queue, first),
        Err(Submission::Duplicate)
    ));
    let other = plain(transaction(1, 1, 5_000));
    assert!(matches!(
        join(&mut queue, other),
        Err(Submission::TryAgainLater)
    ));
}

#[test]
fn a_fee_bump_replaces_at_ten_times_the_fee() {
    let mut queue = Queue::default();
    let first = plain(transaction(1, 1, 100));
    join(&mut queue, first.clone()).ok().unwrap();
    let cheap = join(&mut queue, bumped(&first, 1_999));
    assert_eq!(refusal(cheap), (Code::TxInsufficientFee, 2_000));
    let bump = bumped(&first, 2_000);
    assert!(join(&mut queue, bump).is_ok());
    assert!(matches!(
        join(&mut queue, first.clone()),
        Err(Submission::Duplicate)
    ));
    let mut earlier = transaction(1, 1, 100_000);
    earlier.seq_num = SequenceNumber(6);
    let earlier = join(&mut queue, plain(earlier));
    assert_eq!(refusal(earlier).0, Code::TxBadSeq);
    let (selection, _) = Selection::fill(queue.waiting, &limits());
    assert_eq!(selection.transactions.len(), 1);
    assert!(selection.transactions[0].bump().is_some());
}

#[test]
fn a_full_queue_gives_way_to_better_offers_only() {
    let mut queue = Queue::default();
    for number in 0..20 {
        let tx = plain(transaction(number, 100, 10_000 + u32::from(number) * 100));
        assert!(join(&mut queue, tx).is_ok());
    }
    let equal = join(&mut queue, plain(transaction(30, 100, 10_000)));
    assert_eq!(refusal(equal), (Code::TxInsufficientFee, 10_001));
    assert!(join(&mut queue, plain(transaction(31, 100, 10_100))).is_ok());
    assert!(!sources(&queue.waiting).contains(&0));
    // A Soroban transaction has a room of its own.
    assert!(join(&mut queue, soroban(40, 100, 1, 1)).is_ok());
}

#[test]
fn what_a_payer_owes_is_the_sum_of_what_waits() {
    let mut queue = Queue::default();
    let (one, two) = (plain(transaction(1, 1, 100)), plain(transaction(2, 1, 100)));
    join(&mut queue, bumped(&one, 700)).ok().unwrap();
    join(&mut queue, bumped(&two, 800)).ok().unwrap();
    let payer = account_id([99; 32]);
    assert_eq!(queue.owed_by(&payer, &Displaced::new()), 1_500);
    let displaced = vec![bumped(&one, 700).hash];
    assert_eq!(queue.owed_by(&payer, &displaced), 800);
}
