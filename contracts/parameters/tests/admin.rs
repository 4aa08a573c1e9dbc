mod common;

use common::{code, declaration, refusal, site, NOW, SLOT, TERM};
use foundation::StewardError;
use parameters::{ParameterError, Parameters, Reverted, Scheduled};
use soroban_sdk::{
    testutils::{Events, MockAuth, MockAuthInvoke},
    vec, Event, IntoVal, Symbol, Vec,
};

#[test]
fn only_the_admin_writes() {
    let s = site();
    let fee = declaration(&s.e, "market.grid_fee", 50, 0, 100);
    s.e.set_auths(&[]);
    assert!(s.client.try_declare(&fee).is_err());
    assert!(s.client.try_revert(&s.grace).is_err());
    let from = NOW + SLOT;
    assert!(s.client.try_schedule(&s.grace, &1, &from).is_err());
    s.e.mock_auths(&[MockAuth {
        address: &s.admin,
        invoke: &MockAuthInvoke {
            contract: &s.id,
            fn_name: "schedule",
            args: (&s.grace, 1i128, from).into_val(&s.e),
            sub_invokes: &[],
        },
    }]);
    s.client.schedule(&s.grace, &1, &from);
    assert_eq!(s.at(from), 1);
}

#[test]
fn a_pause_stops_changes_and_not_answers() {
    let s = site();
    s.client.pause(&s.admin);
    let paused = StewardError::Paused as u32;
    let fee = declaration(&s.e, "market.grid_fee", 50, 0, 100);
    assert_eq!(code(s.client.try_declare(&fee)), paused);
    assert_eq!(code(s.client.try_revert(&s.grace)), paused);
    let scheduled = s.client.try_schedule(&s.grace, &1, &(NOW + SLOT));
    assert_eq!(code(scheduled), paused);
    assert_eq!(s.at(NOW), 300);
}

#[test]
fn every_change_is_told() {
    let s = site();
    let (value, effective_from) = (600, NOW + SLOT);
    s.client.schedule(&s.grace, &value, &effective_from);
    let scheduled = Scheduled {
        key: s.grace.clone(),
        value,
        effective_from,
    };
    let told = scheduled.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
    s.client.revert(&s.grace);
    let reverted = Reverted {
        key: s.grace.clone(),
        value: 300,
        effective_from,
    };
    let told = reverted.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
}

#[test]
#[should_panic(expected = "#681")]
fn the_slot_length_divides_a_day() {
    let s = site();
    let declared = Vec::<parameters::Declaration>::new(&s.e);
    let until = u64::from(NOW) * 60 + TERM;
    s.e.register(Parameters, (&s.admin, 7u32, declared, &s.admin, until));
}

#[test]
#[should_panic(expected = "#683")]
fn the_constructor_takes_a_key_once() {
    let s = site();
    let fee = declaration(&s.e, "market.grid_fee", 50, 0, 100);
    let declared = vec![&s.e, fee.clone(), fee];
    let until = u64::from(NOW) * 60 + TERM;
    s.e.register(Parameters, (&s.admin, SLOT, declared, &s.admin, until));
}

#[test]
fn without_its_settings_it_does_nothing() {
    let s = site();
    s.e.as_contract(&s.id, || {
        let key = (Symbol::new(&s.e, "SlotMinutes"),);
        s.e.storage().instance().remove(&key);
    });
    let refused = s.client.try_slot_minutes();
    assert_eq!(refusal(refused), ParameterError::NotConfigured);
}
