//! What the index was at the beginning of a slot. Only slots with a payment
//! leave a record of 16 bytes (slot u64, index u64, big-endian), 64 to a
//! page: in between the index has not moved.
use soroban_sdk::{Bytes, Env};

use crate::{income::Income, storage};

const RECORD: u32 = 16;
const PAGE: u32 = 64 * RECORD;

/// Notes the index before a slot's first payment.
pub fn note(e: &Env, income: &mut Income, slot: u64) {
    if slot <= income.noted {
        return;
    }
    let mut page = storage::history(e, income.page).unwrap_or_else(|| Bytes::new(e));
    if page.len() == PAGE {
        income.page += 1;
        page = Bytes::new(e);
    }
    page.extend_from_array(&slot.to_be_bytes());
    page.extend_from_array(&income.index.to_be_bytes());
    storage::set_history(e, income.page, &page);
    income.noted = slot;
}

/// The index at the beginning of a slot that has begun.
pub fn opening(e: &Env, income: &Income, slot: u64) -> u64 {
    if slot > income.noted {
        return income.running();
    }
    // The first page that ends at this slot or later.
    let (mut low, mut high) = (0, income.page);
    while low < high {
        let middle = low + (high - low) / 2;
        match storage::history(e, middle) {
            Some(page) if newest(&page) < slot => low = middle + 1,
            _ => high = middle,
        }
    }
    storage::history(e, low).map_or(0, |page| look_up(&page, slot))
}

fn newest(page: &Bytes) -> u64 {
    record(page, page.len() / RECORD - 1).0
}

/// The index of the first record at this slot or later.
fn look_up(page: &Bytes, slot: u64) -> u64 {
    let (mut low, mut high) = (0, page.len() / RECORD - 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if record(page, middle).0 < slot {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    record(page, low).1
}

/// A slot and the index at its beginning.
#[inline(never)]
fn record(page: &Bytes, number: u32) -> (u64, u64) {
    let mut bytes = [0; RECORD as usize];
    page.slice(number * RECORD..(number + 1) * RECORD)
        .copy_into_slice(&mut bytes);
    let both = u128::from_be_bytes(bytes);
    ((both >> 64) as u64, both as u64)
}
