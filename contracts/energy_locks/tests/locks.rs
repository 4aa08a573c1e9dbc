//! One lock's life.
mod common;

use common::{refusal, site, Site, DAY, HOUR, MINUTE, NOW, PRICE, PURSE, STORE};
use energy_locks::{
    Delivered, LockError, Locked, Order, Released, Reserved, State, DELIVER_TAG, LOCK_TAG,
};

#[test]
fn a_reservation_takes_the_money_and_the_energy_in() {
    let s = site();
    let id = s.name(1);
    let order = s.order(5_000);
    assert_eq!(s.client.reserve(&id, &order), 5 * i128::from(PRICE));
    s.last_event(Reserved {
        buyer: s.ada.clone(),
        seller: s.ben.clone(),
        id: id.clone(),
        device: s.device(),
        wh: 5_000,
        price: PRICE,
        amount: 10_000_000,
        lock_by: NOW + 15 * MINUTE,
        deliver_by: NOW + 6 * HOUR,
    });
    assert_eq!(s.has(&s.ada), (PURSE - 10_000_000, STORE));
    assert_eq!(s.has(&s.ben), (PURSE, STORE - 5_000));
    assert_eq!(s.has(&s.id), (10_000_000, 5_000));
    assert_eq!(s.state(&id), State::Reserved);
}

#[test]
fn the_device_locks_and_delivers_and_everybody_has_theirs() {
    let s = site();
    let id = s.reserve(1, 5_000);
    s.lock(&id);
    s.last_event(Locked { id: id.clone() });
    assert_eq!(s.state(&id), State::Locked);
    assert_eq!(s.deliver(&id, 3_500), 7_000_000);
    s.last_event(Delivered {
        id: id.clone(),
        wh: 3_500,
        paid: 7_000_000,
        refunded: 3_000_000,
    });
    assert_eq!(s.has(&s.ada), (PURSE - 7_000_000, STORE));
    // What was delivered is burned; the rest is the seller's again.
    assert_eq!(s.has(&s.ben), (PURSE + 7_000_000, STORE - 3_500));
    assert_eq!(s.has(&s.id), (0, 0));
    assert_eq!(s.found(&id).delivered, 3_500);
}

#[test]
fn more_than_was_contracted_is_not_paid() {
    let s = site();
    let id = s.reserve_and_lock(1, 5_000);
    assert_eq!(s.deliver(&id, u64::MAX), 10_000_000);
    assert_eq!(s.has(&s.ada), (PURSE - 10_000_000, STORE));
    assert_eq!(s.has(&s.ben), (PURSE + 10_000_000, STORE - 5_000));
}

#[test]
fn a_delivery_of_nothing_gives_everything_back() {
    let s = site();
    let id = s.reserve_and_lock(1, 5_000);
    assert_eq!(s.deliver(&id, 0), 0);
    assert_eq!([s.has(&s.ada), s.has(&s.ben)], [(PURSE, STORE); 2]);
    assert_eq!(s.state(&id), State::Delivered);
}

#[test]
fn a_delivery_is_settled_exactly_once() {
    let s = site();
    let id = s.reserve_and_lock(1, 5_000);
    s.reserve_and_lock(2, 5_000);
    s.deliver(&id, 2_000);
    let before = [s.has(&s.ada), s.has(&s.ben)];
    for wh in [2_000, 3_000] {
        let signature = s.signed(DELIVER_TAG, &id, wh);
        let again = s.client.try_deliver(&id, &wh, &signature);
        assert_eq!(refusal(again), LockError::WrongState);
    }
    s.wait(DAY);
    assert_eq!(refusal(s.client.try_release(&id)), LockError::WrongState);
    assert_eq!([s.has(&s.ada), s.has(&s.ben)], before);
}

#[test]
fn nothing_is_settled_that_the_device_has_not_locked() {
    let s = site();
    let id = s.reserve(1, 5_000);
    let signature = s.signed(DELIVER_TAG, &id, 5_000);
    let early = s.client.try_deliver(&id, &5_000, &signature);
    assert_eq!(refusal(early), LockError::WrongState);
    s.lock(&id);
    let twice = s.client.try_lock(&id, &s.signed(LOCK_TAG, &id, 5_000));
    assert_eq!(refusal(twice), LockError::WrongState);
}

