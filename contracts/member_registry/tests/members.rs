mod common;

use common::{code, refusal, site, NOW};
use foundation::StewardError;
use member_registry::{Joined, Left, RegistrarSet, RegistryError};
use soroban_sdk::{
    testutils::{Address as _, Events, MockAuth, MockAuthInvoke},
    Address, Event, IntoVal, Symbol, Val, Vec,
};

#[test]
fn membership_is_known_for_every_past_moment() {
    let s = site();
    s.client.join(&s.ada);
    s.wait(100);
    s.client.join(&s.ben);
    s.wait(100);
    s.client.leave(&s.ada, &s.ada);
    s.wait(100);

    let ada = |moment| s.client.is_member_at(&s.ada, &moment);
    let all = |moment| s.client.members_at(&moment);
    assert_eq!(
        [ada(NOW - 1), ada(NOW), ada(NOW + 199)],
        [false, true, true]
    );
    assert_eq!([ada(NOW + 200), ada(NOW + 299)], [false, false]);
    assert_eq!([all(NOW - 1), all(NOW), all(NOW + 100)], [0, 1, 2]);
    assert_eq!([all(NOW + 199), all(NOW + 200)], [2, 1]);
    assert!(!s.client.is_member_at(&s.cal, &NOW));
    assert_eq!(s.client.members(), 1);
}

#[test]
fn who_rejoins_keeps_the_history() {
    let s = site();
    for _ in 0..2 {
        s.client.join(&s.ada);
        s.wait(10);
        s.client.leave(&s.registrar, &s.ada);
        s.wait(10);
    }
    s.client.join(&s.ada);
    s.wait(10);
    let was: std::vec::Vec<bool> = (0..5)
        .map(|n| s.client.is_member_at(&s.ada, &(NOW + 10 * n)))
        .collect();
    assert_eq!(was, [true, false, true, false, true]);
    let membership = s.client.membership(&s.ada);
    assert_eq!((membership.joined, membership.since), (3, NOW + 40));
}

#[test]
fn the_end_of_a_second_counts() {
    let s = site();
    s.client.join(&s.ada);
    s.client.join(&s.ben);
    s.client.leave(&s.ada, &s.ada);
    s.wait(1);
    assert!(!s.client.is_member_at(&s.ada, &NOW));
    assert_eq!(s.client.members_at(&NOW), 1);
}

#[test]
fn now_and_later_are_not_known() {
    let s = site();
    s.client.join(&s.ada);
    for moment in [NOW, NOW + 1, u64::MAX] {
        let member = s.client.try_is_member_at(&s.ada, &moment);
        assert_eq!(refusal(member), RegistryError::FutureLookup);
        let all = s.client.try_members_at(&moment);
        assert_eq!(refusal(all), RegistryError::FutureLookup);
    }
}

#[test]
fn a_history_of_many_pages_answers_for_every_moment() {
    let s = site();
    let members = 3 * 64 + 5;
    for _ in 0..members {
        s.client.join(&Address::generate(&s.e));
        s.wait(10);
    }
    for n in 0..members {
        assert_eq!(u64::from(s.client.members_at(&(NOW + 10 * n))), n + 1);
    }
}

#[test]
fn one_member_has_one_place() {
    let s = site();
    s.client.join(&s.ada);
    let again = s.client.try_join(&s.ada);
    assert_eq!(refusal(again), RegistryError::AlreadyMember);
    assert_eq!(s.client.members(), 1);
    let stranger = s.client.try_leave(&s.ben, &s.ben);
    assert_eq!(refusal(stranger), RegistryError::NotMember);
}

#[test]
fn only_the_registrar_admits() {
    let s = site();
    let join = |by: &Address| {
        s.e.mock_auths(&[MockAuth {
            address: by,
            invoke: &MockAuthInvoke {
                contract: &s.id,
                fn_name: "join",
                args: (&s.ada,).into_val(&s.e),
                sub_invokes: &[],
            },
        }]);
        s.client.try_join(&s.ada).is_ok()
    };
    assert!(!join(&s.ada) && !join(&s.admin));
    assert!(join(&s.registrar));
}

#[test]
fn only_the_member_or_the_registrar_ends_a_membership() {
    let s = site();
    s.client.join(&s.ada);
    s.client.join(&s.ben);
    let other = s.client.try_leave(&s.ben, &s.ada);
    assert_eq!(refusal(other), RegistryError::NotEntitled);
    s.e.set_auths(&[]);
    assert!(s.client.try_leave(&s.ada, &s.ada).is_err());
    assert!(s.client.try_leave(&s.registrar, &s.ada).is_err());
    s.e.mock_all_auths();
    s.client.leave(&s.ada, &s.ada);
    s.client.leave(&s.registrar, &s.ben);
    assert_eq!(s.client.members(), 0);
}

#[test]
fn the_admin_names_the_registrar() {
    let s = site();
    s.client.set_registrar(&s.cal);
    let told = RegistrarSet {
        registrar: s.cal.clone(),
    };
    let told = told.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
    assert_eq!(s.client.registrar(), s.cal);
    s.e.set_auths(&[]);
    assert!(s.client.try_set_registrar(&s.ada).is_err());
}

#[test]
fn a_pause_stops_everything_but_leaving() {
    let s = site();
    s.client.join(&s.ada);
    s.client.join(&s.ben);
    s.client.pause(&s.admin);
    let paused = StewardError::Paused as u32;
    assert_eq!(code(s.client.try_join(&s.cal)), paused);
    assert_eq!(code(s.client.try_leave(&s.registrar, &s.ada)), paused);
    s.client.leave(&s.ben, &s.ben);
}

#[test]
fn joining_and_leaving_are_told() {
    let s = site();
    s.client.join(&s.ada);
    let joined = Joined {
        member: s.ada.clone(),
        members: 1,
    };
    let told = joined.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
    s.client.leave(&s.registrar, &s.ada);
    let left = Left {
        member: s.ada.clone(),
        by: s.registrar.clone(),
        members: 0,
    };
    let told = left.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
}

#[test]
fn the_registry_counts_no_further_than_it_can() {
    let s = site();
    s.e.as_contract(&s.id, || {
        let name = |name| Symbol::new(&s.e, name);
        let roll: soroban_sdk::Map<Symbol, Val> = soroban_sdk::Map::from_array(
            &s.e,
            [
                (name("members"), u32::MAX.into_val(&s.e)),
                (name("page"), 0u32.into_val(&s.e)),
            ],
        );
        let key: Vec<Symbol> = Vec::from_array(&s.e, [name("Roll")]);
        s.e.storage().persistent().set(&key, &roll);
    });
    let refused = s.client.try_join(&s.ada);
    assert_eq!(refusal(refused), RegistryError::RegistryFull);
}

#[test]
fn without_its_settings_it_does_nothing() {
    let s = site();
    s.e.as_contract(&s.id, || {
        let key = |name| (Symbol::new(&s.e, name),);
        s.e.storage().instance().remove(&key("Registrar"));
        s.e.storage().persistent().remove(&key("Roll"));
    });
    let unset = RegistryError::NotConfigured;
    assert_eq!(refusal(s.client.try_registrar()), unset);
    assert_eq!(refusal(s.client.try_members()), unset);
}
