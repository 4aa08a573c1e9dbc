//! What the index was at the beginning of a slot. Only slots with a payment
//! leave a record of 24 bytes (slot u64, index i128, big-endian), 64 to a
//! page: in between the index has not moved.
use soroban_sdk::{Bytes, Env};

use crate::{income::Income, storage};

const RECORD: usize = 24;
const PAGE: usize = 64 * RECORD;

/// Notes the index before a slot's first payment.
pub fn note(e: &Env, income: &mut Income, slot: u64) {
    if slot <= income.noted {
        return;
    }
    let mut page = storage::history(e, income.page).unwrap_or_else(|| Bytes::new(e));
    if page.len() as usize == PAGE {
        income.page += 1;
        page = Bytes::new(e);
    }
    page.extend_from_array(&slot.to_be_bytes());
    page.extend_from_array(&income.index.to_be_bytes());
    storage::set_history(e, income.page, &page);
    income.noted = slot;
}

/// The index at the beginning of a slot that has begun.
pub fn opening(e: &Env, income: &Income, slot: u64) -> i128 {
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
    let mut record = [0; RECORD];
    page.slice(page.len() - RECORD as u32..)
        .copy_into_slice(&mut record);
    slot_of(&record)
}

fn look_up(page: &Bytes, slot: u64) -> i128 {
    let mut bytes = [0; PAGE];
    let bytes = &mut bytes[..page.len() as usize];
    page.copy_into_slice(bytes);
    let records: &[[u8; RECORD]] = bytes.as_chunks().0;
    let before = records.partition_point(|record| slot_of(record) < slot);
    records.get(before).map_or(0, index_of)
}

fn slot_of(record: &[u8; RECORD]) -> u64 {
    record[..8]
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn index_of(record: &[u8; RECORD]) -> i128 {
    record[8..]
        .iter()
        .fold(0, |number, byte| number << 8 | i128::from(*byte))
}
