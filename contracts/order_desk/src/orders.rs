//! What a signed order says, what it has used, and the trade it makes.
use soroban_sdk::{contractclient, panic_with_error, Address, Bytes, Env, String, Vec};

use crate::{
    errors::DeskError,
    events::OrdersMet,
    storage,
    types::{Fill, Order, Trade},
};

const PREFIX: &[u8] = b"Stellar Signed Message:\n";
/// Orders of one member that are not over at a time.
const MOST_OPEN: u32 = 32;
const STRKEY: usize = 56;
const SECONDS_A_MINUTE: u64 = 60;
const MINUTES_A_DAY: u64 = 1440;

/// What the desk asks of the marketplace.
#[contractclient(name = "MarketClient")]
#[allow(dead_code)]
trait Market {
    fn index_of(e: Env, member: Address) -> u32;
    fn settle_desk_trade(e: Env, trade: Trade);
}

/// Moves `wh` between the two at `price`; the buyer pays the grid fee on top.
pub fn settle(e: &Env, slot: u32, wh: u32, price: u32, fee: u32, buy: Order, sell: Order) {
    let now = e.ledger().timestamp() / SECONDS_A_MINUTE;
    if u64::from(slot) > now || u64::from(slot) + MINUTES_A_DAY < now {
        panic_with_error!(e, DeskError::SlotOutOfTime);
    }
    if !buy.buys || sell.buys {
        panic_with_error!(e, DeskError::WrongSide);
    }
    let asked = u64::from(price) + u64::from(fee);
    if price < sell.price || asked > u64::from(buy.price) {
        panic_with_error!(e, DeskError::PriceOutsideOrder);
    }
    for order in [&buy, &sell] {
        if slot < order.from || slot >= order.until || now > u64::from(order.expires) {
            panic_with_error!(e, DeskError::OrderExpired);
        }
        verify(e, order);
        count(e, order, wh, now);
    }
    let market = MarketClient::new(e, &storage::market(e));
    market.settle_desk_trade(&Trade {
        slot,
        buyer: market.index_of(&buy.member),
        seller: market.index_of(&sell.member),
        wh,
        price,
        fee,
    });
    OrdersMet {
        buyer: buy.member,
        seller: sell.member,
        slot,
        buy_nonce: buy.nonce,
        sell_nonce: sell.nonce,
        wh,
        price,
        fee,
    }
    .publish(e);
}

/// Counts a nonce as used up until it expires. A member says themselves until
/// when; an order that is valid for longer would come back.
pub fn cancel(e: &Env, member: &Address, nonce: u64, expires: u32) {
    let now = e.ledger().timestamp() / SECONDS_A_MINUTE;
    let (mut kept, before) = open(e, member, nonce, now);
    kept.push_back(Fill {
        nonce,
        wh: u32::MAX,
        expires: expires.max(before.expires),
    });
    storage::set_fills(e, member, &kept);
}

fn verify(e: &Env, order: &Order) {
    let Some(key) = storage::order_key(e, &order.member) else {
        panic_with_error!(e, DeskError::NoOrderKey);
    };
    let signed = e.crypto().sha256(&message(e, order)).to_bytes();
    e.crypto()
        .ed25519_verify(&key, &signed.into(), &order.signature);
}

/// Keeps what each order has used until it has expired, so that a nonce can
/// never be used twice, and forgets it then.
fn count(e: &Env, order: &Order, wh: u32, now: u64) {
    let (mut kept, before) = open(e, &order.member, order.nonce, now);
    let used = match before.wh.checked_add(wh) {
        Some(used) if used <= order.wh => used,
        _ => panic_with_error!(e, DeskError::OrderFilled),
    };
    if kept.len() >= MOST_OPEN {
        panic_with_error!(e, DeskError::TooManyOrders);
    }
    // An order of the same nonce that ends sooner must not end this one's count.
    kept.push_back(Fill {
        nonce: order.nonce,
        wh: used,
        expires: order.expires.max(before.expires),
    });
    storage::set_fills(e, &order.member, &kept);
}

/// The member's other orders that are not over, and what this nonce has used.
fn open(e: &Env, member: &Address, nonce: u64, now: u64) -> (Vec<Fill>, Fill) {
    let mut others = Vec::new(e);
    let mut before = Fill {
        nonce,
        wh: 0,
        expires: 0,
    };
    for fill in storage::fills(e, member) {
        if fill.nonce == nonce {
            before = fill;
        } else if u64::from(fill.expires) >= now {
            others.push_back(fill);
        }
    }
    (others, before)
}

/// The text that the wallet showed and signed (SEP-53), line by line.
fn message(e: &Env, order: &Order) -> Bytes {
    let mut text = Bytes::from_slice(e, PREFIX);
    text.extend_from_slice(b"Stelltron order\ndesk ");
    push_strkey(&mut text, &e.current_contract_address().to_string());
    text.extend_from_slice(b"\nmember ");
    push_strkey(&mut text, &order.member.to_string());
    let energy: &[u8] = if order.buys {
        b"\nbuy Wh "
    } else {
        b"\nsell Wh "
    };
    let lines: [(&[u8], u64); 6] = [
        (energy, order.wh.into()),
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

fn push_strkey(text: &mut Bytes, address: &String) {
    let mut characters = [0; STRKEY];
    address.copy_into_slice(&mut characters);
    text.extend_from_slice(&characters);
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
