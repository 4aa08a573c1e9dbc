//! The verbs. None of them authorises; the door does.
use foundation::checkpoints;
use soroban_sdk::{panic_with_error, Address, Env};

use crate::{
    errors::RegistryError,
    events::{Joined, Left},
    storage::{self, History},
    types::{Membership, Roll},
};

pub fn join(e: &Env, member: Address) {
    let (mut roll, mut membership) = (storage::roll(e), storage::member(e, &member));
    if membership.active {
        panic_with_error!(e, RegistryError::AlreadyMember);
    }
    roll.members = roll
        .members
        .checked_add(1)
        .unwrap_or_else(|| panic_with_error!(e, RegistryError::RegistryFull));
    membership.active = true;
    membership.since = e.ledger().timestamp();
    membership.joined = membership.joined.saturating_add(1);
    note(e, &member, roll.clone(), membership);
    Joined {
        member,
        members: roll.members,
    }
    .publish(e);
}

pub fn leave(e: &Env, member: Address, by: Address) {
    let (mut roll, mut membership) = (storage::roll(e), storage::member(e, &member));
    if !membership.active {
        panic_with_error!(e, RegistryError::NotMember);
    }
    roll.members -= 1;
    membership.active = false;
    note(e, &member, roll.clone(), membership);
    Left {
        member,
        by,
        members: roll.members,
    }
    .publish(e);
}

pub fn is_member_at(e: &Env, member: &Address, moment: u64) -> bool {
    enforce_past(e, moment);
    let last = storage::member(e, member).page;
    checkpoints::at(e, History::Of(member.clone()).pages(), last, moment) != 0
}

pub fn members_at(e: &Env, moment: u64) -> u32 {
    enforce_past(e, moment);
    checkpoints::at(e, History::All.pages(), storage::roll(e).page, moment) as u32
}

/// Keeps both and writes their histories.
fn note(e: &Env, member: &Address, mut roll: Roll, mut membership: Membership) {
    let now = e.ledger().timestamp();
    let of = History::Of(member.clone()).pages();
    membership.page = checkpoints::record(e, of, membership.page, now, membership.active.into());
    let all = History::All.pages();
    roll.page = checkpoints::record(e, all, roll.page, now, roll.members.into());
    storage::set_roll(e, &roll);
    storage::set_member(e, member, &membership);
}

fn enforce_past(e: &Env, moment: u64) {
    // Somebody may still join or leave within this second.
    if moment >= e.ledger().timestamp() {
        panic_with_error!(e, RegistryError::FutureLookup);
    }
}
