#![allow(dead_code)]

use foundation::Call;
use soroban_sdk::{
    contract, contractimpl, contracttype,
    testutils::{Address as _, EnvTestConfig, Ledger},
    vec, Address, BytesN, Env, Error, IntoVal, InvokeError, Symbol, Val, Vec,
};
use timelock::{Terms, Timelock, TimelockClient, TimelockError};

pub const NOW: u64 = 1_780_000_000;
pub const DAY: u64 = 86_400;
pub const TERM: u64 = 90 * DAY;

/// Something that only its admin changes, and that can be told to misbehave.
#[contract]
pub struct Lamp;

#[contracttype]
enum Key {
    Admin,
    Level,
}

#[contractimpl]
impl Lamp {
    pub fn __constructor(e: &Env, admin: Address) {
        e.storage().instance().set(&Key::Admin, &admin);
    }

    pub fn set(e: &Env, level: u32) {
        let admin: Address = e.storage().instance().get(&Key::Admin).unwrap();
        admin.require_auth();
        e.storage().instance().set(&Key::Level, &level);
    }

    pub fn level(e: &Env) -> u32 {
        e.storage().instance().get(&Key::Level).unwrap_or_default()
    }

    /// Lets the timelock execute again while it executes.
    pub fn echo(e: &Env, timelock: Address, id: BytesN<32>) {
        TimelockClient::new(e, &timelock).execute(&id);
    }
}

pub struct Site {
    pub e: Env,
    pub governor: Address,
    pub guardian: Address,
    pub eve: Address,
    pub id: Address,
    pub client: TimelockClient<'static>,
    pub lamp: LampClient<'static>,
}

pub fn terms() -> Terms {
    Terms {
        shortest_delay: 2 * DAY,
        grace: 14 * DAY,
    }
}

/// A timelock that is the lamp's admin.
pub fn site() -> Site {
    let e = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    e.cost_estimate().budget().reset_unlimited();
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let (governor, guardian) = (Address::generate(&e), Address::generate(&e));
    let until = NOW + TERM;
    let id = e.register(Timelock, (&governor, terms(), &guardian, until));
    let lamp = e.register(Lamp, (&id,));
    Site {
        eve: Address::generate(&e),
        client: TimelockClient::new(&e, &id),
        lamp: LampClient::new(&e, &lamp),
        governor,
        guardian,
        id,
        e,
    }
}

impl Site {
    pub fn wait(&self, seconds: u64) {
        let now = self.e.ledger().timestamp();
        self.e.ledger().set_timestamp(now + seconds);
    }

    pub fn name(&self, number: u8) -> BytesN<32> {
        BytesN::from_array(&self.e, &[number; 32])
    }

    pub fn call(&self, target: &Address, function: &str, args: Vec<Val>) -> Call {
        Call {
            target: target.clone(),
            function: Symbol::new(&self.e, function),
            args,
        }
    }

    pub fn set_lamp(&self, level: u32) -> Call {
        let args = vec![&self.e, level.into_val(&self.e)];
        self.call(&self.lamp.address, "set", args)
    }

    /// Schedules with the shortest delay.
    pub fn schedule(&self, number: u8, calls: &[Call]) -> BytesN<32> {
        let id = self.name(number);
        let calls = Vec::from_slice(&self.e, calls);
        self.client.schedule(&id, &calls, &(2 * DAY));
        id
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
) -> TimelockError {
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
