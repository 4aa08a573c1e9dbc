//! An interval is minted once, ever.
//!
//! A page holds one byte for each of 512 slots: the number of the next chunk
//! that may be attested. A chunk may skip numbers (the marketplace numbers its
//! sections and attests only those that mint) but never goes back.
use soroban_sdk::{panic_with_error, Bytes, Env};

use crate::{errors::EnergyError, storage};

pub const SLOTS_PER_PAGE: usize = 512;
const RECORD: usize = 9;

pub struct Total {
    pub first_slot: u32,
    pub count: u32,
    pub wh: i128,
}

/// Marks every record as attested and returns their sum. Does not authorise.
pub fn take(e: &Env, intervals: &Bytes) -> Total {
    let length = intervals.len() as usize;
    if length == 0 || !length.is_multiple_of(RECORD) {
        panic_with_error!(e, EnergyError::MalformedIntervals);
    }
    let minutes = storage::slot_minutes(e);
    let mut open: Option<(u32, [u8; SLOTS_PER_PAGE])> = None;
    let mut total = Total {
        first_slot: 0,
        count: 0,
        wh: 0,
    };
    for start in (0..length as u32).step_by(RECORD) {
        let mut record = [0; RECORD];
        intervals
            .slice(start..start + RECORD as u32)
            .copy_into_slice(&mut record);
        let [s0, s1, s2, s3, chunk, w0, w1, w2, w3] = record;
        let slot = u32::from_be_bytes([s0, s1, s2, s3]);
        let (number, offset) = place(e, slot, minutes);
        let mut page = match open.take() {
            Some((current, page)) if current == number => page,
            other => {
                if let Some((current, page)) = other {
                    storage::set_guard_page(e, current, &page);
                }
                storage::guard_page(e, number)
            }
        };
        page[offset] = after(e, page[offset], chunk);
        open = Some((number, page));

        if total.count == 0 {
            total.first_slot = slot;
        }
        total.count += 1;
        total.wh += i128::from(u32::from_be_bytes([w0, w1, w2, w3]));
    }
    if let Some((number, page)) = open {
        storage::set_guard_page(e, number, &page);
    }
    total
}

pub fn next_chunk(e: &Env, slot: u32) -> u32 {
    let (number, offset) = place(e, slot, storage::slot_minutes(e));
    u32::from(storage::guard_page(e, number)[offset])
}

fn place(e: &Env, slot: u32, minutes: u32) -> (u32, usize) {
    if minutes == 0 || !slot.is_multiple_of(minutes) {
        panic_with_error!(e, EnergyError::SlotMisaligned);
    }
    let index = slot / minutes;
    let page = SLOTS_PER_PAGE as u32;
    (index / page, (index % page) as usize)
}

fn after(e: &Env, next: u8, chunk: u8) -> u8 {
    if chunk < next {
        panic_with_error!(e, EnergyError::IntervalAttested);
    }
    match chunk.checked_add(1) {
        Some(after) => after,
        None => panic_with_error!(e, EnergyError::SlotFull),
    }
}
