mod common;

use common::{funded, refusal, site, site_with, GOAL, MONTH, PURSE, UNIT};
use generator::{Funded, GeneratorError, Refunded, Released, State, StateChanged, Withdrawn};

#[test]
fn units_cost_exactly_their_share_of_the_goal() {
    let s = site();
    assert_eq!(s.client.state(), State::Funding);
    assert_eq!(s.client.fund(&s.ada, &2_500), GOAL / 4);
    s.last_event(Funded {
        financier: s.ada.clone(),
        units: 2_500,
        amount: GOAL / 4,
    });
    assert_eq!(s.balance(&s.ada), PURSE - GOAL / 4);
    assert_eq!(s.balance(&s.id), GOAL / 4);
    assert_eq!((s.units(&s.ada), s.client.escrow().sold), (2_500, 2_500));
    s.check_sums();
}

#[test]
fn a_village_may_own_its_generator_with_others() {
    let s = site();
    s.client.fund(&s.requester, &6_000);
    s.client.fund(&s.ada, &4_000);
    assert_eq!(s.client.close_funding(), State::Funded);
    s.last_event(StateChanged {
        state: State::Funded,
    });
    s.check_sums();
}

#[test]
fn of_two_who_race_for_the_last_unit_one_gets_it() {
    let s = site();
    s.client.fund(&s.ada, &5_999);
    s.client.fund(&s.ben, &4_000);
    s.client.fund(&s.ben, &1);
    let late = refusal(s.client.try_fund(&s.cal, &1));
    assert_eq!(late, GeneratorError::NotEnoughUnits);
    assert_eq!(s.balance(&s.cal), PURSE);
    assert_eq!(s.balance(&s.id), GOAL);
    assert_eq!(s.client.close_funding(), State::Funded);
}

#[test]
fn more_units_than_are_left_are_not_sold_in_part() {
    let s = site();
    s.client.fund(&s.ada, &6_000);
    let refused = refusal(s.client.try_fund(&s.ben, &4_001));
    assert_eq!(refused, GeneratorError::NotEnoughUnits);
    assert_eq!(s.client.escrow().sold, 6_000);
    s.check_sums();
}

#[test]
fn who_has_second_thoughts_takes_units_back_for_others_to_fund() {
    let s = site();
    s.client.fund(&s.ada, &6_000);
    assert_eq!(s.client.withdraw(&s.ada, &1_000), GOAL / 10);
    s.last_event(Withdrawn {
        financier: s.ada.clone(),
        units: 1_000,
        amount: GOAL / 10,
    });
    assert_eq!((s.units(&s.ada), s.client.escrow().sold), (5_000, 5_000));
    s.check_sums();
    s.client.withdraw(&s.ada, &5_000);
    assert_eq!(s.balance(&s.ada), PURSE);
    assert_eq!(s.balance(&s.id), 0);
    let again = refusal(s.client.try_withdraw(&s.ada, &1));
    assert_eq!(again, GeneratorError::NotEnoughUnits);
    s.client.fund(&s.ben, &5_000);
    s.client.fund(&s.cal, &5_000);
    assert_eq!(s.client.close_funding(), State::Funded);
    s.check_sums();
}

#[test]
fn nobody_takes_units_back_that_complete_the_funding_or_too_many_or_too_late() {
    let s = site();
    s.client.fund(&s.ada, &6_000);
    let refused = |units| refusal(s.client.try_withdraw(&s.ada, &units));
    assert_eq!(refused(0), GeneratorError::InvalidAmount);
    assert_eq!(refused(6_001), GeneratorError::NotEnoughUnits);
    assert_eq!(refused(5_901), GeneratorError::BelowSmallestStake);
    s.client.fund(&s.ben, &4_000);
    assert_eq!(refused(1_000), GeneratorError::FundingComplete);
    s.client.close_funding();
    assert_eq!(refused(1_000), GeneratorError::WrongState);
    let s = site();
    s.client.fund(&s.ada, &6_000);
    s.wait(MONTH);
    let late = refusal(s.client.try_withdraw(&s.ada, &1_000));
    assert_eq!(late, GeneratorError::FundingOver);
    s.client.close_funding();
    assert_eq!(s.client.refund(&s.ada), GOAL / 10 * 6);
}

#[test]
fn one_unit_short_at_the_deadline_everybody_is_refunded() {
    let s = site();
    s.client.fund(&s.ada, &6_000);
    s.client.fund(&s.ben, &3_999);
    s.wait(MONTH);
    assert_eq!(s.client.close_funding(), State::Failed);
    assert_eq!(s.client.refund(&s.ada), 6_000 * UNIT);
    s.last_event(Refunded {
        financier: s.ada.clone(),
        amount: 6_000 * UNIT,
    });
    s.check_sums();
    assert_eq!(s.client.refund(&s.ben), 3_999 * UNIT);
    assert_eq!(s.balance(&s.ada), PURSE);
    assert_eq!(s.balance(&s.ben), PURSE);
    assert_eq!(s.balance(&s.id), 0);
    s.check_sums();
}

