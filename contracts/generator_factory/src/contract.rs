//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use generator_terms::Terms;
use soroban_sdk::{
    contract, contractimpl, panic_with_error, xdr::ToXdr, Address, BytesN, ContractExecutable, Env,
};
use stellar_access::access_control;
use stellar_macros::only_admin;

use crate::{
    errors::FactoryError,
    events::{GeneratorCreated, GeneratorWasmSet, ProviderSet, TokenSet},
    storage,
};

const SCHEMA: u32 = 1;

#[contract]
pub struct GeneratorFactory;

#[contractimpl]
impl GeneratorFactory {
    pub fn __constructor(e: &Env, admin: Address, generator_wasm: BytesN<32>) {
        foundation::begin(e, &admin, SCHEMA);
        storage::set_wasm(e, &generator_wasm);
    }

    /// Deploys the generator of a request, once requester and provider have
    /// signed the terms. Its admin is the factory's, and its address depends on
    /// nothing but factory, requester and request.
    pub fn create(e: &Env, requester: Address, request_id: u64, terms: Terms) -> Address {
        requester.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        if terms.requester != requester {
            panic_with_error!(e, FactoryError::NotYourTerms);
        }
        if !storage::is_provider(e, &terms.provider) {
            panic_with_error!(e, FactoryError::ProviderNotAllowed);
        }
        if terms.provider != requester {
            terms.provider.require_auth();
        }
        if !storage::is_token(e, &terms.token) {
            panic_with_error!(e, FactoryError::TokenNotAllowed);
        }
        if storage::of(e, &requester, request_id).is_some() {
            panic_with_error!(e, FactoryError::RequestTaken);
        }
        let admin = access_control::get_admin(e)
            .unwrap_or_else(|| panic_with_error!(e, FactoryError::NotConfigured));
        // The generator would refuse them too, but not say why.
        if let Err(error) = terms.check(&admin, e.ledger().timestamp()) {
            panic_with_error!(e, error);
        }
        let wasm_hash = storage::wasm(e);
        let generator = e
            .deployer()
            .with_current_contract(salt(e, &requester, request_id))
            .deploy_contract(ContractExecutable::Wasm(wasm_hash.clone()), (admin, terms));
        storage::add(e, &requester, request_id, &generator);
        GeneratorCreated {
            requester,
            request_id,
            generator: generator.clone(),
            wasm_hash,
        }
        .publish(e);
        generator
    }

    /// Admits a provider to new generators, or does so no longer.
    #[only_admin]
    pub fn set_provider(e: &Env, provider: Address, allowed: bool) {
        ttl::extend_instance(e);
        storage::set_provider(e, &provider, allowed);
        ProviderSet { provider, allowed }.publish(e);
    }

    /// Admits a token that new generators may be paid in, or does so no longer.
    #[only_admin]
    pub fn set_token(e: &Env, token: Address, allowed: bool) {
        ttl::extend_instance(e);
        storage::set_token(e, &token, allowed);
        TokenSet { token, allowed }.publish(e);
    }

    /// Sets the code of generators created from now on.
    #[only_admin]
    pub fn set_generator_wasm(e: &Env, wasm_hash: BytesN<32>) {
        ttl::extend_instance(e);
        storage::set_wasm(e, &wasm_hash);
        GeneratorWasmSet { wasm_hash }.publish(e);
    }

    /// Where a request's generator is or will be.
    pub fn address_of(e: &Env, requester: Address, request_id: u64) -> Address {
        e.deployer()
            .with_current_contract(salt(e, &requester, request_id))
            .deployed_address()
    }

    pub fn generator_of(e: &Env, requester: Address, request_id: u64) -> Option<Address> {
        storage::of(e, &requester, request_id)
    }

    /// Whether this factory has deployed it.
    pub fn is_generator(e: &Env, address: Address) -> bool {
        storage::is_generator(e, &address)
    }

    pub fn count(e: &Env) -> u32 {
        storage::count(e)
    }

    /// Generators in the order of their creation, from 0.
    pub fn generator_at(e: &Env, number: u32) -> Option<Address> {
        storage::at(e, number)
    }

    pub fn is_provider(e: &Env, address: Address) -> bool {
        storage::is_provider(e, &address)
    }

    pub fn is_token(e: &Env, address: Address) -> bool {
        storage::is_token(e, &address)
    }

    pub fn generator_wasm(e: &Env) -> BytesN<32> {
        storage::wasm(e)
    }
}

/// Bound to who asks, so that nobody takes another's address first.
fn salt(e: &Env, requester: &Address, request_id: u64) -> BytesN<32> {
    let mut seed = requester.to_xdr(e);
    seed.extend_from_array(&request_id.to_be_bytes());
    e.crypto().sha256(&seed).into()
}

#[contractimpl(contracttrait)]
impl Stewarded for GeneratorFactory {}
