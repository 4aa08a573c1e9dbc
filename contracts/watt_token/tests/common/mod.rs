#![allow(dead_code)]

use soroban_sdk::{
    testutils::{Address as _, EnvTestConfig},
    Address, BytesN, Env, Error, InvokeError,
};
use watt_token::{WattToken, WattTokenClient};

pub struct Token {
    pub e: Env,
    pub admin: Address,
    pub issuer: Address,
    /// On the allowlist, as is Ben; Cal is not.
    pub ada: Address,
    pub ben: Address,
    pub cal: Address,
    pub id: Address,
    pub client: WattTokenClient<'static>,
}

/// A token with 1,000 of reserves and nothing issued.
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
    let (admin, issuer) = (Address::generate(&e), Address::generate(&e));
    let id = e.register(WattToken, (&admin, &issuer));
    let client = WattTokenClient::new(&e, &id);
    let (ada, ben) = (Address::generate(&e), Address::generate(&e));
    client.set_allowed(&ada, &true);
    client.set_allowed(&ben, &true);
    client.attest_reserves(&1000, &BytesN::from_array(&e, &[9; 32]));
    Token {
        admin,
        issuer,
        ada,
        ben,
        cal: Address::generate(&e),
        id,
        client,
        e,
    }
}

impl Token {
    pub fn reference(&self, n: u8) -> BytesN<32> {
        BytesN::from_array(&self.e, &[n; 32])
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
