//! Orders that members sign as messages.
mod common;

use common::*;
use ed25519_dalek::{Signer, SigningKey};
use marketplace::{MarketError, Order};
use sha2::{Digest, Sha256};
use soroban_sdk::BytesN;

const PRICE: u32 = 1_000_000;

fn key(member: u16) -> SigningKey {
    SigningKey::from_bytes(&[member as u8; 32])
}

/// A market where Ada has energy, nobody has a mandate that allows anything,
/// and Ada and Ben have keys for orders.
fn signed_market() -> Market {
    let m = market();
    m.settle(&[section(NOON, 0).mint(ADA, 1_000)]);
    for member in [ADA, BEN] {
        m.client.cancel_mandate(m.member(member));
        let public = BytesN::from_array(&m.e, &key(member).verifying_key().to_bytes());
        m.client.set_order_key(m.member(member), &public);
    }
    m
}

/// As a wallet signs it: SEP-53.
fn order(m: &Market, member: u16, change: impl FnOnce(&mut Order)) -> Order {
    let mut order = Order {
        member: member.into(),
        buys: member == BEN,
        wh: 500,
        price: PRICE,
        from: NOON,
        until: NOON + 60,
        expires: NOON + 120,
        nonce: 7,
        signature: BytesN::from_array(&m.e, &[0; 64]),
    };
    change(&mut order);
    let text = format!(
        "Stelltron order\nmarket {}\nmember {}\n{} Wh {}\nstroops per kWh {}\nfrom minute {}\n\
         until minute {}\nexpires minute {}\nnonce {}",
        m.id.to_string().to_string(),
        order.member,
        if order.buys { "buy" } else { "sell" },
        order.wh,
        order.price,
        order.from,
        order.until,
        order.expires,
        order.nonce,
    );
    let hash = Sha256::digest(format!("Stellar Signed Message:\n{text}"));
    let signature = key(member).sign(&hash).to_bytes();
    order.signature = BytesN::from_array(&m.e, &signature);
    order
}

fn settle(m: &Market, wh: u32, price: u32, fee: u32, buy: &Order, sell: &Order) {
    m.client.settle_orders(&NOON, &wh, &price, &fee, buy, sell);
    m.check_conservation();
}

fn refused(m: &Market, wh: u32, price: u32, fee: u32, buy: &Order, sell: &Order) -> MarketError {
    let result = m
        .client
        .try_settle_orders(&NOON, &wh, &price, &fee, buy, sell);
    refusal(result)
}

#[test]
fn two_signed_orders_settle_without_a_mandate() {
    let m = signed_market();
    let buy = order(&m, BEN, |order| order.price = PRICE + 100_000);
    let sell = order(&m, ADA, |_| {});
    settle(&m, 400, PRICE, 100_000, &buy, &sell);
    assert_eq!(m.quote_of(ADA), PURSE + 400_000);
    assert_eq!(m.quote_of(BEN), PURSE - 440_000);
    assert_eq!(m.quote_of(OPERATOR), 40_000);
    assert_eq!((m.energy_of(ADA), m.energy_of(BEN)), (600, 400));
    assert_eq!(m.client.fills(&u32::from(BEN)).get(0).unwrap().wh, 400);
}

#[test]
fn an_order_fills_up_and_no_further() {
    let m = signed_market();
    let (buy, sell) = (order(&m, BEN, |_| {}), order(&m, ADA, |_| {}));
    settle(&m, 300, PRICE, 0, &buy, &sell);
    let more = refused(&m, 201, PRICE, 0, &buy, &sell);
    assert_eq!(more, MarketError::OrderFilled);
    settle(&m, 200, PRICE, 0, &buy, &sell);
    let replay = refused(&m, 1, PRICE, 0, &buy, &sell);
    assert_eq!(replay, MarketError::OrderFilled);
}

#[test]
fn a_nonce_counts_once_whatever_the_order_says() {
    let m = signed_market();
    let (buy, sell) = (order(&m, BEN, |_| {}), order(&m, ADA, |_| {}));
    settle(&m, 500, PRICE, 0, &buy, &sell);
    let larger = order(&m, BEN, |order| order.wh = 600);
    let fresh = order(&m, ADA, |order| order.nonce = 8);
    let over = refused(&m, 101, PRICE, 0, &larger, &fresh);
    assert_eq!(over, MarketError::OrderFilled);
    settle(&m, 100, PRICE, 0, &larger, &fresh);
}

