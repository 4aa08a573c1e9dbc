mod common;

use common::{active, priced, refusal, Site, PRICE, SLOT};
use generator::{FutureBought, FutureOffered, FutureSettled, FutureWithdrawn, GeneratorError};

/// Ben buys the income of 1,000 of Ada's units in the slots 2 and 3 from now.
fn sold(s: &Site) -> u32 {
    let (from, until) = (s.now() + 2 * SLOT, s.now() + 4 * SLOT);
    let id = s.client.sell_future(&s.ada, &1_000, &from, &until, &5_000);
    s.client.buy_future(&s.ben, &id, &5_000);
    id
}

/// A payment that gives each unit 190 stroops.
fn pay(s: &Site) {
    s.client.pay(&s.cal, &1_000, &PRICE);
}

#[test]
fn the_income_of_the_period_is_the_buyers_and_the_rest_the_sellers() {
    let s = priced();
    let id = sold(&s);
    s.last_event(FutureBought {
        buyer: s.ben.clone(),
        seller: s.ada.clone(),
        id,
        price: 5_000,
    });
    let (ada, ben) = (s.client.claimable(&s.ada), s.client.claimable(&s.ben));
    // A payment in each of six slots, two of them in the period.
    for _ in 0..6 {
        pay(&s);
        s.check_sums();
        s.next_slot();
    }
    assert_eq!(s.client.unsettled(&id), (2 * 190_000, 4 * 190_000));
    s.client.settle_future(&id);
    s.last_event(FutureSettled {
        id,
        to_buyer: 380_000,
        to_seller: 760_000,
        ended: true,
    });
    assert_eq!(s.client.claimable(&s.ben) - ben, 6 * 190 * 3_000 + 380_000);
    assert_eq!(s.client.claimable(&s.ada) - ada, 6 * 190 * 4_000 + 760_000);
    assert_eq!(s.client.owner(&s.ada).free(), 5_000);
    assert_eq!(s.client.future(&id), None);
    s.check_sums();
    pay(&s);
    s.check_sums();
}

#[test]
fn settling_often_changes_nothing() {
    let s = priced();
    let id = sold(&s);
    let ben = s.client.claimable(&s.ben);
    for _ in 0..3 {
        pay(&s);
        s.client.settle_future(&id);
        s.client.settle_future(&id);
        s.check_sums();
        s.next_slot();
    }
    // One payment in the period so far, and Ben claims it before its end.
    assert_eq!(s.client.claimable(&s.ben) - ben, 3 * 190 * 3_000 + 190_000);
    s.client.claim(&s.ben);
    pay(&s);
    s.wait(100 * SLOT);
    pay(&s);
    s.client.settle_future(&id);
    assert_eq!(s.client.claim(&s.ben), 2 * 190 * 3_000 + 190_000);
    s.check_sums();
}

#[test]
fn a_period_without_payments_earns_nothing_whenever_it_is_settled() {
    let s = priced();
    let id = sold(&s);
    pay(&s);
    s.wait(10 * SLOT);
    assert_eq!(s.client.unsettled(&id), (0, 190_000));
    pay(&s);
    assert_eq!(s.client.unsettled(&id), (0, 2 * 190_000));
    s.check_sums();
}

#[test]
fn a_history_of_many_pages_finds_every_boundary() {
    let s = priced();
    s.e.cost_estimate().budget().reset_unlimited();
    let start = s.now();
    let mut ids = vec![];
    for n in 0..10 {
        let from = start + (1 + 30 * n) * SLOT;
        let until = from + (7 + n) * SLOT;
        let id = s.client.sell_future(&s.ada, &100, &from, &until, &1);
        s.client.buy_future(&s.ben, &id, &1);
        ids.push(id);
    }
    // Every second slot has a payment: 200 records on four pages.
    for _ in 0..200 {
        pay(&s);
        s.wait(2 * SLOT);
    }
    for (n, id) in (0u64..).zip(ids) {
        let first = 1 + 30 * n;
        let paid = (first..first + 7 + n).filter(|slot| slot % 2 == 0).count();
        let (buyer, seller) = s.client.unsettled(&id);
        assert_eq!(buyer, 19_000 * paid as u64, "the future {n}");
        assert_eq!(buyer + seller, 19_000 * 200);
        s.client.settle_future(&id);
    }
    s.check_sums();
}

