//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use soroban_sdk::{contract, contractimpl, panic_with_error, Address, BytesN, Env};
use stellar_macros::only_admin;

use crate::{
    errors::RegistryError,
    events::RegistrarSet,
    members, storage,
    types::{Membership, Roll},
};

const SCHEMA: u32 = 1;

#[contract]
pub struct MemberRegistry;

#[contractimpl]
impl MemberRegistry {
    pub fn __constructor(e: &Env, admin: Address, registrar: Address) {
        foundation::begin(e, &admin, SCHEMA);
        storage::set_registrar(e, &registrar);
        storage::set_roll(e, &Roll::default());
    }

    /// Admits a member, or one who left again. Their votes begin with the
    /// proposals made after this second.
    pub fn join(e: &Env, member: Address) {
        storage::registrar(e).require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        members::join(e, member);
    }

    /// Ends a membership. A member leaves whatever is paused.
    pub fn leave(e: &Env, caller: Address, member: Address) {
        caller.require_auth();
        ttl::extend_instance(e);
        if caller != member {
            if caller != storage::registrar(e) {
                panic_with_error!(e, RegistryError::NotEntitled);
            }
            enforce_running(e);
        }
        members::leave(e, member, caller);
    }

    #[only_admin]
    pub fn set_registrar(e: &Env, registrar: Address) {
        ttl::extend_instance(e);
        storage::set_registrar(e, &registrar);
        RegistrarSet { registrar }.publish(e);
    }

    pub fn is_member(e: &Env, member: Address) -> bool {
        storage::member(e, &member).active
    }

    pub fn members(e: &Env) -> u32 {
        storage::roll(e).members
    }

    /// Whether this address was a member at the end of a second (unix) that
    /// has passed.
    pub fn is_member_at(e: &Env, member: Address, timestamp: u64) -> bool {
        members::is_member_at(e, &member, timestamp)
    }

    /// How many members there were at the end of that second.
    pub fn members_at(e: &Env, timestamp: u64) -> u32 {
        members::members_at(e, timestamp)
    }

    pub fn membership(e: &Env, member: Address) -> Membership {
        storage::member(e, &member)
    }

    pub fn registrar(e: &Env) -> Address {
        storage::registrar(e)
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for MemberRegistry {}
