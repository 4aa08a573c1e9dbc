//! The guardian's part: undoing a change that does harm, and no more.
mod common;

use common::{code, refusal, site, Site, NOW, SLOT};
use foundation::StewardError;
use parameters::{ParameterError, TakenBack, Version, TAKE_BACK_WITHIN};
use soroban_sdk::{
    testutils::{Address as _, Events},
    Address, Event,
};

fn guarded() -> (Site, Address) {
    let s = site();
    let guardian = Address::generate(&s.e);
    let until = u64::from(NOW) * 60 + 90 * 86_400;
    s.client.set_guardian(&guardian, &until);
    (s, guardian)
}

/// A day on which 900 has been in force for a slot.
fn changed() -> (Site, Address) {
    let (s, guardian) = guarded();
    s.schedule(600, NOW + SLOT);
    s.schedule(900, NOW + 10 * SLOT);
    s.go_to(NOW + 11 * SLOT);
    (s, guardian)
}

#[test]
fn the_guardian_takes_a_fresh_change_back_from_the_next_slot_on() {
    let (s, guardian) = changed();
    let version = s.client.take_back(&guardian, &s.grace);
    let event = TakenBack {
        key: s.grace.clone(),
        guardian,
        value: 600,
        effective_from: NOW + 12 * SLOT,
    };
    let events = s.e.events().all();
    assert_eq!(events.events().last(), Some(&event.to_xdr(&s.e, &s.id)));
    let effective_from = NOW + 12 * SLOT;
    assert_eq!(
        version,
        Version {
            effective_from,
            value: 600
        }
    );
    assert_eq!([s.at(effective_from - 1), s.at(effective_from)], [900, 600]);
}

#[test]
fn what_was_taken_back_is_not_brought_back() {
    let (s, guardian) = changed();
    s.client.take_back(&guardian, &s.grace);
    for later in [11, 12, 13] {
        s.go_to(NOW + later * SLOT);
        let twice = refusal(s.client.try_take_back(&guardian, &s.grace));
        assert_eq!(twice, ParameterError::NothingToTakeBack);
    }
    // The members may, and what they decide may be taken back in its turn.
    s.schedule(800, NOW + 20 * SLOT);
    s.go_to(NOW + 20 * SLOT);
    assert_eq!(s.client.take_back(&guardian, &s.grace).value, 600);
}

#[test]
fn a_change_stands_after_seven_days_and_before_it_has_begun() {
    let (s, guardian) = guarded();
    let nothing = ParameterError::NothingToTakeBack;
    let take_back = || s.client.try_take_back(&guardian, &s.grace);
    assert_eq!(refusal(take_back()), nothing);
    s.schedule(600, NOW + SLOT);
    assert_eq!(refusal(take_back()), nothing);
    s.go_to(NOW + SLOT + TAKE_BACK_WITHIN + 1);
    assert_eq!(refusal(take_back()), nothing);
    s.go_to(NOW + SLOT + TAKE_BACK_WITHIN);
    assert!(take_back().is_ok());
}

#[test]
fn what_is_still_to_come_stays() {
    let (s, guardian) = changed();
    s.schedule(700, NOW + 30 * SLOT);
    s.client.take_back(&guardian, &s.grace);
    assert_eq!([s.at(NOW + 29 * SLOT), s.at(NOW + 30 * SLOT)], [600, 700]);
}

#[test]
fn what_was_decided_for_the_next_slot_is_not_overwritten() {
    let (s, guardian) = changed();
    s.schedule(700, NOW + 12 * SLOT);
    let refused = refusal(s.client.try_take_back(&guardian, &s.grace));
    assert_eq!(refused, ParameterError::NothingToTakeBack);
    assert_eq!(s.at(NOW + 12 * SLOT), 700);
}

#[test]
fn a_vote_overrules_the_guardian() {
    let (s, guardian) = changed();
    s.client.take_back(&guardian, &s.grace);
    s.client.revert(&s.grace);
    assert_eq!(s.at(NOW + 12 * SLOT), 900);
    let refused = refusal(s.client.try_take_back(&guardian, &s.grace));
    assert_eq!(refused, ParameterError::NothingToTakeBack);
}

#[test]
fn only_a_guardian_in_their_term_takes_back_also_while_paused() {
    let (s, guardian) = changed();
    let not_steward = StewardError::NotSteward as u32;
    for other in [s.admin.clone(), Address::generate(&s.e)] {
        let refused = s.client.try_take_back(&other, &s.grace);
        assert_eq!(code(refused), not_steward);
    }
    s.client.pause(&s.admin);
    s.client.take_back(&guardian, &s.grace);
    s.e.set_auths(&[]);
    assert!(s.client.try_take_back(&guardian, &s.grace).is_err());
}

#[test]
fn a_guardian_whose_term_is_over_takes_nothing_back() {
    let (s, guardian) = guarded();
    let late = NOW + 91 * 1440;
    s.schedule(600, late);
    s.go_to(late);
    let refused = s.client.try_take_back(&guardian, &s.grace);
    assert_eq!(code(refused), StewardError::NotSteward as u32);
}
