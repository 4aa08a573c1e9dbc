use super::*;

pub fn options() -> SetOptionsOp {
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

pub fn set(op: SetOptionsOp) -> Operation {
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

pub fn key_of(number: u8) -> SignerKey {
    SignerKey::Ed25519(Uint256(key(number).verifying_key().to_bytes()))
}

pub fn next(ledger: &Ledger, operations: Vec<Operation>) -> Transaction {
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
fn a_payload_signer_signs_its_payload() {
    let mut ledger = ledger();
    let Uint256(public) = match key_of(5) {
        SignerKey::Ed25519(key) => key,
        other => panic!("{other:?}"),
    };
    let payload = b"the words agreed on".to_vec();
    let signed_payload = SignerKey::Ed25519SignedPayload(SignerKeyEd25519SignedPayload {
        ed25519: Uint256(public),
        payload: payload.clone().try_into().unwrap(),
    });
    let tx = transaction(vec![signer(signed_payload, 1)]);
    assert!(close(&mut ledger, tx, &[1]).successful);
    let mut tx = signed(&ledger, next(&ledger, vec![pay(None, 2, 5)]), &[]);
    let tail = &payload[payload.len() - 4..];
    let hint = std::array::from_fn(|index| public[28 + index] ^ tail[index]);
    let mut with = |message: &[u8]| {
        let signature = key(5).sign(message).to_bytes().to_vec();
        let signature = DecoratedSignature {
            hint: SignatureHint(hint),
            signature: Signature(signature.try_into().unwrap()),
        };
        tx.inner.signatures = vec![signature].try_into().unwrap();
        validate(&ledger, &tx, 1_000).is_ok()
    };
    assert!(!with(b"other words"));
    assert!(with(&payload));
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