#[test]
fn a_lock_that_comes_too_late_is_refused_and_released_by_anybody() {
    let s = site();
    let (last, late) = (s.reserve(1, 5_000), s.reserve(2, 4_000));
    s.wait(15 * MINUTE);
    s.lock(&last);
    assert_eq!(refusal(s.client.try_release(&late)), LockError::TooEarly);
    s.wait(1);
    let refused = s.client.try_lock(&late, &s.signed(LOCK_TAG, &late, 4_000));
    assert_eq!(refusal(refused), LockError::TooLate);
    s.e.set_auths(&[]);
    s.client.release(&late);
    s.last_event(Released {
        id: late.clone(),
        refunded: 8_000_000,
    });
    assert_eq!(s.has(&s.id), (10_000_000, 5_000));
    let twice = refusal(s.client.try_release(&late));
    assert_eq!(twice, LockError::WrongState);
}

#[test]
fn a_delivery_without_proof_is_released_in_full() {
    let s = site();
    let id = s.reserve_and_lock(1, 5_000);
    s.wait(6 * HOUR);
    assert_eq!(refusal(s.client.try_release(&id)), LockError::TooEarly);
    s.wait(1);
    let signature = s.signed(DELIVER_TAG, &id, 5_000);
    let late = s.client.try_deliver(&id, &5_000, &signature);
    assert_eq!(refusal(late), LockError::TooLate);
    s.client.release(&id);
    assert_eq!(s.state(&id), State::Released);
    assert_eq!([s.has(&s.ada), s.has(&s.ben)], [(PURSE, STORE); 2]);
}

#[test]
fn a_proof_in_the_last_second_counts() {
    let s = site();
    let id = s.reserve_and_lock(1, 5_000);
    s.wait(6 * HOUR);
    assert_eq!(s.deliver(&id, 5_000), 10_000_000);
}

#[test]
fn nobody_else_signs_for_the_device() {
    let s = site();
    let (id, other) = (s.reserve(1, 5_000), s.reserve(2, 5_000));
    // Another key, contract, purpose, lock or amount.
    for wrong in [
        s.signed_by(8, &s.id, LOCK_TAG, &id, 5_000),
        s.signed_by(7, &s.admin, LOCK_TAG, &id, 5_000),
        s.signed(DELIVER_TAG, &id, 5_000),
        s.signed(LOCK_TAG, &other, 5_000),
        s.signed(LOCK_TAG, &id, 4_999),
    ] {
        assert!(s.client.try_lock(&id, &wrong).is_err());
    }
    s.lock(&id);
    for wrong in [
        s.signed_by(8, &s.id, DELIVER_TAG, &id, 5_000),
        s.signed_by(7, &s.admin, DELIVER_TAG, &id, 5_000),
        s.signed(LOCK_TAG, &id, 5_000),
        s.signed(DELIVER_TAG, &other, 5_000),
        s.signed(DELIVER_TAG, &id, 4_999),
    ] {
        assert!(s.client.try_deliver(&id, &5_000, &wrong).is_err());
    }
    assert_eq!(s.state(&id), State::Locked);
}

#[test]
fn an_id_is_used_once_ever() {
    let s = site();
    let id = s.reserve(1, 5_000);
    let again = || refusal(s.client.try_reserve(&id, &s.order(5_000)));
    assert_eq!(again(), LockError::LockExists);
    s.wait(HOUR);
    s.client.release(&id);
    assert_eq!(again(), LockError::LockExists);
    let unknown = s.name(9);
    let refused = s.client.try_release(&unknown);
    assert_eq!(refusal(refused), LockError::UnknownLock);
    assert_eq!(s.client.energy_lock(&unknown), None);
}

