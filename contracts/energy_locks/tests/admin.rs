//! Who may do what, and what a pause or a lost place on an allowlist does.
mod common;

use common::{code, refusal, site, HOUR, PRICE, PURSE, STORE};
use energy_locks::{Collected, LockError, Owed, State};
use foundation::StewardError;
use soroban_sdk::{
    testutils::{MockAuth, MockAuthInvoke},
    IntoVal, Symbol,
};

#[test]
fn shows_what_it_was_deployed_with() {
    let s = site();
    assert_eq!(s.client.money(), s.money.address);
    assert_eq!(s.client.energy(), s.energy.address);
    assert_eq!(s.client.admin(), Some(s.admin.clone()));
    assert_eq!(s.client.schema_version(), 1);
}

#[test]
fn both_sides_sign_a_reservation() {
    let s = site();
    let (id, order) = (s.name(1), s.order(1_000));
    for (signer, token, amount) in [
        (&s.ada, &s.money.address, i128::from(PRICE)),
        (&s.ben, &s.energy.address, 1_000),
    ] {
        s.e.mock_auths(&[MockAuth {
            address: signer,
            invoke: &MockAuthInvoke {
                contract: &s.id,
                fn_name: "reserve",
                args: (&id, order.clone()).into_val(&s.e),
                sub_invokes: &[MockAuthInvoke {
                    contract: token,
                    fn_name: "transfer",
                    args: (signer, &s.id, amount).into_val(&s.e),
                    sub_invokes: &[],
                }],
            },
        }]);
        assert!(s.client.try_reserve(&id, &order).is_err());
    }
}

#[test]
fn a_pause_stops_reservations_and_nothing_that_has_begun() {
    let s = site();
    let (first, second) = (s.reserve(1, 1_000), s.reserve(2, 1_000));
    s.client.pause(&s.admin);
    let refused = s.client.try_reserve(&s.name(3), &s.order(1_000));
    assert_eq!(code(refused), StewardError::Paused as u32);
    s.lock(&first);
    s.deliver(&first, 1_000);
    s.wait(HOUR);
    s.client.release(&second);
    assert_eq!(s.has(&s.id), (0, 0));
}

#[test]
fn who_cannot_receive_holds_nobody_up_and_collects_later() {
    let s = site();
    let id = s.reserve_and_lock(1, 5_000);
    s.money.set_allowed(&s.ada, &false);
    s.deliver(&id, 3_000);
    assert_eq!(s.state(&id), State::Delivered);
    assert_eq!(s.has(&s.ben), (PURSE + 6_000_000, STORE - 3_000));
    let owed = Owed {
        money: 4_000_000,
        wh: 0,
    };
    assert_eq!(s.client.owed(&s.ada), owed);
    assert!(s.client.try_collect(&s.ada).is_err());
    assert_eq!(s.client.owed(&s.ada), owed);

    s.money.set_allowed(&s.ada, &true);
    s.e.set_auths(&[]);
    assert_eq!(s.client.collect(&s.ada), owed);
    s.last_event(Collected {
        owner: s.ada.clone(),
        money: 4_000_000,
        wh: 0,
    });
    assert_eq!(s.has(&s.id), (0, 0));
    let twice = refusal(s.client.try_collect(&s.ada));
    assert_eq!(twice, LockError::NothingOwed);
}

#[test]
fn while_kwh_is_paused_money_goes_back_and_energy_waits() {
    let s = site();
    let id = s.reserve(1, 5_000);
    s.wait(HOUR);
    s.energy.pause(&s.admin);
    s.client.release(&id);
    assert_eq!(s.has(&s.ada), (PURSE, STORE));
    assert_eq!(
        s.client.owed(&s.ben),
        Owed {
            money: 0,
            wh: 5_000
        }
    );
    s.energy.unpause();
    s.client.collect(&s.ben);
    assert_eq!(s.has(&s.ben), (PURSE, STORE));
}

#[test]
fn while_kwh_is_paused_a_delivery_waits_and_is_not_lost() {
    let s = site();
    let id = s.reserve_and_lock(1, 5_000);
    s.energy.pause(&s.admin);
    let signature = s.signed(energy_locks::DELIVER_TAG, &id, 5_000);
    assert!(s.client.try_deliver(&id, &5_000, &signature).is_err());
    assert_eq!(s.state(&id), State::Locked);
    s.energy.unpause();
    assert_eq!(s.deliver(&id, 5_000), 10_000_000);
}

#[test]
fn without_its_settings_it_does_nothing() {
    let s = site();
    s.e.as_contract(&s.id, || {
        let key = (Symbol::new(&s.e, "Money"),);
        s.e.storage().instance().remove(&key);
    });
    let refused = s.client.try_reserve(&s.name(1), &s.order(1_000));
    assert_eq!(refusal(refused), LockError::NotConfigured);
}
