use super::*;

fn header(seq: u32) -> Header {
    Header {
        seq,
        time: 1_000 + u64::from(seq),
        previous: [0; 32],
        fee_pool: 0,
        results: [0; 32],
    }
}

fn tx(ledger: u32, order: u32) -> TxRecord {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&ledger.to_be_bytes());
    hash[4..8].copy_from_slice(&order.to_be_bytes());
    TxRecord {
        hash,
        ledger,
        order,
        time: 1_000,
        successful: true,
        envelope: vec![0; 100],
        result: vec![],
        meta: vec![],
        fee_changes: vec![],
        refund_changes: vec![],
    }
}

#[test]
fn event_ids_order_as_their_text_does() {
    let ids = [
        EventId::first_of(7),
        EventId {
            toid: toid(7, 1, 0),
            index: 2,
        },
        EventId {
            toid: toid(7, 1, 0),
            index: 10,
        },
        EventId {
            toid: toid(7, 2, 0),
            index: 0,
        },
        EventId::end_of(7),
        EventId::first_of(8),
    ];
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(ids
        .windows(2)
        .all(|pair| pair[0].to_string() < pair[1].to_string()));
    assert!(ids
        .iter()
        .all(|id| EventId::parse(&id.to_string()) == Some(*id)));
    assert_eq!(EventId::parse("12"), None);
}

#[test]
fn old_ledgers_leave_whole_and_the_oldest_is_told_truthfully() {
    let mut history = History::new(3, usize::MAX);
    for seq in 1..=10 {
        history.record(header(seq), vec![tx(seq, 1), tx(seq, 2)]);
    }
    assert_eq!((history.oldest().seq, history.latest().seq), (8, 10));
    assert_eq!(history.transactions.len(), 6);
    assert!(history.by_hash(&tx(7, 2).hash).is_none());
    assert_eq!(history.by_hash(&tx(8, 2).hash), Some(&tx(8, 2)));
}

#[test]
fn memory_is_bounded_before_the_ledger_count_is() {
    let mut history = History::new(1_000, 1_000);
    for seq in 1..=10 {
        history.record(header(seq), vec![tx(seq, 1)]);
    }
    assert_eq!(history.oldest().seq, 8);
    history.record(header(1_007), vec![]);
    assert_eq!(history.oldest().seq, 8);
    history.record(header(1_008), vec![]);
    assert_eq!(history.oldest().seq, 9);
}

#[test]
fn transactions_page_by_id() {
    let mut history = History::default();
    history.record(header(1), vec![]);
    history.record(header(2), vec![tx(2, 1), tx(2, 2)]);
    let ids: Vec<_> = history
        .transactions_after(toid(2, 1, 0))
        .map(|tx| tx.order)
        .collect();
    assert_eq!(ids, [2]);
    assert_eq!(history.transactions_of(2).count(), 2);
}
