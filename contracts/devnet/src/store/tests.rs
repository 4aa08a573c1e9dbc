use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};

use tempfile::TempDir;

use super::*;
use crate::config::LimitSet;
use crate::history::{ClosedLedger, TxRecord};
use crate::ledger::{account_id, account_key, new_account};

fn identity() -> Identity {
    Identity {
        passphrase: "Test ; 2026".to_owned(),
        limits: "Mainnet".to_owned(),
    }
}

fn config() -> Arc<Config> {
    Arc::new(Config::load(LimitSet::Mainnet).unwrap())
}

fn open(folder: &TempDir) -> Result<(Store, Ledger, History)> {
    Store::open(folder.path(), identity(), config())
}

/// Closes a ledger that gives account `number` a balance, and stores it.
fn close(store: &mut Store, ledger: &mut Ledger, history: &mut History, number: u8) {
    ledger.open_next(now());
    ledger.put_account(new_account(account_id([number; 32]), number.into(), 0));
    let tx = TxRecord {
        hash: [number; 32],
        ledger: ledger.seq,
        order: 1,
        time: ledger.time,
        successful: true,
        envelope: vec![number],
        result: vec![],
        meta: vec![],
        fee_changes: vec![],
        refund_changes: vec![],
    };
    keep(store, ledger, history, vec![tx], true);
}

fn close_empty(store: &mut Store, ledger: &mut Ledger, history: &mut History) {
    ledger.open_next(now());
    keep(store, ledger, history, vec![], false);
}

fn keep(
    store: &mut Store,
    ledger: &mut Ledger,
    history: &mut History,
    transactions: Vec<TxRecord>,
    always_sync: bool,
) {
    let record = Record {
        closed: ledger.next_header([0; 32]).into(),
        changes: ledger.changes(),
        transactions,
    };
    store.append(&record, always_sync).unwrap();
    ledger.seal(record.closed.header.clone());
    history.record(record.closed, record.transactions);
}

fn balance(ledger: &Ledger, number: u8) -> Option<i64> {
    let account = ledger.account(&account_id([number; 32]))?;
    Some(account.balance)
}

/// A folder with accounts 1 to 3, each opened in a ledger of its own, as a killed process leaves it.
fn three_ledgers() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let (mut store, mut ledger, mut history) = open(&folder).unwrap();
    for number in 1..=3 {
        close(&mut store, &mut ledger, &mut history, number);
    }
    let path = store.segment.path.clone();
    (folder, path)
}

#[test]
fn ledgers_survive_a_killed_process() {
    let (folder, _) = three_ledgers();
    let (_, ledger, history) = open(&folder).unwrap();
    assert_eq!((ledger.header.seq, ledger.seq), (4, 4));
    assert_eq!(balance(&ledger, 3), Some(3));
    assert_eq!(history.by_hash(&[2; 32]).unwrap().ledger, 3);
    assert_eq!((history.oldest().seq, history.latest().seq), (1, 4));
}

#[test]
fn a_torn_tail_is_cut_wherever_the_write_stopped() {
    let (folder, path) = three_ledgers();
    let whole = fs::read(&path).unwrap();
    let (_, third) = last_frame(&whole);
    for length in third..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let (mut store, mut ledger, mut history) = open(&folder).unwrap();
        assert_eq!((ledger.header.seq, balance(&ledger, 3)), (3, None));
        close(&mut store, &mut ledger, &mut history, 9);
        drop(store);
        let (_, ledger, _) = open(&folder).unwrap();
        assert_eq!((ledger.header.seq, balance(&ledger, 9)), (4, Some(9)));
    }
}

#[test]
fn a_tail_of_zeros_is_cut() {
    let (folder, path) = three_ledgers();
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(&[0; 700]).unwrap();
    let (_, ledger, _) = open(&folder).unwrap();
    assert_eq!(ledger.header.seq, 4);
}

#[test]
fn a_record_damaged_before_the_end_is_refused_not_dropped() {
    for damaged_byte in [0, 5, 40] {
        let (folder, path) = three_ledgers();
        let mut file = OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(damaged_byte)).unwrap();
        file.write_all(&[0xff]).unwrap();
        let error = open(&folder).map(|_| ()).unwrap_err();
        assert!(format!("{error:#}").contains("is damaged at byte 0"));
    }
}

#[test]
fn a_damaged_snapshot_is_refused() {
    let (folder, _) = three_ledgers();
    let path = folder.path().join("snapshot");
    let mut data = fs::read(&path).unwrap();
    data[100] ^= 1;
    fs::write(&path, data).unwrap();
    assert!(open(&folder).is_err());
}

#[test]
fn another_network_or_a_second_process_is_refused() {
    let (folder, _) = three_ledgers();
    let other = Identity {
        passphrase: "Other".to_owned(),
        ..identity()
    };
    assert!(Store::open(folder.path(), other, config()).is_err());
    let first = open(&folder).unwrap();
    let error = open(&folder).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("in use"));
    drop(first);
    assert!(open(&folder).is_ok());
}

