use super::*;

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
