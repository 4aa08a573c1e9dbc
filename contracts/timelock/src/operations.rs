//! The verbs. None of them authorises; the door does.
use foundation::{enforce_running, Call, OperationState, MAX_CALLS};
use soroban_sdk::{panic_with_error, Address, BytesN, Env, Symbol, Val, Vec};

use crate::{
    errors::TimelockError,
    events::{Cancelled, Executed, Scheduled},
    own::{self, OwnCall},
    storage,
    types::{Operation, Outcome, LONGEST_DELAY},
};

pub fn schedule(e: &Env, id: BytesN<32>, calls: Vec<Call>, delay: u64) {
    let terms = storage::terms(e);
    if !(terms.shortest_delay..=LONGEST_DELAY).contains(&delay) {
        panic_with_error!(e, TimelockError::InvalidDelay);
    }
    if !(1..=MAX_CALLS).contains(&calls.len()) {
        panic_with_error!(e, TimelockError::InvalidCalls);
    }
    for call in calls.iter().filter(|call| is_own(e, call)) {
        own::read(e, &call);
    }
    // An id is used once, ever: also after a cancellation.
    if storage::find_operation(e, &id).is_some() {
        panic_with_error!(e, TimelockError::OperationExists);
    }
    let ready_at = e.ledger().timestamp().saturating_add(delay);
    let operation = Operation {
        calls,
        ready_at,
        expires_at: ready_at.saturating_add(terms.grace),
        outcome: Outcome::Pending,
    };
    storage::set_operation(e, &id, &operation);
    Scheduled {
        id,
        calls: operation.calls,
        ready_at,
        expires_at: operation.expires_at,
    }
    .publish(e);
}

/// Makes all the calls or none: one that fails fails the execution, which may
/// be tried again until the operation expires.
pub fn execute(e: &Env, id: BytesN<32>) {
    let mut operation = storage::operation(e, &id);
    match operation.state(e.ledger().timestamp()) {
        OperationState::Ready => {}
        OperationState::Waiting => panic_with_error!(e, TimelockError::TooEarly),
        state => refuse_closed(e, state),
    }
    if !only_unpauses(e, &operation) {
        enforce_running(e);
    }
    // Before the calls, so that none of them finds it ready.
    operation.outcome = Outcome::Executed;
    storage::set_operation(e, &id, &operation);
    for call in operation.calls {
        if is_own(e, &call) {
            own::read(e, &call).run(e);
        } else {
            e.invoke_contract::<Val>(&call.target, &call.function, call.args);
        }
    }
    Executed { id }.publish(e);
}

pub fn cancel(e: &Env, id: BytesN<32>, by: Address) {
    let mut operation = storage::operation(e, &id);
    match operation.state(e.ledger().timestamp()) {
        OperationState::Waiting | OperationState::Ready => {}
        state => refuse_closed(e, state),
    }
    operation.outcome = Outcome::Cancelled;
    storage::set_operation(e, &id, &operation);
    Cancelled { id, by }.publish(e);
}

pub fn state(e: &Env, id: &BytesN<32>) -> OperationState {
    storage::operation(e, id).state(e.ledger().timestamp())
}

fn refuse_closed(e: &Env, state: OperationState) -> ! {
    match state {
        OperationState::Executed => panic_with_error!(e, TimelockError::AlreadyExecuted),
        OperationState::Cancelled => panic_with_error!(e, TimelockError::AlreadyCancelled),
        _ => panic_with_error!(e, TimelockError::Expired),
    }
}

fn is_own(e: &Env, call: &Call) -> bool {
    call.target == e.current_contract_address()
}

/// A pause must not be able to keep itself up for good.
fn only_unpauses(e: &Env, operation: &Operation) -> bool {
    operation.calls.iter().all(|call| {
        is_own(e, &call)
            && call.function == Symbol::new(e, "unpause")
            && matches!(own::read(e, &call), OwnCall::Unpause)
    })
}