#[test]
fn a_changed_order_is_not_signed() {
    let m = signed_market();
    let sell = order(&m, ADA, |_| {});
    let changes: [fn(&mut Order); 5] = [
        |order| order.wh += 1,
        |order| order.price += 1,
        |order| order.until += 15,
        |order| order.expires += 1,
        |order| order.nonce += 1,
    ];
    for change in changes {
        let mut buy = order(&m, BEN, |_| {});
        change(&mut buy);
        let settled = m
            .client
            .try_settle_orders(&NOON, &1, &PRICE, &0, &buy, &sell);
        assert!(settled.is_err());
    }
}

#[test]
fn prices_outside_the_orders() {
    let m = signed_market();
    let (buy, sell) = (order(&m, BEN, |_| {}), order(&m, ADA, |_| {}));
    for (price, fee) in [(PRICE - 1, 0), (PRICE, 1), (PRICE + 1, 0)] {
        let refused = refused(&m, 1, price, fee, &buy, &sell);
        assert_eq!(refused, MarketError::PriceOutsideOrder);
    }
}

#[test]
fn orders_outside_their_times() {
    let m = signed_market();
    let sell = order(&m, ADA, |_| {});
    for change in [
        (|order: &mut Order| order.from = NOON + 15) as fn(&mut Order),
        |order| order.until = NOON,
        |order| order.expires = NOON,
    ] {
        let buy = order(&m, BEN, change);
        let refused = refused(&m, 1, PRICE, 0, &buy, &sell);
        assert_eq!(refused, MarketError::OrderExpired);
    }
}

#[test]
fn sides_keys_and_nothing_at_all() {
    let m = signed_market();
    let (buy, sell) = (order(&m, BEN, |_| {}), order(&m, ADA, |_| {}));
    let swapped = refused(&m, 1, PRICE, 0, &sell, &buy);
    assert_eq!(swapped, MarketError::SideDisabled);
    let nothing = refused(&m, 0, PRICE, 0, &buy, &sell);
    assert_eq!(nothing, MarketError::ZeroEnergy);
    let own = order(&m, ADA, |order| order.buys = true);
    let alone = refused(&m, 1, PRICE, 0, &own, &sell);
    assert_eq!(alone, MarketError::SelfTrade);
    let keyless = order(&m, CAL, |order| order.buys = true);
    let refused = refused(&m, 1, PRICE, 0, &keyless, &sell);
    assert_eq!(refused, MarketError::NoOrderKey);
}

#[test]
fn balances_cover_signed_orders_too() {
    let m = signed_market();
    let sell = order(&m, ADA, |order| order.wh = 2_000);
    let buy = order(&m, BEN, |order| order.wh = 2_000);
    let refused = refused(&m, 1_001, PRICE, 0, &buy, &sell);
    assert_eq!(refused, MarketError::InsufficientEnergy);
}

#[test]
fn orders_that_are_over_make_room_for_others() {
    let m = signed_market();
    for nonce in 0..32 {
        let buy = order(&m, BEN, |order| order.nonce = nonce);
        let sell = order(&m, ADA, |order| order.nonce = nonce);
        settle(&m, 1, PRICE, 0, &buy, &sell);
    }
    let next = |expires| {
        let change = move |order: &mut Order| {
            order.nonce = 99;
            order.expires = expires;
        };
        (order(&m, BEN, change), order(&m, ADA, change))
    };
    let (buy, sell) = next(NOON + 120);
    let full = refused(&m, 1, PRICE, 0, &buy, &sell);
    assert_eq!(full, MarketError::TooManyOrders);
    // The 32 expire at NOON + 120.
    m.wait(61 * 60);
    let (buy, sell) = next(NOON + 180);
    settle(&m, 1, PRICE, 0, &buy, &sell);
    assert_eq!(m.client.fills(&u32::from(ADA)).len(), 1);
}

#[test]
fn only_the_operator_matches_signed_orders() {
    let m = signed_market();
    let (buy, sell) = (order(&m, BEN, |_| {}), order(&m, ADA, |_| {}));
    m.e.set_auths(&[]);
    let alone = m
        .client
        .try_settle_orders(&NOON, &1, &PRICE, &0, &buy, &sell);
    assert!(alone.is_err());
}
