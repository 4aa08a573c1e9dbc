mod common;

use common::{line, refusal, site, PURSE};
use network_incentives::{Claimed, Funded, IncentiveError, Pool};
use soroban_sdk::{testutils::Events, Event};

#[test]
fn an_owner_is_paid_for_all_their_nodes_at_once() {
    let s = site();
    s.fund(1_000);
    s.report(&[line(1, 500), line(2, 250), line(3, 900), line(200, 100)]);
    assert_eq!(s.client.claimable(&s.ada), 7);
    assert_eq!(s.client.claim(&s.ada), 7);
    let event = Claimed {
        owner: s.ada.clone(),
        amount: 7,
    };
    assert_eq!(
        s.e.events().all().events().last(),
        Some(&event.to_xdr(&s.e, &s.id))
    );
    assert_eq!(s.token.balance(&s.ada), 7);
    s.check_sums();
    assert_eq!(s.client.claim(&s.ben), 10);
    assert_eq!(s.token.balance(&s.ben), 10);
    let pool = Pool {
        received: 1_000,
        paid: 17,
        claimable: 0,
        free: 983,
        period: 1,
    };
    assert_eq!(s.client.pool(), pool);
    s.check_sums();
}

#[test]
fn a_second_claim_pays_nothing() {
    let s = site();
    s.fund(1_000);
    s.report(&[line(1, 500)]);
    s.client.claim(&s.ada);
    assert_eq!(s.client.claim(&s.ada), 0);
    assert_eq!(s.client.claim(&s.ben), 0);
    assert_eq!(s.client.claim(&s.treasury), 0);
    assert_eq!(s.token.balance(&s.ada), 5);
    s.check_sums();
}

#[test]
fn what_is_below_a_stroop_waits_for_the_next_claim() {
    let s = site();
    s.fund(1_000);
    s.report(&[line(1, 160)]);
    assert_eq!(s.client.claim(&s.ada), 1);
    assert_eq!(s.earned(1), (0, 6_000));
    s.report(&[line(1, 40)]);
    assert_eq!(s.client.claim(&s.ada), 1);
    s.check_sums();
}

#[test]
fn what_one_owner_has_earned_no_report_spends() {
    let s = site();
    s.fund(5);
    s.report(&[line(1, 500)]);
    let refused = s.client.try_report(&2, &s.bytes(&[line(3, 100)]));
    assert_eq!(refusal(refused), IncentiveError::PoolInsufficient);
    assert_eq!(s.client.claim(&s.ada), 5);
    let refused = s.client.try_report(&2, &s.bytes(&[line(3, 100)]));
    assert_eq!(refusal(refused), IncentiveError::PoolInsufficient);
    s.check_sums();
}

#[test]
fn funds_are_above_zero_and_say_whose() {
    let s = site();
    for amount in [0, -1, i128::MIN] {
        let refused = refusal(s.client.try_fund(&s.treasury, &amount));
        assert_eq!(refused, IncentiveError::InvalidAmount);
    }
    s.fund(40);
    let event = Funded {
        from: s.treasury.clone(),
        amount: 40,
    };
    assert_eq!(
        s.e.events().all().events().last(),
        Some(&event.to_xdr(&s.e, &s.id))
    );
    assert_eq!(s.token.balance(&s.treasury), PURSE - 40);
    let above = s.client.try_fund(&s.treasury, &PURSE);
    assert!(above.is_err());
    assert_eq!(s.client.pool().received, 40);
}

#[test]
fn sums_stay_within_what_the_contract_counts_with() {
    let s = site();
    s.fund(40);
    let refused = refusal(s.client.try_fund(&s.treasury, &i128::MAX));
    assert_eq!(refused, IncentiveError::Overflow);
}

#[test]
fn tokens_sent_unasked_earn_nobody_anything() {
    let s = site();
    s.token.transfer(&s.treasury, &s.id, &1_000);
    let refused = s.client.try_report(&1, &s.bytes(&[line(1, 100)]));
    assert_eq!(refusal(refused), IncentiveError::PoolInsufficient);
}
