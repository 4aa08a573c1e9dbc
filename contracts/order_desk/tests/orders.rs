//! Orders that members sign as messages.
use ed25519_dalek::{Signer, SigningKey};
use energy_token::{EnergyToken, EnergyTokenClient};
use marketplace::{Marketplace, MarketplaceClient};
use order_desk::{DeskError, Order, OrderDesk, OrderDeskClient};
use sha2::{Digest, Sha256};
use soroban_sdk::{
    testutils::{Address as _, Ledger},
    token::StellarAssetClient,
    Address, BytesN, Env, Error, InvokeError,
};

const SLOT_MINUTES: u32 = 15;
/// 2026-06-01 12:00 UTC in unix minutes.
const NOON: u32 = 29_671_920;
const PURSE: i128 = 1_000_000_000;
const PRICE: u32 = 1_000_000;

struct Desk {
    e: Env,
    market: MarketplaceClient<'static>,
    desk: OrderDeskClient<'static>,
    operator: Address,
    ada: Address,
    ben: Address,
    cal: Address,
}

/// At 13:00 Ada has energy, nobody has a mandate, and Ada and Ben have keys for
/// orders.
fn desk() -> Desk {
    let e = Env::default();
    e.mock_all_auths();
    e.ledger().set_timestamp(u64::from(NOON + 60) * 60);
    let [admin, operator, ada, ben, cal] = core::array::from_fn(|_| Address::generate(&e));
    let quote = e
        .register_stellar_asset_contract_v2(admin.clone())
        .address();
    let energy = e.register(EnergyToken, (&admin, SLOT_MINUTES));
    let market = e.register(
        Marketplace,
        (
            &admin,
            &operator,
            &quote,
            &energy,
            SLOT_MINUTES,
            60u64,
            60u64,
        ),
    );
    let desk = e.register(OrderDesk, (&admin, &operator, &market));
    let market = MarketplaceClient::new(&e, &market);
    market.set_desk(&Some(desk.clone()));
    let energy = EnergyTokenClient::new(&e, &energy);
    energy.set_meter(&admin, &true);
    let mut interval = soroban_sdk::Bytes::from_array(&e, &NOON.to_be_bytes());
    interval.push_back(0);
    interval.extend_from_array(&1_000u32.to_be_bytes());
    energy.attest(&admin, &ada, &interval);
    for member in [&ada, &ben, &cal] {
        StellarAssetClient::new(&e, &quote).mint(member, &PURSE);
        market.deposit(member, &PURSE);
    }
    market.deposit_energy(&ada, &1_000);
    let d = Desk {
        desk: OrderDeskClient::new(&e, &desk),
        market,
        operator,
        ada,
        ben,
        cal,
        e,
    };
    for (member, number) in [(&d.ada, 1), (&d.ben, 2)] {
        let public = key(number).verifying_key().to_bytes();
        d.desk
            .set_order_key(member, &BytesN::from_array(&d.e, &public));
    }
    d
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

impl Desk {
    fn buy(&self, change: impl FnOnce(&mut Order)) -> Order {
        self.order(&self.ben, 2, true, change)
    }

    fn sell(&self, change: impl FnOnce(&mut Order)) -> Order {
        self.order(&self.ada, 1, false, change)
    }

    fn both(&self) -> (Order, Order) {
        (self.buy(|_| {}), self.sell(|_| {}))
    }

    /// As a wallet signs it: SEP-53.
    fn order(
        &self,
        member: &Address,
        signer: u8,
        buys: bool,
        change: impl FnOnce(&mut Order),
    ) -> Order {
        let mut order = Order {
            member: member.clone(),
            buys,
            wh: 500,
            price: PRICE,
            from: NOON,
            until: NOON + 60,
            expires: NOON + 120,
            nonce: 7,
            signature: BytesN::from_array(&self.e, &[0; 64]),
        };
        change(&mut order);
        let text = format!(
            "Stelltron order\ndesk {}\nmember {}\n{} Wh {}\nstroops per kWh {}\n\
             from minute {}\nuntil minute {}\nexpires minute {}\nnonce {}",
            self.desk.address.to_string(),
            order.member.to_string(),
            if order.buys { "buy" } else { "sell" },
            order.wh,
            order.price,
            order.from,
            order.until,
            order.expires,
            order.nonce,
        );
        let hash = Sha256::digest(format!("Stellar Signed Message:\n{text}"));
        let signature = key(signer).sign(&hash).to_bytes();
        order.signature = BytesN::from_array(&self.e, &signature);
        order
    }

    fn settle(&self, wh: u32, price: u32, fee: u32, orders: &(Order, Order)) {
        self.desk
            .settle(&NOON, &wh, &price, &fee, &orders.0, &orders.1);
        let members = [&self.operator, &self.ada, &self.ben, &self.cal];
        let sum: i128 = members.iter().map(|m| self.market.account(m).quote).sum();
        assert_eq!(sum, self.market.totals().quote);
    }

    fn refused(&self, wh: u32, price: u32, fee: u32, orders: &(Order, Order)) -> u32 {
        let result = self
            .desk
            .try_settle(&NOON, &wh, &price, &fee, &orders.0, &orders.1);
        code(result)
    }
}

fn code<T: core::fmt::Debug, C: core::fmt::Debug>(
    result: Result<Result<T, C>, Result<Error, InvokeError>>,
) -> u32 {
    match result {
        Err(Ok(error)) => error.get_code(),
        other => panic!("expected a contract error, got {other:?}"),
    }
}

#[test]
fn two_signed_orders_settle_without_a_mandate() {
    let d = desk();
    let buy = d.buy(|order| order.price = PRICE + 100_000);
    d.settle(400, PRICE, 100_000, &(buy, d.sell(|_| {})));
    let (ada, ben) = (d.market.account(&d.ada), d.market.account(&d.ben));
    assert_eq!((ada.quote, ada.energy_wh), (PURSE + 400_000, 600));
    assert_eq!((ben.quote, ben.energy_wh), (PURSE - 440_000, 400));
    assert_eq!(d.market.account(&d.operator).quote, 40_000);
    assert_eq!(d.desk.fills(&d.ben).get(0).unwrap().wh, 400);
}

#[test]
fn an_order_fills_up_and_no_further() {
    let d = desk();
    let orders = d.both();
    d.settle(300, PRICE, 0, &orders);
    let filled = DeskError::OrderFilled as u32;
    assert_eq!(d.refused(201, PRICE, 0, &orders), filled);
    d.settle(200, PRICE, 0, &orders);
    assert_eq!(d.refused(1, PRICE, 0, &orders), filled);
}

#[test]
fn a_nonce_counts_once_whatever_the_order_says() {
    let d = desk();
    d.settle(500, PRICE, 0, &d.both());
    let larger = d.buy(|order| order.wh = 600);
    let orders = (larger, d.sell(|order| order.nonce = 8));
    let over = d.refused(101, PRICE, 0, &orders);
    assert_eq!(over, DeskError::OrderFilled as u32);
    d.settle(100, PRICE, 0, &orders);
}

#[test]
fn a_shorter_order_of_the_same_nonce_does_not_bring_the_longer_one_back() {
    let d = desk();
    d.settle(500, PRICE, 0, &d.both());
    let shorter = d.buy(|order| {
        order.wh = 600;
        order.expires = NOON + 70;
    });
    d.settle(100, PRICE, 0, &(shorter, d.sell(|order| order.nonce = 8)));
    // Past the shorter one's end, with another order that clears what is over.
    let now = d.e.ledger().timestamp();
    d.e.ledger().set_timestamp(now + 20 * 60);
    let fresh = |nonce| d.buy(move |order| order.nonce = nonce);
    d.settle(1, PRICE, 0, &(fresh(9), d.sell(|order| order.nonce = 9)));
    let again = d.refused(
        1,
        PRICE,
        0,
        &(d.buy(|_| {}), d.sell(|order| order.nonce = 10)),
    );
    assert_eq!(again, DeskError::OrderFilled as u32);
    d.desk.cancel_order(&d.ben, &9, &0);
    let cancelled = d.refused(1, PRICE, 0, &(fresh(9), d.sell(|order| order.nonce = 11)));
    assert_eq!(cancelled, DeskError::OrderFilled as u32);
}

#[test]
fn a_cancelled_order_settles_nothing_more() {
    let d = desk();
    d.settle(100, PRICE, 0, &d.both());
    d.desk.cancel_order(&d.ben, &7, &(NOON + 120));
    let refused = d.refused(1, PRICE, 0, &d.both());
    assert_eq!(refused, DeskError::OrderFilled as u32);
    let fresh = d.buy(|order| order.nonce = 8);
    d.settle(1, PRICE, 0, &(fresh, d.sell(|_| {})));
}

#[test]
fn a_changed_order_is_not_signed() {
    let d = desk();
    let changes: [fn(&mut Order); 6] = [
        |order| order.wh += 1,
        |order| order.price += 1,
        |order| order.from -= 15,
        |order| order.until += 15,
        |order| order.expires += 1,
        |order| order.nonce += 1,
    ];
    for change in changes {
        let (mut buy, sell) = d.both();
        change(&mut buy);
        assert!(d
            .desk
            .try_settle(&NOON, &1, &PRICE, &0, &buy, &sell)
            .is_err());
    }
    let forged = d.order(&d.ben, 1, true, |_| {});
    let sell = d.sell(|_| {});
    assert!(d
        .desk
        .try_settle(&NOON, &1, &PRICE, &0, &forged, &sell)
        .is_err());
}

#[test]
fn prices_outside_the_orders() {
    let d = desk();
    for (price, fee) in [(PRICE - 1, 0), (PRICE, 1), (PRICE + 1, 0)] {
        let refused = d.refused(1, price, fee, &d.both());
        assert_eq!(refused, DeskError::PriceOutsideOrder as u32);
    }
}

#[test]
fn orders_outside_their_times() {
    let d = desk();
    let changes: [fn(&mut Order); 3] = [
        |order| order.from = NOON + 15,
        |order| order.until = NOON,
        |order| order.expires = NOON,
    ];
    for change in changes {
        let refused = d.refused(1, PRICE, 0, &(d.buy(change), d.sell(|_| {})));
        assert_eq!(refused, DeskError::OrderExpired as u32);
    }
    let (buy, sell) = d.both();
    for slot in [NOON + 75, NOON + 60 - 1441] {
        let result = d.desk.try_settle(&slot, &1, &PRICE, &0, &buy, &sell);
        assert_eq!(code(result), DeskError::SlotOutOfTime as u32);
    }
}

#[test]
fn wrong_sides_and_members_without_a_key() {
    let d = desk();
    let (buy, sell) = d.both();
    let swapped = d.refused(1, PRICE, 0, &(sell.clone(), buy));
    assert_eq!(swapped, DeskError::WrongSide as u32);
    let keyless = d.order(&d.cal, 3, true, |_| {});
    let refused = d.refused(1, PRICE, 0, &(keyless, sell));
    assert_eq!(refused, DeskError::NoOrderKey as u32);
}

#[test]
fn the_marketplace_refuses_what_is_not_covered_or_not_a_trade() {
    let d = desk();
    let larger = |order: &mut Order| order.wh = 2_000;
    let orders = (d.buy(larger), d.sell(larger));
    assert_eq!(d.refused(1_001, PRICE, 0, &orders), 309);
    assert_eq!(d.refused(0, PRICE, 0, &orders), 326);
    let own = d.order(&d.ada, 1, true, |order| order.nonce = 9);
    assert_eq!(d.refused(1, PRICE, 0, &(own, d.sell(|_| {}))), 325);
}

#[test]
fn orders_that_are_over_make_room_for_others() {
    let d = desk();
    let numbered = |nonce, expires| {
        let change = move |order: &mut Order| {
            order.nonce = nonce;
            order.expires = expires;
        };
        (d.buy(change), d.sell(change))
    };
    for nonce in 0..32 {
        d.settle(1, PRICE, 0, &numbered(nonce, NOON + 120));
    }
    let full = d.refused(1, PRICE, 0, &numbered(99, NOON + 120));
    assert_eq!(full, DeskError::TooManyOrders as u32);
    // The 32 expire at NOON + 120.
    let now = d.e.ledger().timestamp();
    d.e.ledger().set_timestamp(now + 61 * 60);
    d.settle(1, PRICE, 0, &numbered(99, NOON + 180));
    assert_eq!(d.desk.fills(&d.ada).len(), 1);
}

#[test]
fn only_the_operator_matches_and_only_members_name_keys_and_cancel() {
    let d = desk();
    let (buy, sell) = d.both();
    let public = BytesN::from_array(&d.e, &[1; 32]);
    d.e.set_auths(&[]);
    let alone = d.desk.try_settle(&NOON, &1, &PRICE, &0, &buy, &sell);
    assert!(alone.is_err());
    assert!(d.desk.try_set_order_key(&d.ben, &public).is_err());
    assert!(d.desk.try_cancel_order(&d.ben, &7, &NOON).is_err());
    assert!(d.desk.try_set_operator(&d.ben).is_err());
}

#[test]
fn a_pause_stops_matching_and_never_cancelling() {
    let d = desk();
    let orders = d.both();
    d.desk.pause(&d.desk.admin().unwrap());
    assert_eq!(d.refused(1, PRICE, 0, &orders), 10);
    d.desk.cancel_order(&d.ben, &7, &(NOON + 120));
    d.desk.unpause();
    let refused = d.refused(1, PRICE, 0, &orders);
    assert_eq!(refused, DeskError::OrderFilled as u32);
}

#[test]
fn the_marketplace_takes_desk_trades_only_from_its_desk() {
    let d = desk();
    let trade = marketplace::Trade {
        slot: NOON,
        buyer: 2,
        seller: 1,
        wh: 1,
        price: PRICE,
        fee: 0,
    };
    d.e.set_auths(&[]);
    assert!(d.market.try_settle_desk_trade(&trade).is_err());
    d.e.mock_all_auths();
    let nobody = marketplace::Trade {
        buyer: 77,
        ..trade.clone()
    };
    assert_eq!(code(d.market.try_settle_desk_trade(&nobody)), 303);
    d.market.set_desk(&None);
    assert_eq!(code(d.market.try_settle_desk_trade(&trade)), 334);
}
