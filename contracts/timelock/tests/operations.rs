mod common;

use common::{code, refusal, site, terms, DAY, NOW, TERM};
use foundation::{OperationState, StewardError};
use soroban_sdk::{
    testutils::{Events, MockAuth, MockAuthInvoke},
    vec, Address, Event, IntoVal, Symbol, Vec,
};
use timelock::{Cancelled, Executed, Scheduled, TimelockError, LONGEST_DELAY};

#[test]
fn anybody_executes_what_the_governor_scheduled_once_the_delay_is_over() {
    let s = site();
    let id = s.schedule(1, &[s.set_lamp(7)]);
    s.e.set_auths(&[]);
    assert_eq!(s.client.state(&id), OperationState::Waiting);
    s.wait(2 * DAY - 1);
    assert_eq!(refusal(s.client.try_execute(&id)), TimelockError::TooEarly);
    s.wait(1);
    assert_eq!(s.client.state(&id), OperationState::Ready);
    s.client.execute(&id);
    let told = Executed { id: id.clone() }.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
    assert_eq!(s.lamp.level(), 7);
    assert_eq!(s.client.state(&id), OperationState::Executed);
}

#[test]
fn nothing_executes_twice() {
    let s = site();
    let id = s.schedule(1, &[s.set_lamp(7)]);
    s.wait(2 * DAY);
    s.client.execute(&id);
    let again = s.client.try_execute(&id);
    assert_eq!(refusal(again), TimelockError::AlreadyExecuted);
    let cancelled = s.client.try_cancel(&s.governor, &id);
    assert_eq!(refusal(cancelled), TimelockError::AlreadyExecuted);
}

#[test]
fn what_nobody_executes_in_time_expires() {
    let s = site();
    let id = s.schedule(1, &[s.set_lamp(7)]);
    s.wait(2 * DAY + terms().grace - 1);
    assert_eq!(s.client.state(&id), OperationState::Ready);
    s.wait(1);
    assert_eq!(s.client.state(&id), OperationState::Expired);
    assert_eq!(refusal(s.client.try_execute(&id)), TimelockError::Expired);
    let cancelled = s.client.try_cancel(&s.governor, &id);
    assert_eq!(refusal(cancelled), TimelockError::Expired);
    assert_eq!(s.lamp.level(), 0);
}

#[test]
fn only_the_governor_schedules() {
    let s = site();
    let calls = vec![&s.e, s.set_lamp(7)];
    let schedule = |by: &Address| {
        s.e.mock_auths(&[MockAuth {
            address: by,
            invoke: &MockAuthInvoke {
                contract: &s.id,
                fn_name: "schedule",
                args: (s.name(1), calls.clone(), 2 * DAY).into_val(&s.e),
                sub_invokes: &[],
            },
        }]);
        s.client
            .try_schedule(&s.name(1), &calls, &(2 * DAY))
            .is_ok()
    };
    assert!(!schedule(&s.eve) && !schedule(&s.guardian));
    assert!(schedule(&s.governor));
}

#[test]
fn a_delay_lies_between_the_shortest_and_thirty_days() {
    let s = site();
    let calls = vec![&s.e, s.set_lamp(7)];
    for delay in [0, 2 * DAY - 1, LONGEST_DELAY + 1, u64::MAX] {
        let refused = s.client.try_schedule(&s.name(1), &calls, &delay);
        assert_eq!(refusal(refused), TimelockError::InvalidDelay);
    }
    s.client.schedule(&s.name(1), &calls, &LONGEST_DELAY);
    let event = Scheduled {
        id: s.name(1),
        calls,
        ready_at: NOW + LONGEST_DELAY,
        expires_at: NOW + LONGEST_DELAY + terms().grace,
    };
    let told = event.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
}

#[test]
fn an_operation_makes_one_to_eight_calls() {
    let s = site();
    for count in [0, 9] {
        let calls = Vec::from_iter(&s.e, (0..count).map(|n| s.set_lamp(n)));
        let refused = s.client.try_schedule(&s.name(1), &calls, &(2 * DAY));
        assert_eq!(refusal(refused), TimelockError::InvalidCalls);
    }
    let calls: std::vec::Vec<_> = (1..=8).map(|n| s.set_lamp(n)).collect();
    let id = s.schedule(1, &calls);
    s.wait(2 * DAY);
    s.client.execute(&id);
    assert_eq!(s.lamp.level(), 8);
}

