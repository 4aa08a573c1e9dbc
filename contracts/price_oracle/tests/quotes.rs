//! Signed quotes: what they cover, and that they stand.
use ed25519_dalek::{Signer, SigningKey};
use price_oracle::{OracleError, PriceOracle, PriceOracleClient, Quote, Terms, LATEST, OLDEST};
use soroban_sdk::{
    testutils::{Address as _, Ledger},
    xdr::ToXdr,
    Address, Bytes, BytesN, Env, Error,
};

const SLOT_MINUTES: u32 = 15;
/// 2026-06-01 12:00 UTC in unix minutes.
const NOON: u32 = 29_671_920;
const MIDNIGHT: u32 = NOON + 720;
const PRICE: u32 = 1_000_000;

struct Site {
    e: Env,
    oracle: PriceOracleClient<'static>,
}

fn terms(e: &Env, number: u8, collar_percent: u32) -> Terms {
    Terms {
        key: BytesN::from_array(e, &key(number).verifying_key().to_bytes()),
        collar_percent,
    }
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn site() -> Site {
    let e = Env::default();
    e.mock_all_auths();
    e.ledger().set_timestamp(u64::from(NOON) * 60);
    let admin = Address::generate(&e);
    let oracle = e.register(PriceOracle, (&admin, SLOT_MINUTES, terms(&e, 3, 20)));
    Site {
        oracle: PriceOracleClient::new(&e, &oracle),
        e,
    }
}

fn quote(from: u32, slots: u32, price: u32) -> Quote {
    Quote {
        from,
        until: from + slots * SLOT_MINUTES,
        price,
    }
}

impl Site {
    fn sign(&self, quote: &Quote, number: u8) -> BytesN<64> {
        let mut message = Bytes::from_slice(&self.e, b"stelltron quote 1");
        message.append(&self.oracle.address.clone().to_xdr(&self.e));
        for number in [quote.from, quote.until, quote.price] {
            message.extend_from_array(&number.to_be_bytes());
        }
        let message: Vec<u8> = message.iter().collect();
        BytesN::from_array(&self.e, &key(number).sign(&message).to_bytes())
    }

    fn post(&self, quote: Quote) {
        self.oracle.post_quote(&quote, &self.sign(&quote, 3));
    }

    fn refused(&self, quote: Quote) -> OracleError {
        let result = self.oracle.try_post_quote(&quote, &self.sign(&quote, 3));
        let error: Error = result.unwrap_err().unwrap();
        error.try_into().unwrap()
    }

    fn is_missing(&self, slot: u32) -> bool {
        self.oracle.try_limits(&slot) == Err(Ok(OracleError::QuoteMissing.into()))
    }
}

#[test]
fn a_quote_prices_every_slot_it_covers_and_no_other() {
    let s = site();
    s.post(quote(NOON, 4, PRICE));
    for slot in 0..4 {
        let limits = s.oracle.limits(&(NOON + slot * SLOT_MINUTES));
        assert_eq!(limits, (800_000, 1_200_000));
    }
    assert!(s.is_missing(NOON - SLOT_MINUTES));
    assert!(s.is_missing(NOON + 4 * SLOT_MINUTES));
    assert_eq!(s.oracle.price(&(NOON + 3 * SLOT_MINUTES)), PRICE);
}

#[test]
fn a_slot_keeps_its_price_when_newer_quotes_come() {
    let s = site();
    s.post(quote(NOON, 2, PRICE));
    s.post(quote(NOON + 2 * SLOT_MINUTES, 2, 2 * PRICE));
    s.post(quote(NOON - 2 * SLOT_MINUTES, 2, 3 * PRICE));
    assert_eq!(s.oracle.price(&NOON), PRICE);
    assert_eq!(s.oracle.price(&(NOON + 2 * SLOT_MINUTES)), 2 * PRICE);
    assert_eq!(s.oracle.price(&(NOON - SLOT_MINUTES)), 3 * PRICE);
}

#[test]
fn no_slot_is_quoted_twice() {
    let s = site();
    s.post(quote(NOON, 4, PRICE));
    let overlapping = [
        quote(NOON, 4, PRICE),
        quote(NOON - SLOT_MINUTES, 2, PRICE + 1),
        quote(NOON + 3 * SLOT_MINUTES, 2, PRICE + 1),
    ];
    for again in overlapping {
        assert_eq!(s.refused(again), OracleError::SlotQuoted);
    }
    assert!(s.is_missing(NOON - SLOT_MINUTES));
    assert!(s.is_missing(NOON + 4 * SLOT_MINUTES));
}

#[test]
fn a_quote_may_cross_midnight() {
    let s = site();
    s.post(quote(MIDNIGHT - 2 * SLOT_MINUTES, 4, PRICE));
    for slot in [MIDNIGHT - SLOT_MINUTES, MIDNIGHT, MIDNIGHT + SLOT_MINUTES] {
        assert_eq!(s.oracle.price(&slot), PRICE);
    }
    let over = quote(MIDNIGHT, 1, PRICE);
    assert_eq!(s.refused(over), OracleError::SlotQuoted);
    s.post(quote(MIDNIGHT + 2 * SLOT_MINUTES, 96, PRICE));
    assert_eq!(s.oracle.price(&(MIDNIGHT + 97 * SLOT_MINUTES)), PRICE);
    assert!(s.is_missing(MIDNIGHT + 98 * SLOT_MINUTES));
}

#[test]
fn a_quote_covers_whole_slots_of_a_day_at_most_at_a_price() {
    let s = site();
    let wrong = [
        quote(NOON, 0, PRICE),
        quote(NOON, 97, PRICE),
        quote(NOON, 1, 0),
        quote(NOON + 1, 1, PRICE),
        Quote {
            from: NOON + SLOT_MINUTES,
            until: NOON,
            price: PRICE,
        },
        Quote {
            from: NOON,
            until: NOON + SLOT_MINUTES + 1,
            price: PRICE,
        },
    ];
    for quote in wrong {
        assert_eq!(s.refused(quote), OracleError::InvalidQuote);
    }
    s.post(quote(NOON, 96, PRICE));
}

#[test]
fn a_quote_is_of_its_time() {
    let s = site();
    let out_of_time = [
        quote(NOON - OLDEST - SLOT_MINUTES, 1, PRICE),
        quote(NOON + LATEST, 1, PRICE),
    ];
    for quote in out_of_time {
        assert_eq!(s.refused(quote), OracleError::QuoteOutOfTime);
    }
    s.post(quote(NOON - OLDEST, 1, PRICE));
    s.post(quote(NOON + LATEST - SLOT_MINUTES, 1, PRICE));
}

#[test]
fn only_the_named_key_quotes() {
    let s = site();
    let fair = quote(NOON, 1, PRICE);
    let dearer = quote(NOON, 1, 2 * PRICE);
    assert!(s.oracle.try_post_quote(&dearer, &s.sign(&fair, 3)).is_err());
    assert!(s.oracle.try_post_quote(&fair, &s.sign(&fair, 4)).is_err());
    let elsewhere = Site {
        oracle: PriceOracleClient::new(&s.e, &Address::generate(&s.e)),
        e: s.e.clone(),
    };
    let signed_elsewhere = elsewhere.sign(&fair, 3);
    assert!(s.oracle.try_post_quote(&fair, &signed_elsewhere).is_err());
    s.e.set_auths(&[]);
    s.post(fair);
}

#[test]
fn another_key_begins_with_no_quotes_and_another_collar_keeps_them() {
    let s = site();
    s.post(quote(NOON, 1, PRICE));
    s.oracle.set_terms(&terms(&s.e, 3, 10));
    assert_eq!(s.oracle.limits(&NOON), (900_000, 1_100_000));
    s.oracle.set_terms(&terms(&s.e, 4, 10));
    assert!(s.is_missing(NOON));
    // The first key, named again, begins anew too: what it signed may be posted again.
    s.oracle.set_terms(&terms(&s.e, 3, 10));
    assert!(s.is_missing(NOON));
    s.post(quote(NOON, 1, PRICE));
}

#[test]
fn limits_fit_their_numbers() {
    let s = site();
    s.oracle.set_terms(&terms(&s.e, 3, 99));
    s.post(quote(NOON, 1, u32::MAX));
    let width = (u64::from(u32::MAX) * 99 / 100) as u32;
    assert_eq!(s.oracle.limits(&NOON), (u32::MAX - width, u32::MAX));
    s.oracle.set_terms(&terms(&s.e, 3, 0));
    assert_eq!(s.oracle.limits(&NOON), (u32::MAX, u32::MAX));
}

#[test]
fn only_the_admin_sets_the_terms_and_a_collar_has_a_width() {
    let s = site();
    let wide = s.oracle.try_set_terms(&terms(&s.e, 3, 100));
    assert_eq!(wide, Err(Ok(OracleError::InvalidCollar.into())));
    s.e.set_auths(&[]);
    assert!(s.oracle.try_set_terms(&terms(&s.e, 4, 20)).is_err());
}

#[test]
fn a_paused_oracle_takes_no_quotes_and_goes_on_answering() {
    let s = site();
    s.post(quote(NOON, 1, PRICE));
    s.oracle.pause(&s.oracle.admin().unwrap());
    let next = quote(NOON + SLOT_MINUTES, 1, PRICE);
    assert!(s.oracle.try_post_quote(&next, &s.sign(&next, 3)).is_err());
    assert_eq!(s.oracle.price(&NOON), PRICE);
}

#[test]
#[should_panic(expected = "#761")]
fn the_slot_length_divides_a_day() {
    let e = Env::default();
    let any = Address::generate(&e);
    e.register(PriceOracle, (&any, 0u32, terms(&e, 1, 20)));
}
