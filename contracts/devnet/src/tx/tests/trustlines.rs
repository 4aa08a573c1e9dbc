use super::accounts::{options, set};
use super::*;

fn asset(code: &[u8; 4], issuer: u8) -> AlphaNum4 {
    AlphaNum4 {
        asset_code: AssetCode4(*code),
        issuer: id(issuer),
    }
}

fn own(body: OperationBody) -> Operation {
    Operation {
        source_account: None,
        body,
    }
}

fn trust(limit: i64) -> Operation {
    own(OperationBody::ChangeTrust(ChangeTrustOp {
        line: ChangeTrustAsset::CreditAlphanum4(asset(b"WATT", 2)),
        limit,
    }))
}

fn send(to: u8, amount: i64) -> Operation {
    own(OperationBody::Payment(PaymentOp {
        destination: id(to).into(),
        asset: Asset::CreditAlphanum4(asset(b"WATT", 2)),
        amount,
    }))
}

fn allow(set_flags: u32, clear_flags: u32) -> Operation {
    own(OperationBody::SetTrustLineFlags(SetTrustLineFlagsOp {
        trustor: id(1),
        asset: Asset::CreditAlphanum4(asset(b"WATT", 2)),
        clear_flags,
        set_flags,
    }))
}

/// Runs operations of account `by`, and gives their results.
fn run(ledger: &mut Ledger, by: u8, operations: Vec<Operation>) -> Vec<OperationResultTr> {
    let mut tx = transaction(operations);
    tx.source_account = id(by).into();
    tx.seq_num = SequenceNumber(ledger.account(&id(by)).unwrap().seq_num.0 + 1);
    let record = close(ledger, tx, &[by]);
    let (Code::TxSuccess(results) | Code::TxFailed(results)) =
        record.decoded_result().unwrap().result
    else {
        panic!("the operations have to run");
    };
    let inner = |result: &OperationResult| match result {
        OperationResult::OpInner(inner) => inner.clone(),
        other => panic!("{other:?}"),
    };
    results.iter().map(inner).collect()
}

fn paid(results: Vec<OperationResultTr>) -> PaymentResult {
    match results.last() {
        Some(OperationResultTr::Payment(result)) => result.clone(),
        other => panic!("{other:?}"),
    }
}

fn held(ledger: &Ledger) -> i64 {
    let key = LedgerKey::Trustline(LedgerKeyTrustLine {
        account_id: id(1),
        asset: TrustLineAsset::CreditAlphanum4(asset(b"WATT", 2)),
    });
    match ledger.entry(&key).map(|stored| &stored.entry.data) {
        Some(LedgerEntryData::Trustline(line)) => line.balance,
        _ => -1,
    }
}

#[test]
fn an_issued_asset_moves_along_trustlines_within_their_limits() {
    let mut ledger = ledger();
    assert_eq!(
        paid(run(&mut ledger, 2, vec![send(1, 5)])),
        PaymentResult::NoTrust
    );
    run(&mut ledger, 1, vec![trust(100)]);
    assert_eq!(ledger.account(&id(1)).unwrap().num_sub_entries, 1);
    assert_eq!(
        paid(run(&mut ledger, 2, vec![send(1, 60)])),
        PaymentResult::Success
    );
    assert_eq!(
        paid(run(&mut ledger, 2, vec![send(1, 41)])),
        PaymentResult::LineFull
    );
    assert_eq!(
        paid(run(&mut ledger, 1, vec![send(2, 61)])),
        PaymentResult::Underfunded
    );
    assert_eq!(
        paid(run(&mut ledger, 1, vec![send(2, 20)])),
        PaymentResult::Success
    );
    assert_eq!(held(&ledger), 40);
}

#[test]
fn a_trustline_closes_only_when_it_is_empty() {
    let mut ledger = ledger();
    run(&mut ledger, 1, vec![trust(100)]);
    run(&mut ledger, 2, vec![send(1, 60)]);
    let closing = run(&mut ledger, 1, vec![trust(0)]);
    let refused = OperationResultTr::ChangeTrust(ChangeTrustResult::InvalidLimit);
    assert_eq!(closing, [refused]);
    run(&mut ledger, 1, vec![send(2, 60), trust(0)]);
    assert_eq!(held(&ledger), -1);
    assert_eq!(ledger.account(&id(1)).unwrap().num_sub_entries, 0);
}

#[test]
fn an_issuer_can_ask_to_be_asked_and_revoke() {
    let mut ledger = ledger();
    let flags = AccountFlags::RequiredFlag as u32 | AccountFlags::RevocableFlag as u32;
    let careful = set(SetOptionsOp {
        set_flags: Some(flags),
        ..options()
    });
    run(&mut ledger, 2, vec![careful]);
    run(&mut ledger, 1, vec![trust(100)]);
    assert_eq!(
        paid(run(&mut ledger, 2, vec![send(1, 5)])),
        PaymentResult::NotAuthorized
    );
    assert_eq!(
        paid(run(&mut ledger, 2, vec![allow(1, 0), send(1, 5)])),
        PaymentResult::Success
    );
    run(&mut ledger, 2, vec![allow(0, 1)]);
    assert_eq!(
        paid(run(&mut ledger, 1, vec![send(2, 5)])),
        PaymentResult::SrcNotAuthorized
    );
}

#[test]
fn asset_codes_and_issuers_have_to_make_sense() {
    let ledger = ledger();
    let refused = |body| refusal(&ledger, transaction(vec![own(body)]), &[1]).is_some();
    let line = |asset| {
        OperationBody::ChangeTrust(ChangeTrustOp {
            line: ChangeTrustAsset::CreditAlphanum4(asset),
            limit: 5,
        })
    };
    assert!(!refused(line(asset(b"KWH\0", 2))));
    assert!(refused(line(asset(b"K\0H\0", 2))));
    assert!(refused(line(asset(b"\0\0\0\0", 2))));
    assert!(refused(line(asset(b"K-H\0", 2))));
    assert!(refused(line(asset(b"KWH\0", 1))));
    assert!(refused(OperationBody::ChangeTrust(ChangeTrustOp {
        line: ChangeTrustAsset::Native,
        limit: 5,
    })));
}
