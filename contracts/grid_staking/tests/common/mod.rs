#![allow(dead_code)]

use grid_staking::{GridStaking, GridStakingClient, StakingError, Terms, Tier};
use grid_token::{GridToken, GridTokenClient};
use soroban_sdk::{
    testutils::{Address as _, EnvTestConfig, Ledger},
    Address, Env, Error, InvokeError, Vec,
};

pub const NOW: u64 = 1_780_000_000;
pub const DAY: u64 = 86_400;
pub const YEAR: u64 = 365 * DAY;
pub const DELAY: u64 = 7 * DAY;
/// One GRID in stroops.
pub const GRID: i128 = 10_000_000;
pub const PURSE: i128 = 1_000_000 * GRID;

pub struct Site {
    pub e: Env,
    pub admin: Address,
    pub treasury: Address,
    pub ada: Address,
    pub ben: Address,
    pub cal: Address,
    pub id: Address,
    pub client: GridStakingClient<'static>,
    pub grid: GridTokenClient<'static>,
}

pub fn terms(e: &Env) -> Terms {
    Terms {
        rate_bps: 800,
        ends_at: NOW + 10 * YEAR,
        unstake_delay: DELAY,
        licence_stake: 1_000 * GRID,
        tiers: tiers(e, &[(100, 10), (500, 25), (5_000, 50)]),
    }
}

/// Tiers of whole GRID and a percentage each.
pub fn tiers(e: &Env, tiers: &[(i128, u32)]) -> Vec<Tier> {
    let tier = |(grid, discount_percent): &(i128, u32)| Tier {
        stake: grid * GRID,
        discount_percent: *discount_percent,
    };
    Vec::from_iter(e, tiers.iter().map(tier))
}

/// Three members with a purse each, an empty pool, 8 % a year.
pub fn site() -> Site {
    site_in(Env::default())
}

/// For many runs: it neither counts its budget nor writes what happened.
pub fn quiet_site() -> Site {
    let e = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    e.cost_estimate().budget().reset_unlimited();
    site_in(e)
}

fn site_in(e: Env) -> Site {
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let (admin, treasury) = (Address::generate(&e), Address::generate(&e));
    let cap = i128::MAX;
    let grid = e.register(GridToken, (&admin, &treasury, 100 * PURSE, cap));
    let grid = GridTokenClient::new(&e, &grid);
    let id = e.register(GridStaking, (&admin, &grid.address, terms(&e)));
    let member = || {
        let member = Address::generate(&e);
        grid.transfer(&treasury, &member, &PURSE);
        member
    };
    Site {
        ada: member(),
        ben: member(),
        cal: member(),
        client: GridStakingClient::new(&e, &id),
        grid,
        admin,
        treasury,
        id,
        e,
    }
}

impl Site {
    pub fn now(&self) -> u64 {
        self.e.ledger().timestamp()
    }

    pub fn wait(&self, seconds: u64) {
        self.e.ledger().set_timestamp(self.now() + seconds);
    }

    pub fn claimable(&self, member: &Address) -> i128 {
        self.client.position(member).claimable
    }

    /// What holds after every step.
    pub fn check_sums(&self) {
        let pool = self.client.pool();
        let held = pool.staked + pool.unstaking + pool.free + pool.owed;
        assert_eq!(self.grid.balance(&self.id), held);
        assert_eq!(pool.funded, pool.free + pool.owed + pool.claimed);
        assert!(pool.free >= 0 && pool.owed >= 0 && pool.claimed <= pool.funded);
    }
}

/// The contract error that a call ended in.
pub fn code<T: core::fmt::Debug, C: core::fmt::Debug>(
    result: Result<Result<T, C>, Result<Error, InvokeError>>,
) -> u32 {
    match result {
        Err(Ok(error)) => error.get_code(),
        other => panic!("expected a contract error, got {other:?}"),
    }
}

pub fn refusal<T: core::fmt::Debug, C: core::fmt::Debug>(
    result: Result<Result<T, C>, Result<Error, InvokeError>>,
) -> StakingError {
    let code = code(result);
    Error::from_contract_error(code)
        .try_into()
        .unwrap_or_else(|_| panic!("error {code} is not ours"))
}

/// How many lives of so many commands each: `LIVES` says how many commands a
/// long run takes.
pub fn lives(commands: usize, usual: u32) -> u32 {
    std::env::var("LIVES").map_or(usual, |all| {
        (all.parse::<usize>().unwrap() / commands).max(1) as u32
    })
}
