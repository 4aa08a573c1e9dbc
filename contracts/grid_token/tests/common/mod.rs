#![allow(dead_code)]

use grid_token::{GridToken, GridTokenClient};
use soroban_sdk::{testutils::Address as _, Address, Env, Error, InvokeError};

pub const INITIAL: i128 = 600;
pub const CAP: i128 = 1000;

pub struct Token {
    pub e: Env,
    pub admin: Address,
    pub treasury: Address,
    pub ada: Address,
    pub ben: Address,
    pub id: Address,
    pub client: GridTokenClient<'static>,
}

pub fn token() -> Token {
    token_in(Env::default())
}

pub fn token_in(e: Env) -> Token {
    e.mock_all_auths();
    let (admin, treasury) = (Address::generate(&e), Address::generate(&e));
    let id = e.register(GridToken, (&admin, &treasury, INITIAL, CAP));
    Token {
        client: GridTokenClient::new(&e, &id),
        ada: Address::generate(&e),
        ben: Address::generate(&e),
        admin,
        treasury,
        id,
        e,
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
