#![allow(dead_code)]

use soroban_sdk::{testutils::Address as _, Address, BytesN, Env, Error, InvokeError};
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
    let e = Env::default();
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
