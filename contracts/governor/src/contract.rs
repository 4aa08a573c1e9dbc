//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Call, Guardian, Stewarded};
use soroban_sdk::{contract, contractimpl, panic_with_error, Address, BytesN, Env, Vec};
use stellar_macros::only_admin;

use crate::{
    errors::GovernorError,
    events::{RulesSet, ScopeSet},
    proposals::{self, or_refuse},
    rules, storage,
    types::{Choice, Detail, Grant, House, Kind, Rules, Status, KINDS},
};

const SCHEMA: u32 = 1;

#[contract]
pub struct Governor;

#[contractimpl]
impl Governor {
    /// The timelock is the admin. `rules` and `scopes` are those of each kind
    /// in order. Texts and upgrades have an empty scope; any other kind calls
    /// nothing that is not granted, here or later by a vote.
    pub fn __constructor(
        e: &Env,
        house: House,
        rules: Vec<Rules>,
        scopes: Vec<Vec<Grant>>,
        guardian: Address,
        guardian_until: u64,
    ) {
        if rules.len() != KINDS.len() as u32 {
            panic_with_error!(e, GovernorError::InvalidRules);
        }
        if scopes.len() != KINDS.len() as u32 {
            panic_with_error!(e, GovernorError::InvalidScope);
        }
        foundation::begin(e, &house.timelock, SCHEMA);
        foundation::name_guardian(e, guardian, guardian_until);
        storage::set_house(e, &house);
        for ((kind, rules), scope) in KINDS.into_iter().zip(rules).zip(scopes) {
            keep_rules(e, kind, rules);
            if !scope.is_empty() {
                keep_scope(e, kind, scope);
            }
        }
    }

    /// Puts something to the vote. `description_hash` is the SHA-256 of the
    /// text that members read.
    pub fn propose(
        e: &Env,
        proposer: Address,
        kind: Kind,
        calls: Vec<Call>,
        description_hash: BytesN<32>,
    ) -> u32 {
        proposer.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        proposals::propose(e, proposer, kind, calls, description_hash)
    }

    /// Votes, once and for good.
    pub fn vote(e: &Env, voter: Address, id: u32, choice: Choice) {
        voter.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        proposals::vote(e, voter, id, choice);
    }

    /// Hands a proposal that has succeeded to the timelock, for anybody, and
    /// returns the operation's id, by which anybody executes it there.
    pub fn queue(e: &Env, id: u32) -> BytesN<32> {
        ttl::extend_instance(e);
        enforce_running(e);
        proposals::queue(e, id)
    }

    /// Withdraws a proposal: the proposer until the vote is over, the guardian
    /// until it is executed.
    pub fn cancel(e: &Env, caller: Address, id: u32) {
        caller.require_auth();
        ttl::extend_instance(e);
        proposals::cancel(e, caller, id);
    }

    /// Sets a kind's rules for the proposals made from then on.
    #[only_admin]
    pub fn set_rules(e: &Env, kind: Kind, rules: Rules) {
        ttl::extend_instance(e);
        keep_rules(e, kind, rules);
    }

    /// Says what proposals of a kind may call.
    #[only_admin]
    pub fn set_scope(e: &Env, kind: Kind, scope: Vec<Grant>) {
        ttl::extend_instance(e);
        keep_scope(e, kind, scope);
    }

    pub fn proposal(e: &Env, id: u32) -> Detail {
        let proposal = storage::proposal(e, id);
        Detail {
            status: proposals::status(e, id, &proposal),
            calls: storage::calls(e, id),
            proposal,
        }
    }

    pub fn status(e: &Env, id: u32) -> Status {
        proposals::status(e, id, &storage::proposal(e, id))
    }

    /// What an address voted, if it did.
    pub fn vote_of(e: &Env, id: u32, voter: Address) -> Option<Choice> {
        storage::vote(e, id, &voter)
    }

    /// The id that the timelock knows a proposal by.
    pub fn operation_id(e: &Env, id: u32) -> BytesN<32> {
        proposals::operation_id(e, id)
    }

    /// How many proposals there are; they are numbered from 1.
    pub fn count(e: &Env) -> u32 {
        storage::count(e)
    }

    pub fn rules(e: &Env, kind: Kind) -> Rules {
        storage::rules(e, kind)
    }

    pub fn scope(e: &Env, kind: Kind) -> Vec<Grant> {
        storage::scope(e, kind)
    }

    pub fn house(e: &Env) -> House {
        storage::house(e)
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for Governor {}

fn keep_rules(e: &Env, kind: Kind, rules: Rules) {
    or_refuse(e, rules.check(kind));
    storage::set_rules(e, kind, &rules);
    RulesSet { kind, rules }.publish(e);
}

fn keep_scope(e: &Env, kind: Kind, scope: Vec<Grant>) {
    or_refuse(e, rules::check_scope(kind, &scope));
    storage::set_scope(e, kind, &scope);
    ScopeSet { kind, scope }.publish(e);
}
