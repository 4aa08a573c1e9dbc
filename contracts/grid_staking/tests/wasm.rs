//! The committed wasm, together and in the limits it is metered by.
mod common;

use common::{terms, DAY, DELAY, GRID, NOW, PURSE, YEAR};
use grid_staking::GridStakingClient;
use grid_token::GridTokenClient;
use soroban_sdk::{
    testutils::{Address as _, Ledger},
    Address, Env,
};

const TOKEN: &[u8] = include_bytes!("../../wasm/grid_token.wasm");
const STAKING: &[u8] = include_bytes!("../../wasm/grid_staking.wasm");

/// Of the 400 million that a transaction may use.
const INSTRUCTIONS: i64 = 5_000_000;

#[test]
fn the_wasm_behaves_as_the_sources() {
    let e = Env::default();
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let (admin, ada) = (Address::generate(&e), Address::generate(&e));
    let token = e.register(TOKEN, (&admin, &ada, PURSE, PURSE));
    let token = GridTokenClient::new(&e, &token);
    let id = e.register(STAKING, (&admin, &token.address, terms(&e)));
    let staking = GridStakingClient::new(&e, &id);
    let metered = |what: &str| {
        let used = e.cost_estimate().resources();
        println!("{what}: {used:?}");
        assert!(used.instructions < INSTRUCTIONS, "{what}");
    };

    staking.fund(&ada, &(1_000 * GRID));
    metered("fund");
    staking.stake(&ada, &(1_000 * GRID));
    metered("stake");
    for _ in 0..200 {
        e.ledger().set_timestamp(e.ledger().timestamp() + DAY);
        staking.stake(&ada, &GRID);
    }
    metered("stake, with a history of four pages");
    e.ledger().set_timestamp(NOW + YEAR);
    assert_eq!(staking.weight_at(&ada, &NOW), 1_000 * GRID);
    metered("weight at the beginning");
    assert_eq!(staking.total_at(&(NOW + 199 * DAY)), 1_199 * GRID);
    assert!(staking.has_licence(&ada));
    assert_eq!(staking.discount_percent(&ada), 25);

    // 8 % of the stake of each day.
    let days: i128 = (0..200).map(|day| 1_000 + day).sum::<i128>() + 165 * 1_200;
    let earned = staking.claim(&ada);
    metered("claim");
    assert_eq!(earned, days * GRID * 8 / 100 / 365);
    staking.request_unstake(&ada, &(1_200 * GRID));
    metered("request_unstake");
    e.ledger().set_timestamp(NOW + YEAR + DELAY);
    staking.withdraw_unstaked(&ada);
    metered("withdraw_unstaked");
    assert_eq!(token.balance(&ada), PURSE - 1_000 * GRID + earned);
}
