//! The price oracle's signed quote, and how far from it a settlement may go.
use soroban_sdk::{panic_with_error, xdr::ToXdr, Bytes, BytesN, Env};

use crate::{
    errors::MarketError,
    events::{OracleSet, Quoted},
    settle::Collar,
    storage,
    types::{Oracle, Quote},
};

const DOMAIN: &[u8] = b"stelltron quote 1";
const PERCENT: u64 = 100;

/// Names the oracle; from now on settlements need its quote.
pub fn set(e: &Env, oracle: Option<Oracle>) {
    if let Some(oracle) = &oracle {
        if u64::from(oracle.collar_percent) >= PERCENT {
            panic_with_error!(e, MarketError::InvalidAmount);
        }
    }
    storage::set_oracle(e, &oracle);
    // What another key has quoted neither stands nor stands in the way.
    storage::remove_quote(e);
    OracleSet { oracle }.publish(e);
}

/// Takes a quote that the oracle has signed, whoever brings it. A quote
/// follows the one before: nobody can put an older one back.
pub fn post(e: &Env, quote: Quote, signature: &BytesN<64>) {
    let Some(oracle) = storage::oracle(e) else {
        panic_with_error!(e, MarketError::NotConfigured);
    };
    e.crypto()
        .ed25519_verify(&oracle.key, &message(e, &quote), signature);
    let before = storage::quote(e).map_or(0, |before| before.from);
    if quote.from <= before || quote.until <= quote.from {
        panic_with_error!(e, MarketError::StaleQuote);
    }
    storage::set_quote(e, &quote);
    Quoted {
        from: quote.from,
        until: quote.until,
        price: quote.price,
    }
    .publish(e);
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

/// The prices that may settle now; `None` where no oracle is named.
pub fn collar(e: &Env) -> Option<Collar> {
    let oracle = storage::oracle(e)?;
    let quote = storage::quote(e).unwrap_or_default();
    let price = u64::from(quote.price);
    let width = price * u64::from(oracle.collar_percent) / PERCENT;
    Some(Collar {
        from: quote.from,
        until: quote.until,
        lowest: price - width,
        highest: price + width,
    })
}
