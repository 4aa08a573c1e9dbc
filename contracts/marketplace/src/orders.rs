//! Trades that two members have signed themselves, as messages (SEP-53) that
//! their wallets show in plain words. They need no mandate.
use soroban_sdk::{panic_with_error, Address, Bytes, BytesN, Env, String, Vec};

use crate::{
    custody,
    errors::MarketError,
    events::{OrderKeySet, OrdersSettled},
    settle::{amount_down, FEE_ACCOUNT},
    storage,
    types::{Fill, Order, SECONDS_A_MINUTE},
};

const PREFIX: &[u8] = b"Stellar Signed Message:\n";
/// Orders of one member that may be partly filled at a time.
const MOST_OPEN: u32 = 32;
const STRKEY: usize = 56;

/// Names the key that signs a member's orders; any account's own key will do.
pub fn set_key(e: &Env, member: Address, key: BytesN<32>) {
    let index = custody::join(e, &member);
    storage::set_order_key(e, index, &key);
    OrderKeySet { member, key }.publish(e);
}

/// Moves `wh` between the two at `price`; the buyer pays the grid fee on top.
pub fn settle(e: &Env, slot: u32, wh: u32, price: u32, fee: u32, buy: Order, sell: Order) {
    if wh == 0 {
        panic_with_error!(e, MarketError::ZeroEnergy);
    }
    if buy.member == sell.member {
        panic_with_error!(e, MarketError::SelfTrade);
    }
    if !buy.buys || sell.buys {
        panic_with_error!(e, MarketError::SideDisabled);
    }
    let asked = u64::from(price) + u64::from(fee);
    if price < sell.price || asked > u64::from(buy.price) {
        panic_with_error!(e, MarketError::PriceOutsideOrder);
    }
    let buyer = fill(e, &buy, slot, wh);
    let seller = fill(e, &sell, slot, wh);
    let (amount, fees) = (amount_down(wh, price), amount_down(wh, fee));
    let energy = i64::from(wh);
    storage::move_balance(e, seller, amount, -energy);
    storage::move_balance(e, buyer, -amount - fees, energy);
    storage::move_balance(e, FEE_ACCOUNT, fees, 0);
    OrdersSettled {
        slot,
        buyer: buy.member,
        seller: sell.member,
        wh,
        price,
        fee,
    }
    .publish(e);
}

/// Checks an order and counts this part of it; returns its member slot.
fn fill(e: &Env, order: &Order, slot: u32, wh: u32) -> u16 {
    let now = e.ledger().timestamp() / SECONDS_A_MINUTE;
    if slot < order.from || slot >= order.until || now > u64::from(order.expires) {
        panic_with_error!(e, MarketError::OrderExpired);
    }
    let Ok(member) = u16::try_from(order.member) else {
        panic_with_error!(e, MarketError::UnknownMember);
    };
    let Some(key) = storage::order_key(e, member) else {
        panic_with_error!(e, MarketError::NoOrderKey);
    };
    let signed = e.crypto().sha256(&message(e, order)).to_bytes();
    e.crypto()
        .ed25519_verify(&key, &signed.into(), &order.signature);
    count(e, member, order, wh, now);
    member
}

/// Keeps what each order has used until it has expired, so that a nonce can
/// never be used twice, and forgets it then.
fn count(e: &Env, member: u16, order: &Order, wh: u32, now: u64) {
    let mut kept = Vec::new(e);
    let mut used = 0;
    for fill in storage::fills(e, member) {
        if fill.nonce == order.nonce {
            used = fill.wh;
        } else if u64::from(fill.expires) >= now {
            kept.push_back(fill);
        }
    }
    let used = match wh.checked_add(used) {
        Some(used) if used <= order.wh => used,
        _ => panic_with_error!(e, MarketError::OrderFilled),
    };
    if kept.len() >= MOST_OPEN {
        panic_with_error!(e, MarketError::TooManyOrders);
    }
    kept.push_back(Fill {
        nonce: order.nonce,
        wh: used,
        expires: order.expires,
    });
    storage::set_fills(e, member, &kept);
}

/// The text that the wallet showed and signed, line by line.
pub fn message(e: &Env, order: &Order) -> Bytes {
    let mut text = Bytes::from_slice(e, PREFIX);
    text.extend_from_slice(b"Stelltron order\nmarket ");
    text.append(&strkey(e, &e.current_contract_address().to_string()));
    let lines: [(&[u8], u64); 7] = [
        (b"\nmember ", order.member.into()),
        (
            if order.buys {
                b"\nbuy Wh "
            } else {
                b"\nsell Wh "
            },
            order.wh.into(),
        ),
        (b"\nstroops per kWh ", order.price.into()),
        (b"\nfrom minute ", order.from.into()),
        (b"\nuntil minute ", order.until.into()),
        (b"\nexpires minute ", order.expires.into()),
        (b"\nnonce ", order.nonce),
    ];
    for (name, number) in lines {
        text.extend_from_slice(name);
        push_decimal(&mut text, number);
    }
    text
}

fn strkey(e: &Env, address: &String) -> Bytes {
    let mut characters = [0; STRKEY];
    address.copy_into_slice(&mut characters);
    Bytes::from_array(e, &characters)
}

fn push_decimal(text: &mut Bytes, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[at..]);
}
