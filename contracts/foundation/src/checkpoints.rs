//! What an amount was when: checkpoints of 16 bytes (unix seconds u64, amount
//! u64, big-endian), 64 to a page, so that a look-up reads few entries and a
//! change writes one. `key` says where a page is kept.
use soroban_sdk::{Bytes, Env, IntoVal, Val};

use crate::ttl;

const RECORD: usize = 16;
const PAGE: usize = 64 * RECORD;

/// Notes an amount from `now` on. Returns the history's last page.
pub fn record<K: IntoVal<Env, Val>>(
    e: &Env,
    key: impl Fn(u32) -> K,
    last: u32,
    now: u64,
    amount: u64,
) -> u32 {
    let mut number = last;
    let mut page = page_at(e, &key(number)).unwrap_or_else(|| Bytes::new(e));
    if let Some((before, newest)) = split_newest(&page) {
        if newest == now {
            // Only what held at the end of a second counts.
            page = before;
        } else if page.len() as usize == PAGE {
            number += 1;
            page = Bytes::new(e);
        }
    }
    page.extend_from_array(&now.to_be_bytes());
    page.extend_from_array(&amount.to_be_bytes());
    e.storage().persistent().set(&key(number), &page);
    ttl::extend_owned(e, &key(number));
    number
}

/// The amount at a moment; 0 before the first checkpoint.
pub fn at<K: IntoVal<Env, Val>>(e: &Env, key: impl Fn(u32) -> K, last: u32, moment: u64) -> u64 {
    // The newest page first: votes ask for moments not long past.
    let Some(newest) = page_at(e, &key(last)) else {
        return 0;
    };
    if starts_by(&newest, moment) {
        return look_up(&newest, moment);
    }
    let (mut low, mut high) = (0, last);
    while low < high {
        let middle = low + (high - low) / 2;
        match page_at(e, &key(middle)) {
            Some(page) if starts_by(&page, moment) => low = middle + 1,
            _ => high = middle,
        }
    }
    low.checked_sub(1)
        .and_then(|number| page_at(e, &key(number)))
        .map_or(0, |page| look_up(&page, moment))
}

fn page_at<K: IntoVal<Env, Val>>(e: &Env, key: &K) -> Option<Bytes> {
    let page = e.storage().persistent().get(key)?;
    ttl::extend_owned(e, key);
    Some(page)
}

/// The page without its newest checkpoint, and that one's time.
fn split_newest(page: &Bytes) -> Option<(Bytes, u64)> {
    let before = page.len().checked_sub(RECORD as u32)?;
    let mut record = [0; RECORD];
    page.slice(before..).copy_into_slice(&mut record);
    Some((page.slice(..before), time(&record)))
}

fn starts_by(page: &Bytes, moment: u64) -> bool {
    let mut record = [0; RECORD];
    page.slice(..RECORD as u32).copy_into_slice(&mut record);
    time(&record) <= moment
}

fn look_up(page: &Bytes, moment: u64) -> u64 {
    let mut bytes = [0; PAGE];
    let bytes = &mut bytes[..page.len() as usize];
    page.copy_into_slice(bytes);
    let records: &[[u8; RECORD]] = bytes.as_chunks().0;
    let past = records.partition_point(|record| time(record) <= moment);
    past.checked_sub(1)
        .map_or(0, |newest| number(&records[newest][8..]))
}

fn time(record: &[u8; RECORD]) -> u64 {
    number(&record[..8])
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}