#[test]
fn what_cannot_be_sold_is_refused() {
    let s = site();
    let refused = |change: &dyn Fn(&mut Order)| {
        let mut order = s.order(5_000);
        change(&mut order);
        refusal(s.client.try_reserve(&s.name(1), &order))
    };
    let amount = LockError::InvalidAmount;
    assert_eq!(refused(&|order| order.wh = 0), amount);
    assert_eq!(refused(&|order| order.price = 0), amount);
    let less_than_a_stroop = |order: &mut Order| (order.wh, order.price) = (1, 999);
    assert_eq!(refused(&less_than_a_stroop), amount);
    let to_oneself = |order: &mut Order| order.seller = order.buyer.clone();
    assert_eq!(refused(&to_oneself), LockError::SelfTrade);
}

#[test]
fn times_are_ahead_in_order_and_bounded() {
    let s = site();
    let mut number = 0;
    let mut reserve = |lock_by, deliver_by| {
        let mut order = s.order(1_000);
        (order.lock_by, order.deliver_by) = (lock_by, deliver_by);
        number += 1;
        s.client.try_reserve(&s.name(number), &order)
    };
    for (lock_by, deliver_by) in [
        (Some(NOW), NOW + HOUR),
        (Some(0), NOW + HOUR),
        (Some(NOW + HOUR), NOW + HOUR),
        (None, NOW + 15 * MINUTE),
        (Some(NOW + DAY + 1), NOW + 2 * DAY),
        (Some(u64::MAX), u64::MAX),
        (Some(NOW + HOUR), NOW + 30 * DAY + 1),
    ] {
        let refused = refusal(reserve(lock_by, deliver_by));
        assert_eq!(refused, LockError::InvalidTimes, "{lock_by:?} {deliver_by}");
    }
    assert!(reserve(Some(NOW + DAY), NOW + 30 * DAY).is_ok());
    assert!(reserve(Some(NOW + 1), NOW + 2).is_ok());
}

#[test]
fn nobody_sells_energy_or_spends_money_that_is_not_there() {
    let s = site();
    let all = s.reserve(1, STORE as u64);
    let more = s.client.try_reserve(&s.name(2), &s.order(1));
    assert!(more.is_err());
    s.wait(HOUR);
    s.client.release(&all);
    let mut dear = s.order(1_000);
    dear.price = PURSE as u64 + 1;
    assert!(s.client.try_reserve(&s.name(3), &dear).is_err());
    assert_eq!([s.has(&s.ada), s.has(&s.ben)], [(PURSE, STORE); 2]);
}

/// A battery that holds its orders in eight slots, the oldest first.
struct Battery<'a> {
    site: &'a Site,
    slots: std::collections::VecDeque<(soroban_sdk::BytesN<32>, u64)>,
}

impl Battery<'_> {
    fn take(&mut self, number: u8, wh: u64) -> bool {
        if self.slots.len() == 8 {
            return false;
        }
        let id = self.site.reserve_and_lock(number, wh);
        self.slots.push_back((id, wh));
        true
    }

    /// Shares out what left the battery; what each order got.
    fn discharge(&mut self, mut wh: u64) -> Vec<u64> {
        let settle = |(id, contracted): (_, u64)| {
            let got = contracted.min(wh);
            wh -= got;
            self.site.deliver(&id, got);
            self.site.found(&id).delivered
        };
        self.slots.drain(..).map(settle).collect()
    }
}

#[test]
fn the_oldest_order_is_served_first() {
    let s = site();
    let mut battery = Battery {
        site: &s,
        slots: Default::default(),
    };
    assert!(battery.take(1, 5_000) && battery.take(2, 4_000));
    assert_eq!(battery.discharge(8_000), [5_000, 3_000]);
    let paid = 8 * i128::from(PRICE);
    assert_eq!(s.has(&s.ada), (PURSE - paid, STORE));
    assert_eq!(s.has(&s.ben), (PURSE + paid, STORE - 8_000));

    for number in 3..11 {
        assert!(battery.take(number, 1_000));
    }
    assert!(!battery.take(11, 1_000));
    assert_eq!(battery.discharge(2_500), [1_000, 1_000, 500, 0, 0, 0, 0, 0]);
    assert_eq!(s.has(&s.id), (0, 0));
}
