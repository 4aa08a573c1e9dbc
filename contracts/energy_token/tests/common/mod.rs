#![allow(dead_code)]

use energy_token::{EnergyToken, EnergyTokenClient};
use soroban_sdk::{
    testutils::{Address as _, EnvTestConfig},
    Address, Bytes, Env, Error, InvokeError,
};

pub const SLOT_MINUTES: u32 = 15;
/// 2026-06-01 00:00 UTC in unix minutes.
pub const MIDNIGHT: u32 = 29_671_200;

pub struct Token {
    pub e: Env,
    pub admin: Address,
    pub meter: Address,
    pub ada: Address,
    pub ben: Address,
    pub id: Address,
    pub client: EnergyTokenClient<'static>,
}

pub fn token() -> Token {
    token_in(Env::default())
}

/// For many runs: it neither counts its budget nor writes what happened.
pub fn quiet_token() -> Token {
    let e = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    e.cost_estimate().budget().reset_unlimited();
    token_in(e)
}

fn token_in(e: Env) -> Token {
    e.mock_all_auths();
    let admin = Address::generate(&e);
    let id = e.register(EnergyToken, (&admin, SLOT_MINUTES));
    let client = EnergyTokenClient::new(&e, &id);
    let meter = Address::generate(&e);
    client.set_meter(&meter, &true);
    Token {
        admin,
        meter,
        ada: Address::generate(&e),
        ben: Address::generate(&e),
        id,
        client,
        e,
    }
}

impl Token {
    pub fn intervals(&self, records: &[(u32, u8, u32)]) -> Bytes {
        let mut bytes = Bytes::new(&self.e);
        for (slot, chunk, wh) in records {
            bytes.extend_from_array(&slot.to_be_bytes());
            bytes.push_back(*chunk);
            bytes.extend_from_array(&wh.to_be_bytes());
        }
        bytes
    }

    pub fn attest(&self, records: &[(u32, u8, u32)]) -> i128 {
        self.client
            .attest(&self.meter, &self.ada, &self.intervals(records))
    }

    pub fn refused(&self, records: &[(u32, u8, u32)]) -> u32 {
        code(
            self.client
                .try_attest(&self.meter, &self.ada, &self.intervals(records)),
        )
    }
}

/// The number of the contract error that a call ended in.
pub fn code<T: core::fmt::Debug, C: core::fmt::Debug>(
    result: Result<Result<T, C>, Result<Error, InvokeError>>,
) -> u32 {
    match result {
        Err(Ok(error)) => error.get_code(),
        other => panic!("expected a contract error, got {other:?}"),
    }
}

/// How many lives of so many commands each: `LIVES` says how many commands a
/// long run takes.
pub fn lives(commands: usize, usual: u32) -> u32 {
    std::env::var("LIVES").map_or(usual, |all| {
        (all.parse::<usize>().unwrap() / commands).max(1) as u32
    })
}
