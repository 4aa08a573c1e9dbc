use super::accounts::{key_of, next};
use super::*;

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
