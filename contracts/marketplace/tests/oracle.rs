//! The oracle's quote and the collar around it.
mod common;

use common::*;
use ed25519_dalek::{Signer, SigningKey};
use marketplace::{MarketError, Oracle, Quote};
use soroban_sdk::{xdr::ToXdr, Bytes, BytesN};

const PRICE: u32 = 1_000_000;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn quoted(m: &Market) {
    let key = BytesN::from_array(&m.e, &key().verifying_key().to_bytes());
    m.client.set_oracle(&Some(Oracle {
        key,
        collar_percent: 20,
    }));
    post(m, quote(NOON));
}

fn quote(from: u32) -> Quote {
    Quote {
        from,
        until: from + SLOT_MINUTES,
        price: PRICE,
    }
}

fn sign(m: &Market, quote: &Quote) -> BytesN<64> {
    let mut message = Bytes::from_slice(&m.e, b"stelltron quote 1");
    message.append(&m.id.clone().to_xdr(&m.e));
    for number in [quote.from, quote.until, quote.price] {
        message.extend_from_array(&number.to_be_bytes());
    }
    let message: Vec<u8> = message.iter().collect();
    BytesN::from_array(&m.e, &key().sign(&message).to_bytes())
}

fn post(m: &Market, quote: Quote) {
    m.client.post_quote(&quote, &sign(m, &quote));
}

fn sale(slot: u32, chunk: u8, price: u32) -> Sample {
    section(slot, chunk)
        .mint(ADA, 10)
        .trade(BEN, ADA, 10, price)
}

#[test]
fn prices_settle_within_the_collar() {
    let m = market();
    quoted(&m);
    for price in [799_999, 1_200_001] {
        let refused = m.refused(&[sale(NOON, 0, price)]);
        assert_eq!(refused, MarketError::PriceOutsideCollar);
        let round = section(NOON, 0)
            .mint(ADA, 10)
            .round(price, &[(ADA, -10), (BEN, 10)]);
        assert_eq!(m.refused(&[round]), MarketError::PriceOutsideCollar);
    }
    m.settle(&[sale(NOON, 0, 800_000), sale(NOON, 1, 1_200_000)]);
}

#[test]
fn a_quote_covers_its_slots_and_no_others() {
    let m = market();
    quoted(&m);
    for slot in [NOON - SLOT_MINUTES, NOON + SLOT_MINUTES] {
        let refused = m.refused(&[sale(slot, 0, PRICE)]);
        assert_eq!(refused, MarketError::QuoteMissing);
    }
    // What mints and burns only needs no price.
    m.settle(&[section(NOON + SLOT_MINUTES, 0).mint(ADA, 5)]);
}

#[test]
fn an_unsigned_or_a_foreign_quote_is_refused() {
    let m = market();
    quoted(&m);
    let dearer = Quote {
        price: 2 * PRICE,
        ..quote(NOON)
    };
    let signature = sign(&m, &quote(NOON));
    assert!(m.client.try_post_quote(&dearer, &signature).is_err());
}

#[test]
fn a_quote_never_goes_back() {
    let m = market();
    quoted(&m);
    for stale in [
        quote(NOON - SLOT_MINUTES),
        Quote {
            price: PRICE + 1,
            ..quote(NOON)
        },
        Quote {
            until: NOON + SLOT_MINUTES,
            ..quote(NOON + SLOT_MINUTES)
        },
    ] {
        let refused = refusal(m.client.try_post_quote(&stale, &sign(&m, &stale)));
        assert_eq!(refused, MarketError::StaleQuote);
    }
}

#[test]
fn without_an_oracle_any_price_settles() {
    let m = market();
    let nobody = refusal(
        m.client
            .try_post_quote(&quote(NOON), &sign(&m, &quote(NOON))),
    );
    assert_eq!(nobody, MarketError::NotConfigured);
    quoted(&m);
    m.client.set_oracle(&None);
    m.settle(&[sale(NOON, 0, 1_900_000)]);
    // A new oracle begins with no quote, and any slot.
    quoted(&m);
    assert_eq!(m.client.quote().from, NOON);
}

#[test]
fn only_the_admin_names_the_oracle_and_a_collar_has_a_width() {
    let m = market();
    let oracle = Some(Oracle {
        key: BytesN::from_array(&m.e, &[1; 32]),
        collar_percent: 100,
    });
    let wide = refusal(m.client.try_set_oracle(&oracle));
    assert_eq!(wide, MarketError::InvalidAmount);
    m.e.set_auths(&[]);
    assert!(m.client.try_set_oracle(&None).is_err());
}
