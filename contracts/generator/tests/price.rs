mod common;

use common::{active, priced, refusal, site, site_with, PRICE, SLOT};
use generator::{GeneratorError, PriceSubmitted};

#[test]
fn without_any_submission_it_runs_for_free() {
    let s = active();
    assert_eq!((s.client.price(), s.client.mean_price()), (0, 0));
    let free = refusal(s.client.try_pay(&s.ada, &1_000, &PRICE));
    assert_eq!(free, GeneratorError::FreeNow);
}

#[test]
fn the_price_is_the_stake_weighted_mean_of_what_is_submitted() {
    let s = active();
    s.client.set_price(&s.ada, &2_000_000);
    s.last_event(PriceSubmitted {
        owner: s.ada.clone(),
        price: Some(2_000_000),
        mean: 2_000_000,
    });
    // Who says nothing has no say: Cal's 2,000 units do not count.
    s.client.set_price(&s.ben, &1_000_000);
    assert_eq!(s.client.mean_price(), 1_625_000);
    s.client.set_price(&s.cal, &0);
    assert_eq!(s.client.mean_price(), 1_300_000);
    s.client.set_price(&s.ada, &1_000_000);
    assert_eq!(s.client.mean_price(), 800_000);
    s.client.clear_price(&s.ada);
    s.client.clear_price(&s.cal);
    assert_eq!(s.client.mean_price(), 1_000_000);
    s.client.clear_price(&s.ben);
    assert_eq!(s.client.mean_price(), 0);
}

#[test]
fn a_change_takes_effect_in_the_next_slot() {
    let s = active();
    s.client.set_price(&s.ada, &PRICE);
    assert_eq!(s.client.price(), 0);
    s.wait(SLOT - 1);
    assert_eq!(s.client.price(), 0);
    s.wait(1);
    assert_eq!(s.client.price(), PRICE);
    // Two changes in one slot: the last one counts, and not yet.
    s.client.set_price(&s.ada, &1);
    s.client.set_price(&s.ada, &2);
    assert_eq!(s.client.price(), PRICE);
    assert_eq!(s.client.pay(&s.cal, &1_000, &PRICE), PRICE);
    s.wait(40 * SLOT);
    assert_eq!(s.client.price(), 2);
}

#[test]
fn units_that_move_take_their_weight_along_from_the_next_slot_on() {
    let s = active();
    s.client.set_price(&s.ada, &2_000_000);
    s.client.set_price(&s.ben, &1_000_000);
    s.next_slot();
    assert_eq!(s.client.price(), 1_625_000);
    s.client.transfer(&s.ada, &s.ben, &4_000);
    assert_eq!(s.client.price(), 1_625_000);
    assert_eq!(s.client.mean_price(), 1_125_000);
    // To somebody without a submission they count no more.
    s.client.transfer(&s.ben, &s.cal, &6_000);
    assert_eq!(s.client.mean_price(), 1_500_000);
    s.next_slot();
    assert_eq!(s.client.price(), 1_500_000);
}

#[test]
fn a_submission_ends_with_the_last_unit() {
    let s = priced();
    s.client.transfer(&s.ada, &s.cal, &5_000);
    assert_eq!(s.client.mean_price(), 0);
    assert_eq!(s.client.owner(&s.ada).vote, None);
    s.client.transfer(&s.cal, &s.ada, &100);
    assert_eq!(s.client.mean_price(), 0);
}

#[test]
fn a_price_is_within_the_bounds() {
    let s = site_with(|terms| terms.min_price = 5);
    s.fund_all();
    for price in [0, 4, 10_000_001] {
        let refused = refusal(s.client.try_set_price(&s.ada, &price));
        assert_eq!(refused, GeneratorError::PriceOutOfBounds);
    }
    s.client.set_price(&s.ada, &5);
    s.client.set_price(&s.ada, &10_000_000);
}

#[test]
fn only_owners_submit_and_only_what_was_submitted_is_taken_back() {
    let s = active();
    let stranger = refusal(s.client.try_set_price(&s.requester, &PRICE));
    assert_eq!(stranger, GeneratorError::NoUnits);
    let nothing = refusal(s.client.try_clear_price(&s.ada));
    assert_eq!(nothing, GeneratorError::NoPriceSubmitted);
}

#[test]
fn nobody_submits_a_price_while_the_owners_are_not_known() {
    let s = site();
    s.client.fund(&s.ada, &6_000);
    let early = refusal(s.client.try_set_price(&s.ada, &PRICE));
    assert_eq!(early, GeneratorError::WrongState);
}