#[test]
fn pledged_units_stay_where_they_are() {
    let s = active();
    let (from, until) = (s.now() + SLOT, s.now() + 2 * SLOT);
    let id = s.client.sell_future(&s.ada, &4_000, &from, &until, &7);
    s.last_event(FutureOffered {
        seller: s.ada.clone(),
        id,
        units: 4_000,
        from,
        until,
        price: 7,
    });
    let refusals = [
        refusal(s.client.try_transfer(&s.ada, &s.ben, &1_001)),
        refusal(s.client.try_list(&s.ada, &1_001, &1)),
        refusal(s.client.try_sell_future(&s.ada, &1_001, &from, &until, &1)),
    ];
    assert_eq!(refusals, [GeneratorError::UnitsLocked; 3]);
    s.client.withdraw_future(&s.ada, &id);
    s.last_event(FutureWithdrawn {
        seller: s.ada.clone(),
        id,
    });
    s.client.transfer(&s.ada, &s.ben, &5_000);
}

#[test]
fn an_owner_whose_income_is_sold_still_has_a_say() {
    let s = active();
    sold(&s);
    s.client.set_price(&s.ada, &PRICE);
    s.client.set_price(&s.ben, &0);
    assert_eq!(s.client.mean_price(), PRICE * 5 / 8);
}

#[test]
fn a_period_lies_ahead_and_begins_and_ends_with_slots() {
    let s = active();
    let now = s.now();
    for (from, until) in [
        (now, now + SLOT),
        (now + SLOT, now + SLOT),
        (now + 2 * SLOT, now + SLOT),
        (now + SLOT + 1, now + 2 * SLOT),
        (now + SLOT, now + 2 * SLOT + 1),
    ] {
        let refused = s.client.try_sell_future(&s.ada, &1, &from, &until, &1);
        assert_eq!(refusal(refused), GeneratorError::InvalidPeriod);
    }
    let (from, until) = (now + SLOT, now + 2 * SLOT);
    let none = s.client.try_sell_future(&s.ada, &0, &from, &until, &1);
    assert_eq!(refusal(none), GeneratorError::InvalidAmount);
    let free = s.client.try_sell_future(&s.ada, &1, &from, &until, &0);
    assert_eq!(refusal(free), GeneratorError::InvalidAmount);
}

#[test]
fn a_future_is_bought_once_ahead_by_another_at_an_accepted_price() {
    let s = active();
    let (from, until) = (s.now() + SLOT, s.now() + 2 * SLOT);
    let id = s.client.sell_future(&s.ada, &1_000, &from, &until, &5_000);
    let unsold = refusal(s.client.try_settle_future(&id));
    assert_eq!(unsold, GeneratorError::FutureUnsold);
    assert_eq!(s.client.unsettled(&id), (0, 0));
    let own = refusal(s.client.try_buy_future(&s.ada, &id, &5_000));
    assert_eq!(own, GeneratorError::SelfTrade);
    let dear = refusal(s.client.try_buy_future(&s.ben, &id, &4_999));
    assert_eq!(dear, GeneratorError::PriceAboveLimit);
    let other = refusal(s.client.try_withdraw_future(&s.ben, &id));
    assert_eq!(other, GeneratorError::NotSeller);
    let purse = s.balance(&s.ada);
    s.client.buy_future(&s.ben, &id, &5_000);
    assert_eq!(s.balance(&s.ada), purse + 5_000);
    let twice = refusal(s.client.try_buy_future(&s.cal, &id, &5_000));
    assert_eq!(twice, GeneratorError::FutureSold);
    let sold = refusal(s.client.try_withdraw_future(&s.ada, &id));
    assert_eq!(sold, GeneratorError::FutureSold);

    let id = s.client.sell_future(&s.ada, &1, &from, &until, &1);
    s.wait(SLOT);
    let late = refusal(s.client.try_buy_future(&s.ben, &id, &1));
    assert_eq!(late, GeneratorError::PeriodBegun);
    for refused in [
        refusal(s.client.try_buy_future(&s.ben, &9, &1)),
        refusal(s.client.try_withdraw_future(&s.ben, &9)),
        refusal(s.client.try_settle_future(&9)),
        refusal(s.client.try_unsettled(&9)),
    ] {
        assert_eq!(refused, GeneratorError::NoSuchFuture);
    }
}

#[test]
fn what_is_left_at_the_end_of_life_is_the_owners_not_the_futures_buyers() {
    let s = priced();
    let id = sold(&s);
    s.wait(2 * SLOT);
    pay(&s);
    s.client.retire();
    let (buyer, seller) = s.client.unsettled(&id);
    assert_eq!(buyer, 190_000);
    // All of the escrow, and 5 % of the first token and of the payment.
    let rest = common::GOAL + (common::FIRST + PRICE) / 20;
    assert_eq!(seller, rest / 10);
    s.client.settle_future(&id);
    assert_eq!(s.client.owner(&s.ada).free(), 5_000);
    for owner in [&s.ada, &s.ben, &s.cal] {
        s.client.claim(owner);
    }
    s.check_sums();
    assert_eq!(s.balance(&s.id), 0);
}
