#![allow(dead_code)]

use parameters::{Declaration, ParameterError, Parameters, ParametersClient};
use soroban_sdk::{
    testutils::{Address as _, EnvTestConfig, Ledger},
    vec, Address, Env, Error, InvokeError, String,
};

pub const SLOT: u32 = 15;
/// 2026-06-01 00:00 UTC in unix minutes.
pub const NOW: u32 = 29_671_200;

pub struct Site {
    pub e: Env,
    pub admin: Address,
    pub id: Address,
    pub client: ParametersClient<'static>,
    /// `market.grace_seconds`: 300, from 0 to 86,400.
    pub grace: String,
}

pub fn declaration(e: &Env, key: &str, default: i128, lowest: i128, highest: i128) -> Declaration {
    Declaration {
        key: String::from_str(e, key),
        unit: String::from_str(e, "s"),
        default,
        lowest,
        highest,
    }
}

/// How long the first guardian is named for, in seconds.
pub const TERM: u64 = 300 * 86_400;

pub fn site() -> Site {
    let e = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    e.cost_estimate().budget().reset_unlimited();
    e.mock_all_auths();
    e.ledger().set_timestamp(u64::from(NOW) * 60);
    let admin = Address::generate(&e);
    let grace = declaration(&e, "market.grace_seconds", 300, 0, 86_400);
    let (guardian, until) = (Address::generate(&e), u64::from(NOW) * 60 + TERM);
    let declared = vec![&e, grace.clone()];
    let id = e.register(Parameters, (&admin, SLOT, declared, &guardian, until));
    Site {
        client: ParametersClient::new(&e, &id),
        grace: grace.key,
        admin,
        id,
        e,
    }
}

impl Site {
    pub fn go_to(&self, minute: u32) {
        self.e.ledger().set_timestamp(u64::from(minute) * 60);
    }

    pub fn at(&self, minute: u32) -> i128 {
        self.client.get(&self.grace, &minute)
    }

    pub fn schedule(&self, value: i128, effective_from: u32) {
        self.client.schedule(&self.grace, &value, &effective_from);
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
) -> ParameterError {
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
