mod common;

use common::{code, token, MIDNIGHT, SLOT_MINUTES};
use energy_token::{Attested, EnergyError, EnergyToken};
use soroban_sdk::{
    testutils::{Address as _, Events},
    Address, Bytes, Env, Event,
};

#[test]
fn mints_the_sum_of_the_intervals() {
    let t = token();
    let slots = [
        (MIDNIGHT, 0, 1200),
        (MIDNIGHT + SLOT_MINUTES, 0, 300),
        (MIDNIGHT, 1, 5),
    ];
    assert_eq!(t.attest(&slots), 1505);
    let event = Attested {
        to: t.ada.clone(),
        first_slot: MIDNIGHT,
        count: 3,
        wh: 1505,
    };
    assert_eq!(
        t.e.events().all().events().last(),
        Some(&event.to_xdr(&t.e, &t.id))
    );
    assert_eq!(t.client.balance(&t.ada), 1505);
    assert_eq!(t.client.next_chunk(&MIDNIGHT), 2);
    assert_eq!(t.client.next_chunk(&(MIDNIGHT + SLOT_MINUTES)), 1);
    assert_eq!(t.client.next_chunk(&(MIDNIGHT + 2 * SLOT_MINUTES)), 0);
}

#[test]
fn an_interval_is_minted_once() {
    let t = token();
    t.attest(&[(MIDNIGHT, 0, 1200)]);
    let already = EnergyError::IntervalAttested as u32;
    assert_eq!(t.refused(&[(MIDNIGHT, 0, 1200)]), already);
    assert_eq!(t.refused(&[(MIDNIGHT, 1, 1), (MIDNIGHT, 1, 1)]), already);
    assert_eq!(t.client.balance(&t.ada), 1200);
    assert_eq!(t.client.next_chunk(&MIDNIGHT), 1);
}

#[test]
fn chunks_may_skip_but_never_go_back() {
    let t = token();
    t.attest(&[(MIDNIGHT, 4, 10)]);
    assert_eq!(t.client.next_chunk(&MIDNIGHT), 5);
    assert_eq!(
        t.refused(&[(MIDNIGHT, 3, 10)]),
        EnergyError::IntervalAttested as u32
    );
}

#[test]
fn chunk_255_is_refused() {
    let t = token();
    t.attest(&[(MIDNIGHT, 254, 1)]);
    assert_eq!(
        t.refused(&[(MIDNIGHT, 255, 1)]),
        EnergyError::SlotFull as u32
    );
}

#[test]
fn the_guard_holds_across_pages() {
    let t = token();
    let far = MIDNIGHT + 512 * SLOT_MINUTES;
    t.attest(&[(MIDNIGHT, 0, 1), (far, 0, 2), (MIDNIGHT, 1, 4)]);
    for (slot, next) in [(MIDNIGHT, 2), (far, 1)] {
        assert_eq!(t.client.next_chunk(&slot), next);
        assert_eq!(
            t.refused(&[(slot, 0, 1)]),
            EnergyError::IntervalAttested as u32
        );
    }
}

#[test]
fn an_interval_of_nothing_is_marked_and_mints_nothing() {
    let t = token();
    assert_eq!(t.attest(&[(MIDNIGHT, 0, 0)]), 0);
    assert_eq!(t.client.next_chunk(&MIDNIGHT), 1);
}

#[test]
fn refuses_malformed_intervals() {
    let t = token();
    for bytes in [
        Bytes::new(&t.e),
        Bytes::from_array(&t.e, &[0; 8]),
        Bytes::from_array(&t.e, &[0; 10]),
    ] {
        let result = t.client.try_attest(&t.meter, &t.ada, &bytes);
        assert_eq!(code(result), EnergyError::MalformedIntervals as u32);
    }
    assert_eq!(
        t.refused(&[(MIDNIGHT + 1, 0, 1)]),
        EnergyError::SlotMisaligned as u32
    );
}

#[test]
fn only_meters_attest() {
    let t = token();
    let records = t.intervals(&[(MIDNIGHT, 0, 1)]);
    let stranger = t.client.try_attest(&t.ben, &t.ben, &records);
    assert_eq!(code(stranger), EnergyError::NotMeter as u32);

    t.client.set_meter(&t.meter, &false);
    assert!(!t.client.is_meter(&t.meter));
    assert_eq!(t.refused(&[(MIDNIGHT, 0, 1)]), EnergyError::NotMeter as u32);
}

#[test]
fn a_meter_signs_for_itself() {
    let t = token();
    let records = t.intervals(&[(MIDNIGHT, 0, 1)]);
    t.e.set_auths(&[]);
    assert!(t.client.try_attest(&t.meter, &t.ada, &records).is_err());
}

#[test]
#[should_panic(expected = "#126")]
fn the_slot_length_divides_a_day() {
    let e = Env::default();
    e.register(EnergyToken, (Address::generate(&e), 7u32));
}