#[test]
fn an_id_is_used_once_also_after_a_cancellation() {
    let s = site();
    let id = s.schedule(1, &[s.set_lamp(7)]);
    let calls = vec![&s.e, s.set_lamp(8)];
    let again = || refusal(s.client.try_schedule(&id, &calls, &(2 * DAY)));
    assert_eq!(again(), TimelockError::OperationExists);
    s.client.cancel(&s.governor, &id);
    assert_eq!(again(), TimelockError::OperationExists);
}

#[test]
fn the_governor_and_the_guardian_cancel_and_nobody_else() {
    let s = site();
    for (number, by) in [(1, &s.governor), (2, &s.guardian)] {
        let id = s.schedule(number, &[s.set_lamp(7)]);
        let refused = s.client.try_cancel(&s.eve, &id);
        assert_eq!(refusal(refused), TimelockError::NotEntitled);
        s.client.cancel(by, &id);
        let event = Cancelled {
            id: id.clone(),
            by: by.clone(),
        };
        let told = event.to_xdr(&s.e, &s.id);
        assert_eq!(s.e.events().all().events().last(), Some(&told));
        s.wait(2 * DAY);
        let executed = s.client.try_execute(&id);
        assert_eq!(refusal(executed), TimelockError::AlreadyCancelled);
        let again = s.client.try_cancel(by, &id);
        assert_eq!(refusal(again), TimelockError::AlreadyCancelled);
    }
    s.e.set_auths(&[]);
    assert!(s.client.try_cancel(&s.guardian, &s.name(1)).is_err());
}

#[test]
fn a_guardian_whose_term_is_over_does_nothing() {
    let s = site();
    s.wait(TERM);
    let id = s.schedule(1, &[s.set_lamp(7)]);
    let refused = s.client.try_cancel(&s.guardian, &id);
    assert_eq!(refusal(refused), TimelockError::NotEntitled);
    let pause = s.client.try_pause(&s.guardian);
    assert_eq!(code(pause), StewardError::NotSteward as u32);
}

#[test]
fn what_was_never_scheduled_is_unknown() {
    let s = site();
    let unknown = TimelockError::UnknownOperation;
    assert_eq!(refusal(s.client.try_execute(&s.name(1))), unknown);
    assert_eq!(refusal(s.client.try_state(&s.name(1))), unknown);
    assert_eq!(refusal(s.client.try_operation(&s.name(1))), unknown);
    let cancelled = s.client.try_cancel(&s.governor, &s.name(1));
    assert_eq!(refusal(cancelled), unknown);
}

#[test]
fn a_call_that_fails_undoes_the_others_and_may_be_tried_again() {
    let s = site();
    let nothing = s.call(&s.lamp.address, "nothing", vec![&s.e]);
    let id = s.schedule(1, &[s.set_lamp(7), nothing]);
    s.wait(2 * DAY);
    assert!(s.client.try_execute(&id).is_err());
    assert_eq!(s.lamp.level(), 0);
    assert_eq!(s.client.state(&id), OperationState::Ready);
}

#[test]
fn a_call_cannot_execute_again_while_it_is_executed() {
    let s = site();
    let id = s.name(1);
    let args = vec![&s.e, s.id.into_val(&s.e), id.into_val(&s.e)];
    s.schedule(1, &[s.set_lamp(7), s.call(&s.lamp.address, "echo", args)]);
    s.wait(2 * DAY);
    assert!(s.client.try_execute(&id).is_err());
    assert_eq!(s.lamp.level(), 0);
}

#[test]
fn without_its_settings_it_does_nothing() {
    let s = site();
    s.e.as_contract(&s.id, || {
        for name in ["Governor", "Terms"] {
            let key = (Symbol::new(&s.e, name),);
            s.e.storage().instance().remove(&key);
        }
    });
    let unset = TimelockError::NotConfigured;
    assert_eq!(refusal(s.client.try_governor()), unset);
    assert_eq!(refusal(s.client.try_terms()), unset);
}
