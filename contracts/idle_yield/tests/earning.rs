mod common;

use common::{refusal, running, site, BALANCE, DAY, NOW, PURSE, YEAR};
use idle_yield::{Earned, YieldError, MAX_TOUCHED};
use soroban_sdk::{testutils::Address as _, vec, Address, Vec};

#[test]
fn what_lies_idle_earns_by_the_second() {
    let s = running();
    s.wait(DAY / 2);
    s.client.touch(&vec![&s.e, s.ada.clone()]);
    s.last_event(Earned {
        member: s.ada.clone(),
        amount: 2_500,
    });
    assert_eq!(s.client.saver(&s.ada).claimable, 2_500);
    s.wait(DAY);
    assert_eq!(s.touch(&s.ada), 7_500);
    assert_eq!(s.touch(&s.ben), 15_000);
    let pool = s.client.pool();
    assert_eq!((pool.reserved, pool.free), (22_500, PURSE - 22_500));
}

#[test]
fn the_first_look_only_notes_what_is_there() {
    let s = running();
    s.market.set(&s.cal, &BALANCE, &0);
    s.wait(DAY);
    assert_eq!(s.touch(&s.cal), 0);
    s.wait(DAY);
    assert_eq!(s.touch(&s.cal), 5_000);
}

#[test]
fn the_lower_of_both_balances_counts() {
    let s = running();
    s.wait(DAY);
    // Brought for the look alone.
    s.market.set(&s.ada, &(100 * BALANCE), &0);
    assert_eq!(s.touch(&s.ada), 5_000);
    s.wait(DAY);
    s.market.set(&s.ada, &0, &0);
    assert_eq!(s.touch(&s.ada), 5_000);
    s.wait(DAY);
    s.market.set(&s.ada, &BALANCE, &0);
    assert_eq!(s.touch(&s.ada), 5_000);
}

#[test]
fn what_is_on_its_way_out_does_not_lie_idle() {
    let s = running();
    s.market.set(&s.ada, &BALANCE, &(BALANCE / 2));
    s.wait(DAY);
    assert_eq!(s.touch(&s.ada), 2_500);
    // More may be asked for than there is.
    s.market.set(&s.ada, &BALANCE, &(2 * BALANCE));
    s.wait(DAY);
    assert_eq!(s.touch(&s.ada), 2_500);
    assert_eq!(s.client.saver(&s.ada).balance, 0);
}

#[test]
fn who_is_not_looked_at_for_longer_earns_for_a_day() {
    let s = running();
    s.wait(30 * DAY);
    assert_eq!(s.touch(&s.ada), 5_000);
    s.wait(DAY);
    assert_eq!(s.touch(&s.ada), 10_000);
}

#[test]
fn looking_often_loses_nothing() {
    let s = running();
    for _ in 0..1_440 {
        s.wait(60);
        s.touch(&s.ada);
        s.touch(&s.ada);
    }
    assert_eq!(s.client.saver(&s.ada).claimable, 5_000);
    assert_eq!(s.client.saver(&s.ada).carry, 0);
}

#[test]
fn an_empty_pool_earns_nobody_anything_and_owes_nothing_later() {
    let s = site();
    s.client.fund(&s.sun, &12_000);
    s.market.set(&s.ada, &BALANCE, &0);
    s.market.set(&s.ben, &(3 * BALANCE), &0);
    let both = vec![&s.e, s.ada.clone(), s.ben.clone()];
    s.client.touch(&both);
    s.wait(DAY);
    s.client.touch(&both);
    let claimable = |who| s.client.saver(who).claimable;
    assert_eq!((claimable(&s.ada), claimable(&s.ben)), (5_000, 7_000));
    s.wait(DAY);
    s.client.touch(&both);
    assert_eq!((claimable(&s.ada), claimable(&s.ben)), (5_000, 7_000));
    s.client.fund(&s.sun, &100_000);
    s.wait(DAY);
    s.client.touch(&both);
    assert_eq!((claimable(&s.ada), claimable(&s.ben)), (10_000, 22_000));
}

#[test]
fn nothing_accrues_after_the_end() {
    let s = running();
    s.wait(YEAR - DAY);
    s.touch(&s.ada);
    s.touch(&s.ben);
    let before = s.client.saver(&s.ada).claimable;
    s.wait(DAY / 2);
    s.touch(&s.ben);
    // A look after the end counts up to it, however late in the week.
    s.wait(4 * DAY);
    assert_eq!(s.touch(&s.ada), before + 5_000);
    assert_eq!(s.touch(&s.ben), 15_000 + 15_000);
    s.wait(DAY);
    assert_eq!(s.touch(&s.ada), before + 5_000);
    s.wait(NOW + YEAR + 7 * DAY - s.now());
    let late = s.client.try_touch(&vec![&s.e, s.ada.clone()]);
    assert_eq!(refusal(late), YieldError::ProgrammeOver);
}

#[test]
fn one_call_looks_at_a_few() {
    let s = running();
    let many = |count: u32| {
        let mut members = Vec::new(&s.e);
        for _ in 0..count {
            members.push_back(Address::generate(&s.e));
        }
        members
    };
    for count in [0, MAX_TOUCHED + 1] {
        let refused = s.client.try_touch(&many(count));
        assert_eq!(refusal(refused), YieldError::InvalidMembers);
    }
    s.client.touch(&many(MAX_TOUCHED));
    s.wait(DAY);
    // Who is named twice earns once.
    let twice = vec![&s.e, s.ada.clone(), s.ada.clone()];
    s.client.touch(&twice);
    assert_eq!(s.client.saver(&s.ada).claimable, 5_000);
}

#[test]
fn a_market_of_another_shape_is_refused() {
    let s = site();
    let terms = s.client.terms();
    let market = s.e.register(Other, ());
    let id = s.e.register(
        idle_yield::IdleYield,
        (&s.admin, &s.token.address, &market, terms),
    );
    let client = idle_yield::IdleYieldClient::new(&s.e, &id);
    let refused = client.try_touch(&vec![&s.e, s.ada.clone()]);
    assert_eq!(refusal(refused), YieldError::UnknownAccount);
}

#[soroban_sdk::contract]
pub struct Other;

#[soroban_sdk::contractimpl]
impl Other {
    pub fn account(e: &soroban_sdk::Env, _member: Address) -> soroban_sdk::Map<u32, u32> {
        soroban_sdk::Map::new(e)
    }
}
