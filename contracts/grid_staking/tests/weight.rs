mod common;

use common::{quiet_site, refusal, site, DAY, GRID};
use grid_staking::StakingError;
use soroban_sdk::{Bytes, Symbol};

#[test]
fn a_weight_is_what_was_staked_at_that_moment() {
    let s = site();
    let start = s.now();
    s.client.stake(&s.ada, &(100 * GRID));
    s.wait(DAY);
    s.client.stake(&s.ben, &(40 * GRID));
    s.client.stake(&s.ada, &(20 * GRID));
    s.wait(DAY);
    s.client.request_unstake(&s.ada, &(70 * GRID));
    s.wait(1);

    let ada = |moment| s.client.weight_at(&s.ada, &moment) / GRID;
    let total = |moment| s.client.total_at(&moment) / GRID;
    assert_eq!([ada(0), ada(start - 1), ada(start)], [0, 0, 100]);
    assert_eq!([ada(start + DAY - 1), ada(start + DAY)], [100, 120]);
    assert_eq!([ada(start + 2 * DAY - 1), ada(start + 2 * DAY)], [120, 50]);
    assert_eq!([total(start - 1), total(start)], [0, 100]);
    assert_eq!([total(start + DAY), total(start + 2 * DAY)], [160, 90]);
    assert_eq!(s.client.weight_at(&s.cal, &start), 0);
}

#[test]
fn the_end_of_a_second_counts() {
    let s = site();
    let start = s.now();
    s.client.stake(&s.ada, &(100 * GRID));
    s.client.stake(&s.ben, &(50 * GRID));
    s.client.request_unstake(&s.ada, &(100 * GRID));
    s.wait(1);
    assert_eq!(s.client.weight_at(&s.ada, &start), 0);
    assert_eq!(s.client.total_at(&start), 50 * GRID);
    // Three changes, one checkpoint.
    let page: Bytes = s.e.as_contract(&s.id, || {
        let name = |name| Symbol::new(&s.e, name);
        let key = (name("History"), (name("All"),), 0u32);
        s.e.storage().persistent().get(&key).unwrap()
    });
    assert_eq!(page.len(), 16);
}

#[test]
fn a_weight_of_now_or_later_is_not_known() {
    let s = site();
    s.client.stake(&s.ada, &GRID);
    let unknown = StakingError::FutureLookup;
    for moment in [s.now(), s.now() + 1, u64::MAX] {
        let weight = refusal(s.client.try_weight_at(&s.ada, &moment));
        assert_eq!(weight, unknown);
        assert_eq!(refusal(s.client.try_total_at(&moment)), unknown);
    }
    assert_eq!(s.client.total_at(&(s.now() - 1)), 0);
}

#[test]
fn what_is_unstaked_and_withdrawn_leaves_the_history_alone() {
    let s = site();
    let start = s.now();
    s.client.stake(&s.ada, &(100 * GRID));
    s.wait(DAY);
    s.client.request_unstake(&s.ada, &(100 * GRID));
    s.wait(30 * DAY);
    s.client.withdraw_unstaked(&s.ada);
    assert_eq!(s.client.weight_at(&s.ada, &start), 100 * GRID);
    assert_eq!(s.client.weight_at(&s.ada, &(start + DAY)), 0);
}

#[test]
fn a_history_of_many_pages_answers_for_every_moment() {
    let s = quiet_site();
    let start = s.now();
    // Five pages and a bit of the total, of Ada's own half as many.
    let changes = 5 * 64 + 3;
    for n in 0..changes {
        let member = if n % 2 == 0 { &s.ada } else { &s.ben };
        s.client.stake(member, &1);
        s.wait(10);
    }
    for n in 0..changes {
        let moment = start + 10 * n;
        let total = i128::from(n) + 1;
        assert_eq!(s.client.total_at(&moment), total);
        assert_eq!(s.client.total_at(&(moment + 9)), total);
        let of_ada = i128::from(n / 2) + 1;
        assert_eq!(s.client.weight_at(&s.ada, &moment), of_ada);
    }
    assert_eq!(s.client.total_at(&(start - 1)), 0);
}
