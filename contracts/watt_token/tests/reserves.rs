mod common;

use common::{code, token};
use soroban_sdk::{testutils::Events, Event};
use watt_token::{Issued, Redeemed, ReservesAttested, WattError};

#[test]
fn mints_up_to_the_reserves() {
    let t = token();
    t.client.mint(&t.ada, &600, &t.reference(1));
    let event = Issued {
        to: t.ada.clone(),
        amount: 600,
        bank_reference: t.reference(1),
    };
    assert_eq!(
        t.e.events().all().events().last(),
        Some(&event.to_xdr(&t.e, &t.id))
    );
    let above = t.client.try_mint(&t.ada, &401, &t.reference(2));
    assert_eq!(code(above), WattError::ReservesExceeded as u32);
    assert!(!t.client.bank_reference_used(&t.reference(2)));
    t.client.mint(&t.ben, &400, &t.reference(2));
    assert_eq!(t.client.total_supply(), 1000);

    let far_above = t.client.try_mint(&t.ada, &i128::MAX, &t.reference(3));
    assert_eq!(code(far_above), WattError::ReservesExceeded as u32);
}

#[test]
fn a_bank_reference_is_used_once() {
    let t = token();
    t.client.mint(&t.ada, &100, &t.reference(1));
    assert!(t.client.bank_reference_used(&t.reference(1)));
    let again = t.client.try_mint(&t.ben, &100, &t.reference(1));
    assert_eq!(code(again), WattError::BankReferenceUsed as u32);
    assert_eq!(t.client.total_supply(), 100);
}

#[test]
fn reserves_never_fall_below_the_supply() {
    let t = token();
    t.client.mint(&t.ada, &600, &t.reference(1));
    let below = t.client.try_attest_reserves(&599, &t.reference(2));
    assert_eq!(code(below), WattError::ReservesBelowSupply as u32);
    assert_eq!(t.client.reserves(), 1000);

    t.client.attest_reserves(&600, &t.reference(2));
    let event = ReservesAttested {
        amount: 600,
        reference: t.reference(2),
    };
    assert_eq!(
        t.e.events().all().events().last(),
        Some(&event.to_xdr(&t.e, &t.id))
    );
    assert_eq!(t.client.reserves(), 600);
}

#[test]
fn redeeming_burns_and_names_the_payout() {
    let t = token();
    t.client.mint(&t.ada, &600, &t.reference(1));
    t.client.redeem(&t.ada, &200, &t.reference(7));
    let event = Redeemed {
        from: t.ada.clone(),
        amount: 200,
        bank_reference: t.reference(7),
    };
    assert_eq!(
        t.e.events().all().events().last(),
        Some(&event.to_xdr(&t.e, &t.id))
    );
    t.client.burn(&t.ada, &100);
    assert_eq!(t.client.balance(&t.ada), 300);
    assert_eq!(t.client.total_supply(), 300);
    t.client.mint(&t.ben, &700, &t.reference(2));
}

#[test]
fn a_holder_redeems_under_a_reference_once() {
    let t = token();
    t.client.mint(&t.ada, &300, &t.reference(1));
    t.client.mint(&t.ben, &300, &t.reference(2));
    t.client.redeem(&t.ada, &100, &t.reference(7));
    for amount in [100, 50] {
        let again = t.client.try_redeem(&t.ada, &amount, &t.reference(7));
        assert_eq!(code(again), WattError::ReferenceRedeemed as u32);
    }
    assert_eq!(t.client.balance(&t.ada), 200);
    // Else anybody could spend the reference of another's payout before them.
    t.client.redeem(&t.ben, &1, &t.reference(8));
    t.client.redeem(&t.ada, &100, &t.reference(8));
    assert_eq!(t.client.total_supply(), 399);
}

#[test]
fn amounts_are_above_zero() {
    let t = token();
    let invalid = WattError::InvalidAmount as u32;
    for amount in [0, -1] {
        let minted = t.client.try_mint(&t.ada, &amount, &t.reference(1));
        assert_eq!(code(minted), invalid);
        let redeemed = t.client.try_redeem(&t.ada, &amount, &t.reference(1));
        assert_eq!(code(redeemed), invalid);
    }
    let attested = t.client.try_attest_reserves(&-1, &t.reference(1));
    assert_eq!(code(attested), invalid);
}
