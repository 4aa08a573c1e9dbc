//! What the governor asks of the other contracts.
use foundation::{Call, OperationState};
use soroban_sdk::{contractclient, Address, BytesN, Env, Vec};

use crate::{
    storage,
    types::{Rules, Weight},
};

#[contractclient(name = "RegistryClient")]
pub trait Registry {
    fn is_member_at(e: Env, member: Address, timestamp: u64) -> bool;
    fn members_at(e: Env, timestamp: u64) -> u32;
}

#[contractclient(name = "StakingClient")]
pub trait Staking {
    fn weight_at(e: Env, member: Address, timestamp: u64) -> i128;
    fn total_at(e: Env, timestamp: u64) -> i128;
}

#[contractclient(name = "TimelockClient")]
pub trait Timelock {
    fn schedule(e: Env, id: BytesN<32>, calls: Vec<Call>, delay: u64);
    fn cancel(e: Env, caller: Address, id: BytesN<32>);
    fn shortest_delay(e: Env) -> u64;
    fn state(e: Env, id: BytesN<32>) -> OperationState;
}

pub fn was_member(e: &Env, member: &Address, moment: u64) -> bool {
    RegistryClient::new(e, &storage::house(e).registry).is_member_at(member, &moment)
}

/// Everything that could vote at a moment.
pub fn eligible_at(e: &Env, rules: &Rules, moment: u64) -> i128 {
    let house = storage::house(e);
    match rules.weight {
        Weight::Members => RegistryClient::new(e, &house.registry)
            .members_at(&moment)
            .into(),
        Weight::Stake => StakingClient::new(e, &house.staking).total_at(&moment),
    }
}

/// What one voter weighed at a moment.
pub fn weight_at(e: &Env, rules: &Rules, voter: &Address, moment: u64) -> i128 {
    match rules.weight {
        Weight::Members => was_member(e, voter, moment).into(),
        // GRID is anybody's: only who was on the roll decides with it.
        Weight::Stake if !was_member(e, voter, moment) => 0,
        Weight::Stake => {
            StakingClient::new(e, &storage::house(e).staking).weight_at(voter, &moment)
        }
    }
}

pub fn timelock(e: &Env) -> TimelockClient<'_> {
    TimelockClient::new(e, &storage::house(e).timelock)
}
