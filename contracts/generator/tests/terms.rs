mod common;

use std::panic::{catch_unwind, AssertUnwindSafe};

use common::{terms, NOW};
use generator::{Generator, Terms, TermsError};
use soroban_sdk::{
    testutils::{Address as _, Ledger},
    Address, Env, String, Vec,
};

/// What a generator with these terms is refused for; None if it is not.
fn refused(change: impl FnOnce(&Env, &mut Terms)) -> Option<u32> {
    let e = Env::default();
    e.ledger().set_timestamp(NOW);
    let [admin, requester, provider, token] = core::array::from_fn(|_| Address::generate(&e));
    let mut terms = terms(&e, &requester, &provider, &token);
    change(&e, &mut terms);
    let deployed = catch_unwind(AssertUnwindSafe(|| e.register(Generator, (&admin, terms))));
    let message = *deployed.err()?.downcast::<std::string::String>().unwrap();
    let code = message.split("Error(Contract, #").nth(1).unwrap();
    Some(code.split(')').next().unwrap().parse().unwrap())
}

#[test]
fn a_goal_is_a_multiple_of_the_units() {
    for goal in [0, 9_999, 10_001, u64::MAX] {
        let code = refused(|_, terms| terms.goal = goal);
        assert_eq!(code, Some(TermsError::InvalidGoal as u32), "{goal}");
    }
    assert_eq!(refused(|_, terms| terms.goal = 10_000), None);
}

#[test]
fn a_deadline_is_ahead_and_within_a_year() {
    for deadline in [0, NOW, NOW + 366 * 86_400 + 1] {
        let code = refused(|_, terms| terms.deadline = deadline);
        assert_eq!(code, Some(TermsError::InvalidDeadline as u32));
    }
    assert_eq!(refused(|_, terms| terms.deadline = NOW + 1), None);
}

#[test]
fn stakes_are_in_order() {
    for stakes in [(0, 10), (11, 10), (1, 10_001)] {
        let code = refused(|_, terms| (terms.min_units, terms.max_units) = stakes);
        assert_eq!(code, Some(TermsError::InvalidStakes as u32));
    }
    let whole = refused(|_, terms| (terms.min_units, terms.max_units) = (10_000, 10_000));
    assert_eq!(whole, None);
}

#[test]
fn milestones_are_a_hundred_percent_together() {
    let many: std::vec::Vec<u32> = [vec![5; 13], vec![10; 3], vec![5]].concat();
    for percentages in [
        &[][..],
        &[99],
        &[101],
        &[0, 100],
        &[60, 50],
        &[u32::MAX, 101],
        &many,
    ] {
        let code = refused(|e, terms| terms.milestones = Vec::from_slice(e, percentages));
        assert_eq!(code, Some(TermsError::InvalidMilestones as u32));
    }
    let one = refused(|e, terms| terms.milestones = Vec::from_array(e, [100]));
    assert_eq!(one, None);
}

#[test]
fn price_bounds_are_in_order() {
    for bounds in [(2, 1), (0, 1_000_000_000_000_001)] {
        let code = refused(|_, terms| (terms.min_price, terms.max_price) = bounds);
        assert_eq!(code, Some(TermsError::InvalidPriceBounds as u32));
    }
}

#[test]
fn slots_are_of_a_minute_to_a_day() {
    for seconds in [0, 59, 86_401] {
        let code = refused(|_, terms| terms.slot_seconds = seconds);
        assert_eq!(code, Some(TermsError::InvalidSlot as u32));
    }
}

#[test]
fn maintenance_takes_at_most_everything() {
    let code = refused(|_, terms| terms.maintenance_bps = 10_001);
    assert_eq!(code, Some(TermsError::InvalidMaintenance as u32));
    assert_eq!(refused(|_, terms| terms.maintenance_bps = 10_000), None);
}

#[test]
fn a_measure_has_a_name_and_parts() {
    let code = refused(|_, terms| terms.parts = 0);
    assert_eq!(code, Some(TermsError::InvalidMeasure as u32));
    for name in ["", "a name of more than thirty-two bytes"] {
        let code = refused(|e, terms| terms.measure = String::from_str(e, name));
        assert_eq!(code, Some(TermsError::InvalidMeasure as u32));
    }
}

#[test]
fn two_signatures_are_of_two() {
    let e = Env::default();
    e.ledger().set_timestamp(NOW);
    let any = Address::generate(&e);
    let terms = terms(&e, &any, &any, &any);
    let deployed = catch_unwind(AssertUnwindSafe(|| e.register(Generator, (&any, terms))));
    let message = *deployed
        .unwrap_err()
        .downcast::<std::string::String>()
        .unwrap();
    let code = TermsError::InvalidRequester as u32;
    assert!(message.contains(&format!("Error(Contract, #{code})")));
}
