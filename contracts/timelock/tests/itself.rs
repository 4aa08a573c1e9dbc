//! What the timelock does to itself, and nobody else does to it.
mod common;

use common::{code, refusal, site, terms, Site, DAY, NOW, TERM};
use foundation::{Call, Guardian, StewardError, GUARDIAN_PAUSE};
use soroban_sdk::{vec, BytesN, IntoVal, Val, Vec};
use stellar_contract_utils::upgradeable;
use timelock::{Terms, Timelock, TimelockError, LONGEST_DELAY, LONGEST_GRACE, SHORTEST_GRACE};

fn own(s: &Site, function: &str, args: Vec<Val>) -> Call {
    s.call(&s.id, function, args)
}

#[test]
fn it_is_its_own_admin() {
    let s = site();
    assert_eq!(s.client.admin(), Some(s.id.clone()));
    s.e.set_auths(&[]);
    let hash = BytesN::from_array(&s.e, &[0; 32]);
    assert!(s.client.try_upgrade(&hash).is_err());
    assert!(s.client.try_unpause().is_err());
    assert!(s.client.try_set_guardian(&s.eve, &(NOW + 1)).is_err());
    assert!(s.client.try_transfer_admin(&s.eve, &1000).is_err());
}

#[test]
fn an_operation_changes_its_terms_governor_and_guardian() {
    let s = site();
    let longer = Terms {
        shortest_delay: 5 * DAY,
        grace: 7 * DAY,
    };
    let until = NOW + 100 * DAY;
    let guardian = vec![&s.e, s.eve.into_val(&s.e), until.into_val(&s.e)];
    let calls = [
        own(&s, "set_terms", vec![&s.e, longer.into_val(&s.e)]),
        own(&s, "set_guardian", guardian),
        own(&s, "set_governor", vec![&s.e, s.eve.into_val(&s.e)]),
    ];
    let id = s.schedule(1, &calls);
    s.wait(2 * DAY);
    s.e.set_auths(&[]);
    s.client.execute(&id);
    assert_eq!(s.client.terms(), longer);
    assert_eq!(s.client.shortest_delay(), 5 * DAY);
    assert_eq!(s.client.governor(), s.eve);
    let address = s.eve.clone();
    assert_eq!(s.client.guardian(), Some(Guardian { address, until }));
}

#[test]
fn what_it_cannot_do_to_itself_is_not_scheduled() {
    let s = site();
    let empty = || vec![&s.e];
    let number = || vec![&s.e, 7u32.into_val(&s.e)];
    let no_grace = Terms {
        shortest_delay: DAY,
        grace: 0,
    };
    let refuse = |call: Call, error| {
        let calls = vec![&s.e, call];
        let refused = s.client.try_schedule(&s.name(1), &calls, &(2 * DAY));
        assert_eq!(refusal(refused), error);
    };
    for (function, args) in [
        ("pause", vec![&s.e, s.id.into_val(&s.e)]),
        (
            "transfer_admin",
            vec![&s.e, s.eve.into_val(&s.e), 9u32.into_val(&s.e)],
        ),
        ("execute", vec![&s.e, s.name(1).into_val(&s.e)]),
        ("set_terms", number()),
        ("set_terms", empty()),
        ("set_governor", number()),
        ("set_guardian", vec![&s.e, s.eve.into_val(&s.e)]),
        ("upgrade", number()),
        ("unpause", number()),
    ] {
        refuse(own(&s, function, args), TimelockError::InvalidOwnCall);
    }
    let args = vec![&s.e, no_grace.into_val(&s.e)];
    refuse(own(&s, "set_terms", args), TimelockError::InvalidTerms);
}

#[test]
fn terms_are_bounded() {
    let check = |shortest_delay, grace| {
        Terms {
            shortest_delay,
            grace,
        }
        .check()
    };
    let refused = Err(TimelockError::InvalidTerms);
    assert_eq!(check(LONGEST_DELAY + 1, DAY), refused);
    assert_eq!(check(0, SHORTEST_GRACE - 1), refused);
    assert_eq!(check(0, LONGEST_GRACE + 1), refused);
    assert_eq!(check(LONGEST_DELAY, LONGEST_GRACE), Ok(()));
    assert_eq!(check(0, SHORTEST_GRACE), Ok(()));
}

#[test]
#[should_panic(expected = "#661")]
fn the_constructor_takes_no_unsound_terms() {
    let s = site();
    let mut unsound = terms();
    unsound.grace = 0;
    s.e.register(Timelock, (&s.governor, unsound, &s.guardian, NOW + TERM));
}

#[test]
fn a_pause_stops_every_operation_but_the_one_that_lifts_it() {
    let s = site();
    let unpause = own(&s, "unpause", vec![&s.e]);
    let lamp = s.schedule(1, &[s.set_lamp(7)]);
    let both = s.schedule(2, &[unpause.clone(), s.set_lamp(8)]);
    s.wait(2 * DAY);
    s.client.pause(&s.guardian);
    let paused = StewardError::Paused as u32;
    assert_eq!(code(s.client.try_execute(&lamp)), paused);
    assert_eq!(code(s.client.try_execute(&both)), paused);
    let lift = s.schedule(3, &[unpause]);
    s.wait(2 * DAY);
    s.client.execute(&lift);
    s.client.execute(&lamp);
    assert_eq!(s.lamp.level(), 7);
}

#[test]
fn the_guardians_pause_ends_by_itself() {
    let s = site();
    let lamp = s.schedule(1, &[s.set_lamp(7)]);
    s.client.pause(&s.guardian);
    s.wait(GUARDIAN_PAUSE);
    s.client.execute(&lamp);
    assert_eq!(s.lamp.level(), 7);
}

#[test]
fn anybody_has_it_take_over_what_the_version_before_stored_and_once() {
    let s = site();
    s.e.set_auths(&[]);
    let wrong = StewardError::WrongSchema as u32;
    assert_eq!(code(s.client.try_migrate()), wrong);
    s.e.as_contract(&s.id, || upgradeable::set_schema_version(&s.e, 0));
    s.client.migrate();
    assert_eq!(s.client.schema_version(), 1);
    assert_eq!(code(s.client.try_migrate()), wrong);
    // Nor does a version skip one, or run on the stores of a later one.
    s.e.as_contract(&s.id, || upgradeable::set_schema_version(&s.e, 2));
    assert_eq!(code(s.client.try_migrate()), wrong);
}
