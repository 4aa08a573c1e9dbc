mod common;

use common::{declaration, refusal, site, NOW, SLOT};
use parameters::{ParameterError, Version, MAX_VERSIONS};
use soroban_sdk::String;

#[test]
fn the_default_holds_until_a_version_does() {
    let s = site();
    s.schedule(600, NOW + SLOT);
    assert_eq!([s.at(0), s.at(NOW), s.at(NOW + SLOT - 1)], [300; 3]);
    assert_eq!([s.at(NOW + SLOT), s.at(u32::MAX)], [600; 2]);
}

#[test]
fn a_past_moment_keeps_its_value() {
    let s = site();
    for n in 1..=5 {
        s.schedule(i128::from(n) * 100, NOW + n * SLOT);
    }
    s.go_to(NOW + 1000 * SLOT);
    for n in 1..=5 {
        assert_eq!(s.at(NOW + n * SLOT), i128::from(n) * 100);
    }
}

#[test]
fn versions_may_be_scheduled_in_any_order_and_replaced_while_to_come() {
    let s = site();
    s.schedule(900, NOW + 9 * SLOT);
    s.schedule(300, NOW + 3 * SLOT);
    s.schedule(600, NOW + 6 * SLOT);
    s.schedule(601, NOW + 6 * SLOT);
    let at = |n| s.at(NOW + n * SLOT);
    assert_eq!(
        [at(3), at(5), at(6), at(8), at(9)],
        [300, 300, 601, 601, 900]
    );
    assert_eq!(s.client.parameter(&s.grace).versions.len(), 3);
}

#[test]
fn bounds_are_hard() {
    let s = site();
    for value in [-1, 86_401, i128::MIN, i128::MAX] {
        let refused = s.client.try_schedule(&s.grace, &value, &(NOW + SLOT));
        assert_eq!(refusal(refused), ParameterError::OutOfBounds);
    }
    s.schedule(0, NOW + SLOT);
    s.schedule(86_400, NOW + 2 * SLOT);
}

#[test]
fn a_value_takes_effect_in_the_future_at_the_start_of_a_slot() {
    let s = site();
    for past in [0, NOW - SLOT, NOW] {
        let refused = s.client.try_schedule(&s.grace, &1, &past);
        assert_eq!(refusal(refused), ParameterError::NotInFuture);
    }
    let refused = s.client.try_schedule(&s.grace, &1, &(NOW + 1));
    assert_eq!(refusal(refused), ParameterError::SlotMisaligned);
}

#[test]
fn an_unknown_key_has_no_value() {
    let s = site();
    let key = String::from_str(&s.e, "market.nothing");
    let unknown = ParameterError::UnknownKey;
    assert_eq!(refusal(s.client.try_get(&key, &NOW)), unknown);
    assert_eq!(refusal(s.client.try_parameter(&key)), unknown);
    assert_eq!(refusal(s.client.try_revert(&key)), unknown);
    let refused = s.client.try_schedule(&key, &1, &(NOW + SLOT));
    assert_eq!(refusal(refused), unknown);
}

#[test]
fn a_key_is_declared_once_with_sound_bounds() {
    let s = site();
    let fee = declaration(&s.e, "market.grid_fee", 50, 0, 100);
    s.client.declare(&fee);
    assert_eq!(s.client.get(&fee.key, &NOW), 50);
    assert_eq!(s.client.count(), 2);
    assert_eq!(s.client.key_at(&1), Some(fee.key.clone()));
    assert_eq!(s.client.key_at(&2), None);
    let again = declaration(&s.e, "market.grid_fee", 50, 0, 1_000_000);
    let refused = s.client.try_declare(&again);
    assert_eq!(refusal(refused), ParameterError::KeyDeclared);

    let mut unit = declaration(&s.e, "a", 0, 0, 1);
    unit.unit = String::from_str(&s.e, &"u".repeat(33));
    for unsound in [
        declaration(&s.e, "", 0, 0, 1),
        declaration(&s.e, &"k".repeat(65), 0, 0, 1),
        declaration(&s.e, "a", 2, 0, 1),
        declaration(&s.e, "a", -1, 0, 1),
        declaration(&s.e, "a", 0, 1, 0),
        unit,
    ] {
        let refused = s.client.try_declare(&unsound);
        assert_eq!(refusal(refused), ParameterError::InvalidDeclaration);
    }
}

#[test]
fn reverting_drops_what_is_to_come() {
    let s = site();
    s.schedule(600, NOW + SLOT);
    s.schedule(900, NOW + 2 * SLOT);
    let holds = s.client.revert(&s.grace);
    assert_eq!(holds.value, 600);
    assert_eq!(s.at(NOW + 2 * SLOT), 600);
    s.client.revert(&s.grace);
    assert_eq!(s.at(u32::MAX), 300);
    let refused = s.client.try_revert(&s.grace);
    assert_eq!(refusal(refused), ParameterError::NothingToRevert);
}

#[test]
fn reverting_what_is_in_force_restores_the_value_before_from_the_next_slot() {
    let s = site();
    s.schedule(600, NOW + SLOT);
    s.schedule(900, NOW + 2 * SLOT);
    s.go_to(NOW + 2 * SLOT + 4);
    let version = Version {
        effective_from: NOW + 3 * SLOT,
        value: 600,
    };
    assert_eq!(s.client.revert(&s.grace), version);
    let at = |n| s.at(NOW + n * SLOT);
    assert_eq!([at(0), at(1), at(2), at(3)], [300, 600, 900, 600]);

    // The revert is itself the newest version: reverting it lets 900 stand.
    assert_eq!(s.client.revert(&s.grace).value, 900);
    assert_eq!(at(3), 900);
}

#[test]
fn the_first_version_reverts_to_the_default() {
    let s = site();
    s.schedule(600, NOW + SLOT);
    s.go_to(NOW + 5 * SLOT);
    assert_eq!(s.client.revert(&s.grace).value, 300);
    assert_eq!(s.at(NOW + 6 * SLOT), 300);
    assert_eq!(s.at(NOW + SLOT), 600);
}

#[test]
fn the_oldest_version_goes_and_is_not_answered_for() {
    let s = site();
    for n in 1..=MAX_VERSIONS + 2 {
        s.schedule(n.into(), NOW + n * SLOT);
        s.go_to(NOW + n * SLOT);
    }
    let kept = s.client.parameter(&s.grace).versions;
    assert_eq!(kept.len(), MAX_VERSIONS);
    assert_eq!(s.at(NOW + 3 * SLOT), 3);
    for forgotten in [0, NOW, NOW + 3 * SLOT - 1] {
        let refused = s.client.try_get(&s.grace, &forgotten);
        assert_eq!(refusal(refused), ParameterError::Forgotten);
    }
}

#[test]
fn what_holds_now_is_never_dropped() {
    let s = site();
    for n in 1..=MAX_VERSIONS {
        s.schedule(n.into(), NOW + n * SLOT);
    }
    let another = || s.client.try_schedule(&s.grace, &7, &(NOW + 99 * SLOT));
    assert_eq!(refusal(another()), ParameterError::TooManyPending);
    s.go_to(NOW + SLOT);
    assert_eq!(refusal(another()), ParameterError::TooManyPending);
    s.go_to(NOW + 2 * SLOT);
    assert!(another().is_ok());
    assert_eq!(s.at(NOW + 2 * SLOT), 2);
}
