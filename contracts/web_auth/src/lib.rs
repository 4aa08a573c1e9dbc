//! What contract accounts sign to be known on the web (SEP-45). It keeps
//! nothing and is only ever simulated: who signed is what the ledger checks.
#![no_std]

use soroban_sdk::{
    contract, contracterror, contractimpl, panic_with_error, Address, Env, Map, String, Symbol,
};

/// Refusals of the web auth contract.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum WebAuthError {
    /// The account, or the server's, is not among the arguments.
    MissingAccount = 780,
    /// A client domain without its account, or the other way round.
    HalfClientDomain = 781,
}

#[contract]
pub struct WebAuth;

// No admin, no pause: there is nothing to change, and nothing to protect.
#[contractimpl]
impl WebAuth {
    /// Succeeds where the account, the server and, if one is named, the
    /// client domain have all signed exactly these arguments.
    pub fn web_auth_verify(e: &Env, args: Map<Symbol, String>) {
        let named = |key| args.get(Symbol::new(e, key));
        for key in ["account", "web_auth_domain_account"] {
            let Some(address) = named(key) else {
                panic_with_error!(e, WebAuthError::MissingAccount)
            };
            Address::from_string(&address).require_auth();
        }
        let client = named("client_domain_account");
        if client.is_some() != named("client_domain").is_some() {
            panic_with_error!(e, WebAuthError::HalfClientDomain)
        }
        if let Some(address) = client {
            Address::from_string(&address).require_auth();
        }
    }
}
