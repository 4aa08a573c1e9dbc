//! The verbs. None of them authorises; the door does.
use foundation::{is_guardian, Call, OperationState};
use soroban_sdk::{panic_with_error, xdr::ToXdr, Address, BytesN, Env, Vec};

use crate::{
    clients,
    errors::GovernorError,
    events::{Cancelled, Proposed, Queued, Voted},
    rules, storage,
    tally::Tally,
    types::{Choice, Kind, Proposal, Stage, Status, QUEUE_PERIOD},
};

pub fn propose(
    e: &Env,
    proposer: Address,
    kind: Kind,
    calls: Vec<Call>,
    description_hash: BytesN<32>,
) -> u32 {
    or_refuse(
        e,
        rules::check_calls(kind, &calls, &storage::scope(e, kind)),
    );
    let now = e.ledger().timestamp();
    // The last second that is over: nobody joins or stakes after having read
    // the proposal and still votes on it.
    let snapshot = now.saturating_sub(1);
    if !clients::was_member(e, &proposer, snapshot) {
        panic_with_error!(e, GovernorError::NotMember);
    }
    let rules = storage::rules(e, kind);
    let eligible = clients::eligible_at(e, &rules, snapshot);
    if eligible <= 0 {
        panic_with_error!(e, GovernorError::NobodyEligible);
    }
    let opens_at = now.saturating_add(rules.notice);
    let proposal = Proposal {
        kind,
        proposer,
        description_hash,
        snapshot,
        opens_at,
        closes_at: opens_at.saturating_add(rules.period),
        rules,
        tally: Tally::of(eligible),
        stage: Stage::Voting,
    };
    let id = storage::add_proposal(e, &proposal, &calls);
    Proposed {
        id,
        proposer: proposal.proposer,
        kind,
        calls,
        description_hash: proposal.description_hash,
        eligible,
        snapshot,
        opens_at,
        closes_at: proposal.closes_at,
    }
    .publish(e);
    id
}

pub fn vote(e: &Env, voter: Address, id: u32, choice: Choice) {
    let mut proposal = storage::proposal(e, id);
    let now = e.ledger().timestamp();
    if proposal.stage == Stage::Cancelled {
        panic_with_error!(e, GovernorError::AlreadyCancelled);
    }
    if now < proposal.opens_at {
        panic_with_error!(e, GovernorError::VotingNotBegun);
    }
    if now >= proposal.closes_at {
        panic_with_error!(e, GovernorError::VotingOver);
    }
    if storage::vote(e, id, &voter).is_some() {
        panic_with_error!(e, GovernorError::AlreadyVoted);
    }
    let weight = clients::weight_at(e, &proposal.rules, &voter, proposal.snapshot);
    or_refuse(e, proposal.tally.add(choice, weight));
    storage::set_vote(e, id, &voter, choice);
    storage::set_proposal(e, id, &proposal);
    Voted {
        id,
        voter,
        choice,
        weight,
    }
    .publish(e);
}

/// Hands what has succeeded to the timelock.
pub fn queue(e: &Env, id: u32) -> BytesN<32> {
    let mut proposal = storage::proposal(e, id);
    let now = e.ledger().timestamp();
    match proposal.stage {
        Stage::Queued => panic_with_error!(e, GovernorError::AlreadyQueued),
        Stage::Cancelled => panic_with_error!(e, GovernorError::AlreadyCancelled),
        Stage::Voting => {}
    }
    if now < proposal.closes_at {
        panic_with_error!(e, GovernorError::VotingNotOver);
    }
    or_refuse(e, proposal.tally.judge(&proposal.rules));
    if proposal.kind == Kind::Text {
        panic_with_error!(e, GovernorError::NothingToQueue);
    }
    if now >= queue_ends(&proposal) {
        panic_with_error!(e, GovernorError::QueueExpired);
    }
    let calls = storage::calls(e, id);
    // Again: what was granted then may have been taken back since.
    let scope = storage::scope(e, proposal.kind);
    or_refuse(e, rules::check_calls(proposal.kind, &calls, &scope));
    proposal.stage = Stage::Queued;
    storage::set_proposal(e, id, &proposal);
    let (timelock, operation) = (clients::timelock(e), operation_id(e, id));
    // A shortest delay raised since must not lock governance out.
    let delay = proposal.rules.delay.max(timelock.shortest_delay());
    timelock.schedule(&operation, &calls, &delay);
    Queued {
        id,
        operation: operation.clone(),
    }
    .publish(e);
    operation
}

/// The proposer until the vote is over; the guardian until it has happened.
pub fn cancel(e: &Env, caller: Address, id: u32) {
    let mut proposal = storage::proposal(e, id);
    let status = status(e, id, &proposal);
    match status {
        Status::Cancelled => panic_with_error!(e, GovernorError::AlreadyCancelled),
        Status::Defeated | Status::Executed | Status::Expired => {
            panic_with_error!(e, GovernorError::Closed)
        }
        // A text that has passed has happened.
        Status::Succeeded if proposal.kind == Kind::Text => {
            panic_with_error!(e, GovernorError::Closed)
        }
        _ => {}
    }
    let voting = matches!(status, Status::Announced | Status::Open);
    let withdraws = voting && caller == proposal.proposer;
    if !withdraws && !is_guardian(e, &caller) {
        panic_with_error!(e, GovernorError::NotEntitled);
    }
    proposal.stage = Stage::Cancelled;
    storage::set_proposal(e, id, &proposal);
    if status == Status::Queued {
        let here = e.current_contract_address();
        clients::timelock(e).cancel(&here, &operation_id(e, id));
    }
    Cancelled { id, by: caller }.publish(e);
}

pub fn status(e: &Env, id: u32, proposal: &Proposal) -> Status {
    let now = e.ledger().timestamp();
    match proposal.stage {
        Stage::Cancelled => Status::Cancelled,
        // The timelock alone knows what has become of it.
        Stage::Queued => match clients::timelock(e).state(&operation_id(e, id)) {
            OperationState::Waiting | OperationState::Ready => Status::Queued,
            OperationState::Executed => Status::Executed,
            OperationState::Cancelled => Status::Cancelled,
            OperationState::Expired => Status::Expired,
        },
        Stage::Voting if now < proposal.opens_at => Status::Announced,
        Stage::Voting if now < proposal.closes_at => Status::Open,
        Stage::Voting => match proposal.tally.judge(&proposal.rules) {
            Err(_) => Status::Defeated,
            // A text has nothing to be queued: it stands.
            Ok(()) if proposal.kind == Kind::Text || now < queue_ends(proposal) => {
                Status::Succeeded
            }
            Ok(()) => Status::Expired,
        },
    }
}

/// What the timelock calls a proposal: another governor's differ.
pub fn operation_id(e: &Env, id: u32) -> BytesN<32> {
    let mut bytes = e.current_contract_address().to_xdr(e);
    bytes.extend_from_array(&id.to_be_bytes());
    e.crypto().sha256(&bytes).to_bytes()
}

fn queue_ends(proposal: &Proposal) -> u64 {
    proposal.closes_at.saturating_add(QUEUE_PERIOD)
}

pub fn or_refuse<T>(e: &Env, result: Result<T, GovernorError>) -> T {
    result.unwrap_or_else(|error| panic_with_error!(e, error))
}
