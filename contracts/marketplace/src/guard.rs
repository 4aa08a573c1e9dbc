//! A slot and chunk settle once, and chunks settle in order.
//!
//! A page holds one byte for each of 512 slots: the next chunk's number.
use alloc::vec::Vec;

use soroban_sdk::{panic_with_error, Env};

use crate::{batch::Section, errors::MarketError, storage};

pub const SLOTS_PER_PAGE: usize = 512;

/// Takes the chunks of all sections, writing each page once.
pub fn take(e: &Env, sections: &[Section], slot_minutes: u32) {
    let mut pages: Vec<(u32, [u8; SLOTS_PER_PAGE])> = Vec::new();
    for section in sections {
        let (number, offset) = place(e, section.slot, slot_minutes);
        let at = match pages.iter().position(|(page, _)| *page == number) {
            Some(at) => at,
            None => {
                pages.push((number, storage::guard_page(e, number)));
                pages.len() - 1
            }
        };
        let next = &mut pages[at].1[offset];
        if section.chunk != *next {
            panic_with_error!(e, MarketError::SlotSettled);
        }
        *next = match next.checked_add(1) {
            Some(after) => after,
            None => panic_with_error!(e, MarketError::SlotFull),
        };
    }
    for (number, page) in &pages {
        storage::set_guard_page(e, *number, page);
    }
}

pub fn next_chunk(e: &Env, slot: u32, slot_minutes: u32) -> u32 {
    let (number, offset) = place(e, slot, slot_minutes);
    u32::from(storage::guard_page(e, number)[offset])
}

fn place(e: &Env, slot: u32, slot_minutes: u32) -> (u32, usize) {
    if !slot.is_multiple_of(slot_minutes) {
        panic_with_error!(e, MarketError::SlotMisaligned);
    }
    let index = slot / slot_minutes;
    let page = SLOTS_PER_PAGE as u32;
    (index / page, (index % page) as usize)
}
