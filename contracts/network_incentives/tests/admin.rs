mod common;

use common::{code, line, refusal, site};
use foundation::StewardError;
use network_incentives::{
    IncentiveError, NetworkIncentives, NetworkIncentivesClient, RateSet, RegistrarSet, ReporterSet,
    Roles, MAX_RATE,
};
use soroban_sdk::{
    testutils::{Address as _, Events, MockAuth, MockAuthInvoke},
    Address, Bytes, BytesN, Env, Event, IntoVal, Symbol,
};

#[test]
fn shows_what_it_was_deployed_with() {
    let s = site();
    let roles = Roles {
        registrar: s.registrar.clone(),
        reporter: s.reporter.clone(),
    };
    assert_eq!(s.client.roles(), roles);
    assert_eq!(s.client.rate(), 1);
    assert_eq!(s.client.token(), s.token.address);
    assert_eq!(s.client.admin(), Some(s.admin));
    assert_eq!(s.client.schema_version(), 1);
}

#[test]
fn the_reporter_signs_the_period_and_the_reports_hash() {
    let s = site();
    s.fund(100);
    let report = s.bytes(&[line(1, 100)]);
    let sign = |address, report: &Bytes| {
        let hash: BytesN<32> = s.e.crypto().sha256(report).into();
        s.e.mock_auths(&[MockAuth {
            address,
            invoke: &MockAuthInvoke {
                contract: &s.id,
                fn_name: "report",
                args: (1u32, hash).into_val(&s.e),
                sub_invokes: &[],
            },
        }]);
    };
    for other in [&s.admin, &s.registrar, &s.ada] {
        sign(other, &report);
        assert!(s.client.try_report(&1, &report).is_err());
    }
    sign(&s.reporter, &report);
    assert!(s.client.try_report(&2, &report).is_err());
    let altered = s.bytes(&[line(1, 200)]);
    assert!(s.client.try_report(&1, &altered).is_err());
    s.client.report(&1, &report);
    assert_eq!(s.earned(1), (1, 0));
}

#[test]
fn the_registrar_and_nobody_else_registers() {
    let s = site();
    let sign = |address| {
        s.e.mock_auths(&[MockAuth {
            address,
            invoke: &MockAuthInvoke {
                contract: &s.id,
                fn_name: "register",
                args: (70u32, &s.ada).into_val(&s.e),
                sub_invokes: &[],
            },
        }]);
    };
    for other in [&s.admin, &s.reporter, &s.ada] {
        sign(other);
        assert!(s.client.try_register(&70, &s.ada).is_err());
    }
    sign(&s.registrar);
    s.client.register(&70, &s.ada);
}

#[test]
fn strangers_do_nothing() {
    let s = site();
    s.fund(100);
    s.report(&[line(1, 500)]);
    s.e.set_auths(&[]);
    assert!(s.client.try_register(&70, &s.ada).is_err());
    assert!(s.client.try_retire(&1).is_err());
    assert!(s.client.try_claim(&s.ada).is_err());
    assert!(s.client.try_fund(&s.treasury, &1).is_err());
    assert!(s.client.try_set_rate(&2).is_err());
    assert!(s.client.try_set_reporter(&s.ada).is_err());
    assert!(s.client.try_set_registrar(&s.ada).is_err());
    let hash = BytesN::from_array(&s.e, &[0; 32]);
    assert!(s.client.try_upgrade(&hash).is_err());
    s.check_sums();
}

#[test]
fn the_admin_names_roles_and_rate() {
    let s = site();
    let last = |expected| {
        assert_eq!(s.e.events().all().events().last(), Some(&expected));
    };
    s.client.set_rate(&5);
    last(RateSet { rate: 5 }.to_xdr(&s.e, &s.id));
    let reporter = s.ada.clone();
    s.client.set_reporter(&reporter);
    last(ReporterSet { reporter }.to_xdr(&s.e, &s.id));
    let registrar = s.ben.clone();
    s.client.set_registrar(&registrar);
    last(RegistrarSet { registrar }.to_xdr(&s.e, &s.id));
    let roles = Roles {
        registrar: s.ben.clone(),
        reporter: s.ada.clone(),
    };
    assert_eq!((s.client.rate(), s.client.roles()), (5, roles));
}

#[test]
fn a_rate_has_bounds() {
    let s = site();
    for rate in [0, MAX_RATE + 1] {
        let refused = refusal(s.client.try_set_rate(&rate));
        assert_eq!(refused, IncentiveError::InvalidRate);
    }
    s.client.set_rate(&MAX_RATE);
}

#[test]
#[should_panic(expected = "Error(Contract, #462)")]
fn a_contract_does_not_begin_without_a_rate() {
    let e = Env::default();
    let any = Address::generate(&e);
    e.register(NetworkIncentives, (&any, &any, &any, &any, 0u32, 3_600u64));
}

#[test]
fn a_pause_stops_everything_but_retiring() {
    let s = site();
    s.fund(100);
    s.report(&[line(1, 500)]);
    s.client.pause(&s.admin);
    let paused = StewardError::Paused as u32;
    let report = s.bytes(&[line(1, 100)]);
    assert_eq!(code(s.client.try_report(&2, &report)), paused);
    assert_eq!(code(s.client.try_register(&70, &s.ada)), paused);
    assert_eq!(code(s.client.try_claim(&s.ada)), paused);
    assert_eq!(code(s.client.try_fund(&s.treasury, &1)), paused);
    s.client.retire(&2);
    s.client.unpause();
    assert_eq!(s.client.claim(&s.ada), 5);
}

#[test]
fn without_its_settings_it_does_nothing() {
    let s = site();
    s.fund(100);
    s.report(&[line(1, 500)]);
    let without = |name| {
        s.e.as_contract(&s.id, || {
            let key = (Symbol::new(&s.e, name),);
            s.e.storage().instance().remove(&key);
            s.e.storage().persistent().remove(&key);
        });
        IncentiveError::NotConfigured
    };
    assert_eq!(without("Token"), refusal(s.client.try_claim(&s.ada)));
    assert_eq!(without("Rate"), refusal(s.client.try_rate()));
    assert_eq!(without("Roles"), refusal(s.client.try_roles()));
    assert_eq!(without("Pool"), refusal(s.client.try_pool()));
}

#[test]
fn a_period_is_a_minute_to_31_days_long() {
    for (seconds, sound) in [
        (59, false),
        (60, true),
        (31 * 86_400, true),
        (31 * 86_401, false),
    ] {
        let begun = std::panic::catch_unwind(|| {
            let e = Env::default();
            let any = Address::generate(&e);
            let id = e.register(NetworkIncentives, (&any, &any, &any, &any, 1u32, seconds));
            NetworkIncentivesClient::new(&e, &id).period_seconds()
        });
        assert_eq!(begun.ok(), sound.then_some(seconds));
    }
}