#[test]
fn a_snapshot_takes_over_and_old_segments_go() {
    let folder = TempDir::new().unwrap();
    let (mut store, mut ledger, mut history) = open(&folder).unwrap();
    for number in 1..=3 {
        close(&mut store, &mut ledger, &mut history, number);
    }
    store.compact(&ledger, 1).unwrap();
    close(&mut store, &mut ledger, &mut history, 4);
    assert_eq!(segments(folder.path()).unwrap().len(), 2);
    drop(store);

    let (mut store, mut ledger, mut history) = open(&folder).unwrap();
    assert_eq!(
        (balance(&ledger, 1), balance(&ledger, 4)),
        (Some(1), Some(4))
    );
    assert_eq!(history.oldest().seq, 1);
    store.compact(&ledger, 5).unwrap();
    assert_eq!(segments(folder.path()).unwrap().len(), 2);
    close(&mut store, &mut ledger, &mut history, 5);
    drop(store);

    let (_, ledger, history) = open(&folder).unwrap();
    assert_eq!(
        (balance(&ledger, 1), balance(&ledger, 5)),
        (Some(1), Some(5))
    );
    assert_eq!((history.oldest().seq, history.latest().seq), (5, 6));
}

#[test]
fn a_snapshot_without_its_new_segment_goes_on_in_the_old_one() {
    let folder = TempDir::new().unwrap();
    let (mut store, mut ledger, mut history) = open(&folder).unwrap();
    close(&mut store, &mut ledger, &mut history, 1);
    snapshot::write(folder.path(), &identity(), &ledger).unwrap();
    drop(store);
    let (mut store, mut ledger, mut history) = open(&folder).unwrap();
    close(&mut store, &mut ledger, &mut history, 2);
    drop(store);
    let (_, ledger, _) = open(&folder).unwrap();
    assert_eq!(
        (balance(&ledger, 1), balance(&ledger, 2)),
        (Some(1), Some(2))
    );
}

#[test]
fn numbers_of_unsynced_empty_ledgers_are_not_used_again() {
    let (folder, path) = three_ledgers();
    let (mut store, mut ledger, mut history) = open(&folder).unwrap();
    close_empty(&mut store, &mut ledger, &mut history);
    let synced = fs::metadata(&path).unwrap().len();
    for _ in 0..20 {
        close_empty(&mut store, &mut ledger, &mut history);
    }
    let seen = ledger.header.seq;
    drop(store);
    // The power fails: what was not synced is gone.
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(synced).unwrap();
    let (_, ledger, history) = open(&folder).unwrap();
    assert!(ledger.header.seq >= seen);
    assert_eq!(history.latest(), &ledger.header);
    assert_eq!(balance(&ledger, 3), Some(3));
}

#[test]
fn an_orderly_stop_skips_no_number() {
    let (folder, _) = three_ledgers();
    let (mut store, mut ledger, mut history) = open(&folder).unwrap();
    for _ in 0..5 {
        close_empty(&mut store, &mut ledger, &mut history);
    }
    store.finish(&ledger).unwrap();
    drop(store);
    let (_, reopened, _) = open(&folder).unwrap();
    assert_eq!(reopened.header, ledger.header);
}

#[test]
fn records_of_the_first_version_are_still_read() {
    let (_folder, path) = three_ledgers();
    let log = fs::read(&path).unwrap();
    let (_, last) = last_frame(&log);
    let payload = &log[last + 12..];
    let (record, reserved) = Reader(payload).record().unwrap();
    // It ended with the transactions, and those with their meta.
    let mut old = Writer::default();
    old.header(&record.closed.header);
    old.u32(reserved);
    old.u32(0);
    old.u32(1);
    old.0.extend([7; 32]);
    old.u32(1);
    old.u32(1);
    old.bytes(&[1]);
    old.bytes(&[2]);
    old.bytes(&[3]);
    let (read, _) = Reader(&old.0).record().unwrap();
    assert_eq!(read.closed, record.closed);
    let tx = &read.transactions[0];
    assert!(tx.successful && tx.fee_changes.is_empty());
    assert_eq!((&tx.result, &tx.meta), (&vec![2], &vec![3]));
}

#[test]
fn what_a_ledger_evicted_and_charged_is_kept() {
    let (folder, _) = three_ledgers();
    let (mut store, mut ledger, mut history) = open(&folder).unwrap();
    ledger.open_next(now());
    let mut closed = ClosedLedger::from(ledger.next_header([0; 32]));
    closed.base_fees.soroban = 250;
    closed.evicted = vec![account_key(&account_id([1; 32]))];
    let record = Record {
        closed: closed.clone(),
        changes: vec![],
        transactions: vec![],
    };
    store.append(&record, true).unwrap();
    history.record(closed.clone(), vec![]);
    drop(store);
    let (_, _, reopened) = open(&folder).unwrap();
    assert_eq!(reopened.ledgers.back(), Some(&closed));
    assert_eq!(reopened.ledgers, history.ledgers);
}

/// Where the last two frames of a log begin.
fn last_frame(log: &[u8]) -> (usize, usize) {
    let (mut before, mut last, mut at) = (0, 0, 0);
    while at < log.len() {
        (before, last) = (last, at);
        let length = u32::from_le_bytes(log[at..at + 4].try_into().unwrap());
        at += 12 + length as usize;
    }
    (before, last)
}
