//! A signed quote prices the slots it covers, once and for good.
use soroban_sdk::{panic_with_error, xdr::ToXdr, Bytes, BytesN, Env};

use crate::{
    errors::OracleError,
    events::Quoted,
    storage::{self, Day, MINUTES_A_DAY},
    types::Quote,
};

const DOMAIN: &[u8] = b"stelltron quote 1";
const PERCENT: u64 = 100;
const SECONDS_A_MINUTE: u64 = 60;
/// Minutes back from now that a quote may begin: as far as markets still
/// settle, and less than a day's entry lives.
pub const OLDEST: u32 = 8 * MINUTES_A_DAY;
/// Minutes ahead of now that a quote may reach.
pub const LATEST: u32 = 7 * MINUTES_A_DAY;

/// Takes a quote that the oracle has signed, whoever brings it. What a slot
/// was quoted stays: another quote for it is refused as a whole.
pub fn post(e: &Env, quote: Quote, signature: &BytesN<64>) {
    let Quote { from, until, price } = quote;
    let key = storage::terms(e).key;
    e.crypto()
        .ed25519_verify(&key, &message(e, &quote), signature);
    let minutes = storage::slot_minutes(e);
    let whole = from.is_multiple_of(minutes) && until.is_multiple_of(minutes);
    if !whole || until <= from || until - from > MINUTES_A_DAY || price == 0 {
        panic_with_error!(e, OracleError::InvalidQuote);
    }
    enforce_time(e, from, until);
    let mut day = Day::of(e, from);
    for slot in (from..until).step_by(minutes as usize) {
        if slot != from && slot.is_multiple_of(MINUTES_A_DAY) {
            day.keep(e);
            day = Day::of(e, slot);
        }
        if day.price(slot).is_some() {
            panic_with_error!(e, OracleError::SlotQuoted);
        }
        day.set_price(slot, price);
    }
    day.keep(e);
    Quoted { from, until, price }.publish(e);
}

fn enforce_time(e: &Env, from: u32, until: u32) {
    let now = e.ledger().timestamp() / SECONDS_A_MINUTE;
    let oldest = now.saturating_sub(u64::from(OLDEST));
    if u64::from(from) < oldest || u64::from(until) > now + u64::from(LATEST) {
        panic_with_error!(e, OracleError::QuoteOutOfTime);
    }
}

/// What the oracle signs: a domain, this contract, and the quote big-endian.
fn message(e: &Env, quote: &Quote) -> Bytes {
    let mut message = Bytes::from_slice(e, DOMAIN);
    message.append(&e.current_contract_address().to_xdr(e));
    for number in [quote.from, quote.until, quote.price] {
        message.extend_from_array(&number.to_be_bytes());
    }
    message
}

/// Stroops per kWh that the slot was quoted.
pub fn price(e: &Env, slot: u32) -> u32 {
    let slot = slot - slot % storage::slot_minutes(e);
    let price = Day::of(e, slot).price(slot);
    price.unwrap_or_else(|| panic_with_error!(e, OracleError::QuoteMissing))
}

/// The lowest and the highest price that may settle in the slot.
pub fn limits(e: &Env, slot: u32) -> (u32, u32) {
    let price = price(e, slot);
    let percent = u64::from(storage::terms(e).collar_percent);
    let width = (u64::from(price) * percent / PERCENT) as u32;
    (price - width, price.saturating_add(width))
}