#[test]
fn a_refund_is_paid_once_and_to_financiers_only() {
    let s = site();
    s.client.fund(&s.ada, &100);
    s.wait(MONTH);
    s.client.close_funding();
    s.client.refund(&s.ada);
    for who in [&s.ada, &s.ben] {
        let refused = refusal(s.client.try_refund(who));
        assert_eq!(refused, GeneratorError::NothingToRefund);
    }
}

#[test]
fn money_comes_too_late_from_the_deadline_on() {
    let s = site();
    s.wait(MONTH - 1);
    s.client.fund(&s.ada, &6_000);
    s.wait(1);
    let late = refusal(s.client.try_fund(&s.ben, &4_000));
    assert_eq!(late, GeneratorError::FundingOver);
    // Also once it is closed.
    s.client.close_funding();
    let late = refusal(s.client.try_fund(&s.ben, &4_000));
    assert_eq!(late, GeneratorError::WrongState);
}

#[test]
fn a_complete_funding_succeeds_also_when_closed_after_the_deadline() {
    let s = site();
    s.client.fund(&s.ada, &6_000);
    s.client.fund(&s.ben, &4_000);
    s.wait(2 * MONTH);
    assert_eq!(s.client.close_funding(), State::Funded);
    let refused = refusal(s.client.try_refund(&s.ada));
    assert_eq!(refused, GeneratorError::WrongState);
}

#[test]
fn a_funding_under_way_is_neither_closed_nor_refunded() {
    let s = site();
    s.client.fund(&s.ada, &6_000);
    let open = refusal(s.client.try_close_funding());
    assert_eq!(open, GeneratorError::FundingOpen);
    let refused = refusal(s.client.try_refund(&s.ada));
    assert_eq!(refused, GeneratorError::WrongState);
    s.client.fund(&s.ben, &4_000);
    s.client.close_funding();
    let twice = refusal(s.client.try_close_funding());
    assert_eq!(twice, GeneratorError::WrongState);
}

#[test]
fn stakes_have_a_smallest_and_a_largest() {
    let s = site();
    let nothing = refusal(s.client.try_fund(&s.ada, &0));
    assert_eq!(nothing, GeneratorError::InvalidAmount);
    let small = refusal(s.client.try_fund(&s.ada, &99));
    assert_eq!(small, GeneratorError::BelowSmallestStake);
    s.client.fund(&s.ada, &100);
    // Whoever has the smallest stake adds as little as one unit.
    s.client.fund(&s.ada, &1);
    let large = refusal(s.client.try_fund(&s.ada, &5_900));
    assert_eq!(large, GeneratorError::AboveLargestStake);
    s.client.fund(&s.ada, &5_899);
}

#[test]
fn the_last_units_may_be_fewer_than_the_smallest_stake() {
    let s = site();
    s.client.fund(&s.ada, &6_000);
    s.client.fund(&s.ben, &3_950);
    let some = refusal(s.client.try_fund(&s.cal, &49));
    assert_eq!(some, GeneratorError::BelowSmallestStake);
    s.client.fund(&s.cal, &50);
    assert_eq!(s.client.close_funding(), State::Funded);
}

#[test]
fn the_provider_is_paid_by_milestones_and_never_more_than_was_funded() {
    let s = funded();
    assert_eq!(s.client.release(&1, &s.hash()), GOAL / 2);
    s.last_event(Released {
        milestone: 1,
        amount: GOAL / 2,
        evidence_hash: s.hash(),
    });
    s.check_sums();
    let twice = refusal(s.client.try_release(&1, &s.hash()));
    assert_eq!(twice, GeneratorError::MilestoneReleased);
    s.client.release(&0, &s.hash());
    // The last one may wait until the generator runs.
    s.start();
    assert_eq!(s.client.release(&2, &s.hash()), GOAL / 5);
    let unknown = refusal(s.client.try_release(&3, &s.hash()));
    assert_eq!(unknown, GeneratorError::NoSuchMilestone);
    assert_eq!(s.balance(&s.provider), GOAL);
    assert_eq!(s.client.escrow().held, 0);
    s.check_sums();
}

#[test]
fn nothing_is_released_before_the_funding_is_complete() {
    let s = site();
    s.client.fund(&s.ada, &6_000);
    let refused = refusal(s.client.try_release(&0, &s.hash()));
    assert_eq!(refused, GeneratorError::WrongState);
    s.wait(MONTH);
    s.client.close_funding();
    let refused = refusal(s.client.try_release(&0, &s.hash()));
    assert_eq!(refused, GeneratorError::WrongState);
}

#[test]
fn a_unit_of_one_stroop_is_sold_to_the_stroop() {
    let s = site_with(|terms| terms.goal = 10_000);
    s.fund_all();
    assert_eq!(s.balance(&s.id), 10_000);
    for milestone in 0..3 {
        s.client.release(&milestone, &s.hash());
    }
    assert_eq!(s.balance(&s.provider), 10_000);
    assert_eq!(s.balance(&s.id), 0);
}
