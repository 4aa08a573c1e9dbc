#![allow(dead_code)]

use member_registry::{MemberRegistry, MemberRegistryClient, RegistryError};
use soroban_sdk::{
    testutils::{Address as _, EnvTestConfig, Ledger},
    Address, Env, Error, InvokeError,
};

pub const NOW: u64 = 1_780_000_000;

pub struct Site {
    pub e: Env,
    pub admin: Address,
    pub registrar: Address,
    pub ada: Address,
    pub ben: Address,
    pub cal: Address,
    pub id: Address,
    pub client: MemberRegistryClient<'static>,
}

/// An empty registry.
pub fn site() -> Site {
    let e = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    e.cost_estimate().budget().reset_unlimited();
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let (admin, registrar) = (Address::generate(&e), Address::generate(&e));
    let id = e.register(MemberRegistry, (&admin, &registrar));
    Site {
        ada: Address::generate(&e),
        ben: Address::generate(&e),
        cal: Address::generate(&e),
        client: MemberRegistryClient::new(&e, &id),
        admin,
        registrar,
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
) -> RegistryError {
    let code = code(result);
    Error::from_contract_error(code)
        .try_into()
        .unwrap_or_else(|_| panic!("error {code} is not ours"))
}
