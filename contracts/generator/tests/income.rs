mod common;

use common::{active, priced, refusal, site_with, FIRST, PRICE, PURSE};
use generator::{income::Income, Claimed, GeneratorError, MaintenanceSpent, Paid};
use soroban_sdk::String;

#[test]
fn a_payment_goes_to_the_owners_by_their_units() {
    let s = priced();
    let before = s.balance(&s.requester);
    assert_eq!(s.client.pay(&s.requester, &1_500, &PRICE), 3_000_000);
    s.last_event(Paid {
        payer: s.requester.clone(),
        quantity: 1_500,
        price: PRICE,
        amount: 3_000_000,
    });
    assert_eq!(s.balance(&s.requester), before - 3_000_000);
    assert_eq!(s.client.credit(&s.requester), 1_500);
    assert_eq!(s.client.device().credited, 1_500);
    let received = FIRST + 3_000_000;
    let income = s.client.income();
    assert_eq!(income.received, received);
    assert_eq!(income.maintenance, received / 20);
    let shared = received - received / 20;
    assert_eq!(s.client.claimable(&s.ada), shared / 2);
    assert_eq!(s.client.claimable(&s.ben), shared * 3 / 10);
    assert_eq!(s.client.claimable(&s.cal), shared / 5);
    s.check_sums();
}

#[test]
fn a_claim_pays_once() {
    let s = active();
    let before = s.balance(&s.ada);
    assert_eq!(s.client.claim(&s.ada), 475_000);
    s.last_event(Claimed {
        owner: s.ada.clone(),
        amount: 475_000,
    });
    assert_eq!(s.client.claim(&s.ada), 0);
    assert_eq!(s.client.claim(&s.requester), 0);
    assert_eq!(s.balance(&s.ada), before + 475_000);
    s.check_sums();
}

#[test]
fn what_does_not_divide_by_the_units_is_carried_to_the_next_payment() {
    let s = site_with(|terms| terms.maintenance_bps = 0);
    s.fund_all();
    s.client.install(&s.key());
    s.client.activate(&s.requester, &9_999);
    assert_eq!(s.client.claimable(&s.ada), 0);
    assert_eq!(s.client.income().carry, 9_999);
    s.client.set_price(&s.ada, &1_000);
    s.next_slot();
    s.client.pay(&s.cal, &2, &1_000);
    assert_eq!(s.client.claimable(&s.ada), 5_000);
    assert_eq!(s.client.income().carry, 1);
    s.check_sums();
}

#[test]
fn a_quantity_that_costs_less_than_a_stroop_is_not_given_away() {
    let s = active();
    s.client.set_price(&s.ada, &999);
    s.next_slot();
    let refused = refusal(s.client.try_pay(&s.cal, &1, &999));
    assert_eq!(refused, GeneratorError::QuantityTooSmall);
    assert_eq!(s.client.pay(&s.cal, &2, &999), 1);
    let nothing = refusal(s.client.try_pay(&s.cal, &0, &999));
    assert_eq!(nothing, GeneratorError::InvalidAmount);
}

#[test]
fn nobody_pays_more_than_the_price_they_accept() {
    let s = priced();
    let refused = refusal(s.client.try_pay(&s.cal, &1_000, &(PRICE - 1)));
    assert_eq!(refused, GeneratorError::PriceAboveLimit);
    assert_eq!(s.client.credit(&s.cal), 0);
    s.client.pay(&s.cal, &1_000, &PRICE);
}

#[test]
fn a_payment_that_the_purse_does_not_hold_changes_nothing() {
    let s = priced();
    assert!(s.client.try_pay(&s.cal, &PURSE, &PRICE).is_err());
    assert_eq!(s.client.credit(&s.cal), 0);
    s.check_sums();
}

#[test]
fn maintenance_is_set_aside_and_spent_on_evidence() {
    let s = active();
    let income = s.client.income();
    assert_eq!(income.maintenance, 50_000);
    s.client.spend_maintenance(&s.provider, &20_000, &s.hash());
    s.last_event(MaintenanceSpent {
        to: s.provider.clone(),
        amount: 20_000,
        evidence_hash: s.hash(),
    });
    assert_eq!(s.balance(&s.provider), 20_000);
    let spend = |amount| {
        s.client
            .try_spend_maintenance(&s.provider, &amount, &s.hash())
    };
    assert_eq!(
        refusal(spend(30_001)),
        GeneratorError::MaintenanceInsufficient
    );
    assert_eq!(refusal(spend(0)), GeneratorError::InvalidAmount);
    s.check_sums();
    // Owners' income is out of its reach.
    assert_eq!(s.client.claim(&s.ada), 475_000);
    s.client.spend_maintenance(&s.provider, &30_000, &s.hash());
    s.check_sums();
}

#[test]
fn sums_that_cannot_be_counted_are_refused() {
    let s = priced();
    let too_much = refusal(s.client.try_pay(&s.cal, &u64::MAX, &PRICE));
    assert_eq!(too_much, GeneratorError::Overflow);
    s.client.list(&s.ada, &2, &u64::MAX);
    let too_dear = refusal(s.client.try_buy(&s.cal, &s.ada, &2, &u64::MAX));
    assert_eq!(too_dear, GeneratorError::Overflow);
    let mut income = Income {
        received: u64::MAX - 1,
        ..Income::default()
    };
    assert_eq!(income.receive(2, 0), Err(GeneratorError::Overflow));
    let mut income = Income::default();
    assert_eq!(income.receive(u64::MAX, 2), Err(GeneratorError::Overflow));
    assert_eq!(income.receive(u64::MAX, 0), Ok(()));
}

#[test]
fn the_measure_is_data() {
    let s = site_with(|terms| {
        terms.measure = String::from_str(terms.token.env(), "litres");
        terms.parts = 1;
    });
    s.fund_all();
    s.start();
    s.client.set_price(&s.ada, &3);
    s.next_slot();
    assert_eq!(s.client.pay(&s.cal, &20, &3), 60);
}
