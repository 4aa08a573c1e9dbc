#![allow(dead_code)]

use grid_token::{GridToken, GridTokenClient};
use idle_yield::{IdleYield, IdleYieldClient, Terms, YieldError};
use soroban_sdk::{
    contract, contractimpl, contracttype,
    testutils::{Address as _, EnvTestConfig, Events, Ledger},
    vec, Address, Env, Error, Event, InvokeError,
};

pub const NOW: u64 = 1_780_000_000;
pub const DAY: u64 = 86_400;
pub const YEAR: u64 = 365 * DAY;
/// 5 % a year.
pub const RATE: u32 = 500;
pub const PURSE: i128 = 1_000_000_000_000;
/// Earns exactly 5,000 stroops a day.
pub const BALANCE: i128 = 36_500_000;

/// Shows accounts as the marketplace does, with whatever balance a test says.
#[contract]
pub struct Market;

#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Withdrawal {
    pub amount: i128,
    pub ready_at: u64,
}

#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Account {
    pub index: u32,
    pub quote: i128,
    pub energy_wh: i128,
    pub withdrawal: Withdrawal,
}

#[contractimpl]
impl Market {
    pub fn account(e: &Env, member: Address) -> Account {
        e.storage().persistent().get(&member).unwrap_or_default()
    }

    pub fn set(e: &Env, member: Address, quote: i128, withdrawing: i128) {
        let account = Account {
            quote,
            withdrawal: Withdrawal {
                amount: withdrawing,
                ready_at: 0,
            },
            ..Account::default()
        };
        e.storage().persistent().set(&member, &account);
    }
}

pub struct Site {
    pub e: Env,
    pub admin: Address,
    pub sun: Address,
    pub moon: Address,
    pub ada: Address,
    pub ben: Address,
    pub cal: Address,
    pub id: Address,
    pub client: IdleYieldClient<'static>,
    pub market: MarketClient<'static>,
    pub token: GridTokenClient<'static>,
}

/// A programme of a year; Sun and Moon have purses, and nobody has funded it.
pub fn site() -> Site {
    let e = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    e.cost_estimate().budget().reset_unlimited();
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let [admin, sun, moon, ada, ben, cal] = core::array::from_fn(|_| Address::generate(&e));
    let token = e.register(GridToken, (&admin, &sun, 2 * PURSE, 2 * PURSE));
    let token = GridTokenClient::new(&e, &token);
    token.transfer(&sun, &moon, &PURSE);
    let market = e.register(Market, ());
    let terms = Terms {
        rate_bps: RATE,
        ends_at: NOW + YEAR,
    };
    let id = e.register(IdleYield, (&admin, &token.address, &market, terms));
    Site {
        client: IdleYieldClient::new(&e, &id),
        market: MarketClient::new(&e, &market),
        admin,
        sun,
        moon,
        ada,
        ben,
        cal,
        token,
        id,
        e,
    }
}

/// Sun has funded it, and Ada's and Ben's balances were looked at.
pub fn running() -> Site {
    let s = site();
    s.client.fund(&s.sun, &PURSE);
    s.market.set(&s.ada, &BALANCE, &0);
    s.market.set(&s.ben, &(3 * BALANCE), &0);
    s.client.touch(&vec![&s.e, s.ada.clone(), s.ben.clone()]);
    s
}

impl Site {
    pub fn now(&self) -> u64 {
        self.e.ledger().timestamp()
    }

    pub fn wait(&self, seconds: u64) {
        self.e.ledger().set_timestamp(self.now() + seconds);
    }

    /// Looks at one member; what they can claim then.
    pub fn touch(&self, member: &Address) -> i128 {
        self.client.touch(&vec![&self.e, member.clone()]);
        self.client.saver(member).claimable
    }

    pub fn last_event(&self, event: impl Event) {
        let events = self.e.events().all();
        assert_eq!(
            events.events().last(),
            Some(&event.to_xdr(&self.e, &self.id))
        );
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
) -> YieldError {
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
