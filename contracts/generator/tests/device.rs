mod common;

use common::{active, funded, priced, refusal, PRICE};
use generator::{Dispensed, GeneratorError, LARGEST_GAP};
use soroban_sdk::BytesN;

#[test]
fn the_device_takes_from_the_credit_what_it_dispenses() {
    let s = priced();
    s.client.pay(&s.cal, &1_000, &PRICE);
    let signature = s.signature(&s.cal, 400, 1);
    s.client.dispense(&s.cal, &400, &1, &signature);
    s.last_event(Dispensed {
        user: s.cal.clone(),
        quantity: 400,
        counter: 1,
        free: false,
    });
    assert_eq!(s.client.credit(&s.cal), 600);
    let device = s.client.device();
    assert_eq!((device.credited, device.dispensed), (1_000, 400));
    assert_eq!((device.counter, device.free), (1, 0));
}

#[test]
fn nobody_else_can_sign_for_the_generator() {
    let s = priced();
    s.client.pay(&s.cal, &1_000, &PRICE);
    // Another key; another generator, user, quantity or counter than signed.
    let wrong = [
        s.signature_by(8, &s.id, &s.cal, 400, 1),
        s.signature_by(7, &s.admin, &s.cal, 400, 1),
        s.signature(&s.ada, 400, 1),
        s.signature(&s.cal, 401, 1),
        s.signature(&s.cal, 400, 2),
        BytesN::from_array(&s.e, &[0; 64]),
    ];
    for signature in &wrong {
        assert!(s.client.try_dispense(&s.cal, &400, &1, signature).is_err());
    }
    let device = s.client.device();
    assert_eq!((device.counter, device.dispensed), (0, 0));
    assert_eq!(s.client.credit(&s.cal), 1_000);
}

#[test]
fn a_replayed_counter_is_refused() {
    let s = priced();
    s.client.pay(&s.cal, &1_000, &PRICE);
    s.client
        .dispense(&s.cal, &100, &5, &s.signature(&s.cal, 100, 5));
    for counter in [5, 4, 0] {
        let signature = s.signature(&s.cal, 100, counter);
        let refused = s.client.try_dispense(&s.cal, &100, &counter, &signature);
        assert_eq!(refusal(refused), GeneratorError::CounterUsed);
    }
    // A lost message leaves a gap and nothing else.
    s.client
        .dispense(&s.cal, &100, &9, &s.signature(&s.cal, 100, 9));
    assert_eq!(s.client.credit(&s.cal), 800);
}

#[test]
fn nobody_gets_more_than_they_have_paid_for() {
    let s = priced();
    s.client.pay(&s.cal, &1_000, &PRICE);
    let refused = s
        .client
        .try_dispense(&s.cal, &1_001, &1, &s.signature(&s.cal, 1_001, 1));
    assert_eq!(refusal(refused), GeneratorError::InsufficientCredit);
    let refused = s
        .client
        .try_dispense(&s.ada, &1, &1, &s.signature(&s.ada, 1, 1));
    assert_eq!(refusal(refused), GeneratorError::InsufficientCredit);
    // What was refused has not used the counter.
    s.client
        .dispense(&s.cal, &1_000, &1, &s.signature(&s.cal, 1_000, 1));
}

#[test]
fn without_a_price_everybody_is_served_and_credit_stays() {
    let s = priced();
    s.client.pay(&s.cal, &1_000, &PRICE);
    s.client.clear_price(&s.ada);
    s.next_slot();
    for (counter, user) in [(1, &s.cal), (2, &s.requester)] {
        let signature = s.signature(user, 300, counter);
        s.client.dispense(user, &300, &counter, &signature);
    }
    assert_eq!(s.client.credit(&s.cal), 1_000);
    let device = s.client.device();
    assert_eq!((device.free, device.dispensed), (600, 0));
}

#[test]
fn what_was_given_away_stays_free_when_a_price_comes() {
    let s = priced();
    s.client.pay(&s.cal, &1_000, &PRICE);
    assert_eq!(s.client.price(), PRICE);
    // The device signs for the generator: nobody's credit pays, and the counter rises as ever.
    let signature = s.signature(&s.id, 300, 1);
    s.client.dispense(&s.id, &300, &1, &signature);
    s.last_event(Dispensed {
        user: s.id.clone(),
        quantity: 300,
        counter: 1,
        free: true,
    });
    let device = s.client.device();
    assert_eq!((device.free, device.dispensed, device.counter), (300, 0, 1));
    assert_eq!(s.client.credit(&s.cal), 1_000);
    let again = s.client.try_dispense(&s.id, &300, &1, &signature);
    assert_eq!(refusal(again), GeneratorError::CounterUsed);
    // Nobody turns a receipt for a user into one for the generator.
    let anothers = s.signature(&s.cal, 300, 2);
    assert!(s.client.try_dispense(&s.id, &300, &2, &anothers).is_err());
}

#[test]
fn a_device_dispenses_something_and_only_once_it_runs() {
    let s = funded();
    s.client.install(&s.key());
    let dispense = |quantity| {
        let signature = s.signature(&s.cal, quantity, 1);
        refusal(s.client.try_dispense(&s.cal, &quantity, &1, &signature))
    };
    assert_eq!(dispense(1), GeneratorError::WrongState);
    s.client.activate(&s.requester, &1);
    assert_eq!(dispense(0), GeneratorError::InvalidAmount);
}

#[test]
fn the_old_device_is_silenced_by_the_new_one() {
    let s = active();
    s.client
        .dispense(&s.cal, &1, &3, &s.signature(&s.cal, 1, 3));
    let new = common::signing_key(8).verifying_key().to_bytes();
    s.client.replace_device(&BytesN::from_array(&s.e, &new));
    let old = s.signature(&s.cal, 1, 4);
    assert!(s.client.try_dispense(&s.cal, &1, &4, &old).is_err());
    // Counters are the key's own.
    let signature = s.signature_by(8, &s.id, &s.cal, 1, 1);
    s.client.dispense(&s.cal, &1, &1, &signature);
    assert_eq!(s.client.device().counter, 1);
}

#[test]
fn a_device_that_comes_back_repeats_nothing() {
    let s = active();
    let signed = s.signature(&s.cal, 1, 3);
    s.client.dispense(&s.cal, &1, &3, &signed);
    let other = common::signing_key(8).verifying_key().to_bytes();
    s.client.replace_device(&BytesN::from_array(&s.e, &other));
    s.client.replace_device(&s.key());
    let refused = s.client.try_dispense(&s.cal, &1, &3, &signed);
    assert_eq!(refusal(refused), GeneratorError::CounterUsed);
    s.client
        .dispense(&s.cal, &1, &4, &s.signature(&s.cal, 1, 4));
    // The same again, bound over itself.
    s.client.replace_device(&s.key());
    assert_eq!(s.client.device().counter, 4);
}

#[test]
fn a_counter_does_not_run_away() {
    let s = active();
    for counter in [LARGEST_GAP + 1, u64::MAX] {
        let signature = s.signature(&s.cal, 1, counter);
        let refused = s.client.try_dispense(&s.cal, &1, &counter, &signature);
        assert_eq!(refusal(refused), GeneratorError::CounterTooFar);
    }
    for counter in [LARGEST_GAP, 2 * LARGEST_GAP] {
        let signature = s.signature(&s.cal, 1, counter);
        s.client.dispense(&s.cal, &1, &counter, &signature);
    }
}

#[test]
fn a_user_may_be_a_contract() {
    let s = active();
    let user = s.token.address.clone();
    s.client.dispense(&user, &1, &1, &s.signature(&user, 1, 1));
}
