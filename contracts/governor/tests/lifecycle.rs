//! From the proposal to what it does.
mod common;

use common::{code, refusal, site, Site, DAY, DEFAULT, DELAY, GRACE, PERIOD, TERM};
use governor::{Cancelled, GovernorError, Kind, Queued, Status, QUEUE_PERIOD};
use soroban_sdk::{testutils::Events, vec, Event, IntoVal, Symbol, Vec};
use timelock::TimelockError;

/// What becomes of a vote of ten members.
fn outcome(s: &Site, kind: Kind, yes: usize, no: usize, abstain: usize) -> Option<GovernorError> {
    let id = s.propose(kind);
    s.votes(id, yes, no, abstain);
    s.wait(PERIOD);
    match s.client.try_queue(&id) {
        Ok(_) => None,
        refused => {
            assert_eq!(s.client.status(&id), Status::Defeated);
            Some(refusal(refused))
        }
    }
}

#[test]
fn a_vote_changes_a_parameter_after_the_timelock() {
    let s = site();
    let id = s.passed(Kind::Parameter);
    assert_eq!(s.client.status(&id), Status::Succeeded);
    s.e.set_auths(&[]);
    let operation = s.client.queue(&id);
    assert_eq!(s.client.status(&id), Status::Queued);
    s.wait(DELAY - 1);
    let early = s.timelock.try_execute(&operation);
    assert_eq!(code(early), TimelockError::TooEarly as u32);
    assert_eq!(s.value(), DEFAULT);
    s.wait(1);
    s.timelock.execute(&operation);
    assert_eq!(s.value(), 600);
    assert_eq!(s.client.status(&id), Status::Executed);
    let again = s.timelock.try_execute(&operation);
    assert_eq!(code(again), TimelockError::AlreadyExecuted as u32);
    let again = s.client.try_queue(&id);
    assert_eq!(refusal(again), GovernorError::AlreadyQueued);
}

#[test]
fn the_quorum_may_be_missed_by_one() {
    let s = site();
    let missed = Some(GovernorError::QuorumMissed);
    assert_eq!(outcome(&s, Kind::Parameter, 2, 0, 0), missed);
    assert_eq!(outcome(&s, Kind::Parameter, 3, 0, 0), None);
    assert_eq!(outcome(&s, Kind::Upgrade, 4, 0, 0), missed);
    assert_eq!(outcome(&s, Kind::Upgrade, 5, 0, 0), None);
}

#[test]
fn an_abstention_counts_for_the_quorum_and_not_for_the_majority() {
    let s = site();
    assert_eq!(outcome(&s, Kind::Parameter, 1, 0, 2), None);
    let missed = Some(GovernorError::MajorityMissed);
    assert_eq!(outcome(&s, Kind::Parameter, 0, 0, 10), missed);
    assert_eq!(outcome(&s, Kind::Parameter, 1, 1, 8), missed);
}

#[test]
fn the_majority_may_be_missed_by_one() {
    let s = site();
    let missed = Some(GovernorError::MajorityMissed);
    assert_eq!(outcome(&s, Kind::Parameter, 5, 5, 0), missed);
    assert_eq!(outcome(&s, Kind::Parameter, 5, 4, 0), None);
    // Two thirds.
    assert_eq!(outcome(&s, Kind::Upgrade, 6, 4, 0), missed);
    assert_eq!(outcome(&s, Kind::Upgrade, 7, 3, 0), None);
}

#[test]
fn nothing_is_queued_before_the_vote_is_over() {
    let s = site();
    let id = s.propose(Kind::Parameter);
    s.votes(id, 10, 0, 0);
    s.wait(PERIOD - 1);
    let early = s.client.try_queue(&id);
    assert_eq!(refusal(early), GovernorError::VotingNotOver);
}

#[test]
fn what_nobody_queues_in_time_expires() {
    let s = site();
    let id = s.passed(Kind::Parameter);
    s.wait(QUEUE_PERIOD);
    assert_eq!(s.client.status(&id), Status::Expired);
    let late = s.client.try_queue(&id);
    assert_eq!(refusal(late), GovernorError::QueueExpired);
}

#[test]
fn what_nobody_executes_in_time_expires() {
    let s = site();
    let id = s.passed(Kind::Parameter);
    let operation = s.client.queue(&id);
    s.wait(DELAY + GRACE);
    assert_eq!(s.client.status(&id), Status::Expired);
    let late = s.timelock.try_execute(&operation);
    assert_eq!(code(late), TimelockError::Expired as u32);
    let cancelled = s.client.try_cancel(&s.guardian, &id);
    assert_eq!(refusal(cancelled), GovernorError::Closed);
}

#[test]
fn a_text_stands_without_a_queue() {
    let s = site();
    let id = s.passed(Kind::Text);
    let queued = s.client.try_queue(&id);
    assert_eq!(refusal(queued), GovernorError::NothingToQueue);
    s.wait(QUEUE_PERIOD);
    assert_eq!(s.client.status(&id), Status::Succeeded);
    let cancelled = s.client.try_cancel(&s.guardian, &id);
    assert_eq!(refusal(cancelled), GovernorError::Closed);
}

#[test]
fn only_members_propose() {
    let s = site();
    let propose = |who, kind| {
        let calls = Vec::new(&s.e);
        s.client.try_propose(who, &kind, &calls, &s.text())
    };
    let refused = propose(&s.stranger, Kind::Text);
    assert_eq!(refusal(refused), GovernorError::NotMember);
    s.e.set_auths(&[]);
    assert!(propose(&s.members[0], Kind::Text).is_err());
    assert_eq!(s.client.count(), 0);
}

#[test]
fn a_text_makes_no_calls_and_anything_else_one_to_eight() {
    let s = site();
    let call = s.set_parameter(600);
    let refuse = |kind, count| {
        let calls = Vec::from_iter(&s.e, (0..count).map(|_| call.clone()));
        let refused = s
            .client
            .try_propose(&s.members[0], &kind, &calls, &s.text());
        assert_eq!(refusal(refused), GovernorError::InvalidCalls);
    };
    refuse(Kind::Text, 1);
    for kind in [Kind::Parameter, Kind::Upgrade] {
        refuse(kind, 0);
        refuse(kind, 9);
    }
}

#[test]
fn a_kind_calls_only_what_it_was_granted() {
    let s = site();
    let call = s.set_parameter(600);
    let (mut other_target, mut other_function) = (call.clone(), call.clone());
    other_target.target = s.timelock.address.clone();
    other_function.function = Symbol::new(&s.e, "upgrade");
    for (kind, second) in [
        (Kind::Parameter, &other_target),
        (Kind::Parameter, &other_function),
        (Kind::Membership, &call),
    ] {
        let calls = vec![&s.e, call.clone(), second.clone()];
        let refused = s
            .client
            .try_propose(&s.members[0], &kind, &calls, &s.text());
        assert_eq!(refusal(refused), GovernorError::OutOfScope);
    }
    s.propose_calls(Kind::Upgrade, &vec![&s.e, other_function]);
}

#[test]
fn a_grant_taken_back_stops_what_has_passed() {
    let s = site();
    let id = s.passed(Kind::Parameter);
    s.client.set_scope(&Kind::Parameter, &vec![&s.e]);
    let refused = s.client.try_queue(&id);
    assert_eq!(refusal(refused), GovernorError::OutOfScope);
}

#[test]
fn the_proposer_withdraws_until_the_vote_is_over() {
    let s = site();
    let id = s.propose(Kind::Parameter);
    let other = s.client.try_cancel(&s.members[1], &id);
    assert_eq!(refusal(other), GovernorError::NotEntitled);
    s.client.cancel(&s.members[0], &id);
    let event = Cancelled {
        id,
        by: s.members[0].clone(),
    };
    let told = event.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
    let again = s.client.try_cancel(&s.members[0], &id);
    assert_eq!(refusal(again), GovernorError::AlreadyCancelled);
    let vote = s
        .client
        .try_vote(&s.members[1], &id, &governor::Choice::Yes);
    assert_eq!(refusal(vote), GovernorError::AlreadyCancelled);
    s.wait(PERIOD);
    let queued = s.client.try_queue(&id);
    assert_eq!(refusal(queued), GovernorError::AlreadyCancelled);

    let id = s.passed(Kind::Parameter);
    let late = s.client.try_cancel(&s.members[0], &id);
    assert_eq!(refusal(late), GovernorError::NotEntitled);
}

#[test]
fn the_guardian_cancels_until_it_is_executed() {
    let s = site();
    let open = s.propose(Kind::Parameter);
    s.client.cancel(&s.guardian, &open);
    let passed = s.passed(Kind::Parameter);
    s.client.cancel(&s.guardian, &passed);
    let queued = s.passed(Kind::Parameter);
    let operation = s.client.queue(&queued);
    s.client.cancel(&s.guardian, &queued);
    s.wait(DELAY);
    let executed = s.timelock.try_execute(&operation);
    assert_eq!(code(executed), TimelockError::AlreadyCancelled as u32);

    let done = s.passed(Kind::Parameter);
    let operation = s.client.queue(&done);
    s.wait(DELAY);
    s.timelock.execute(&operation);
    let late = s.client.try_cancel(&s.guardian, &done);
    assert_eq!(refusal(late), GovernorError::Closed);
}

#[test]
fn what_the_guardian_cancels_in_the_timelock_is_cancelled_here() {
    let s = site();
    let id = s.passed(Kind::Parameter);
    let operation = s.client.queue(&id);
    s.timelock.cancel(&s.guardian, &operation);
    assert_eq!(s.client.status(&id), Status::Cancelled);
    let again = s.client.try_cancel(&s.guardian, &id);
    assert_eq!(refusal(again), GovernorError::AlreadyCancelled);
}

#[test]
fn a_guardian_whose_term_is_over_cancels_nothing() {
    let s = site();
    s.wait(TERM);
    let id = s.propose(Kind::Text);
    let refused = s.client.try_cancel(&s.guardian, &id);
    assert_eq!(refusal(refused), GovernorError::NotEntitled);
    s.e.set_auths(&[]);
    assert!(s.client.try_cancel(&s.members[0], &id).is_err());
}

#[test]
fn a_defeated_proposal_is_closed() {
    let s = site();
    let id = s.propose(Kind::Text);
    s.wait(PERIOD);
    let refused = s.client.try_cancel(&s.guardian, &id);
    assert_eq!(refusal(refused), GovernorError::Closed);
}

#[test]
fn a_shortest_delay_raised_meanwhile_is_kept() {
    let s = site();
    let longer = timelock::Terms {
        shortest_delay: 9 * DAY,
        grace: GRACE,
    };
    let raise = foundation::Call {
        target: s.timelock.address.clone(),
        function: Symbol::new(&s.e, "set_terms"),
        args: vec![&s.e, longer.into_val(&s.e)],
    };
    let id = s.propose_calls(Kind::Upgrade, &vec![&s.e, raise]);
    s.votes(id, 9, 0, 0);
    s.wait(PERIOD);
    let operation = s.client.queue(&id);
    s.wait(DELAY);
    s.timelock.execute(&operation);
    let id = s.passed(Kind::Parameter);
    let operation = s.client.queue(&id);
    let event = Queued {
        id,
        operation: operation.clone(),
    };
    let told = event.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
    assert_eq!(operation, s.client.operation_id(&id));
    assert_eq!(s.timelock.operation(&operation).ready_at, s.now() + 9 * DAY);
}

#[test]
fn a_vote_admits_a_member_where_the_timelock_is_registrar() {
    let s = site();
    s.registry.set_registrar(&s.timelock.address);
    let join = foundation::Call {
        target: s.registry.address.clone(),
        function: Symbol::new(&s.e, "join"),
        args: vec![&s.e, s.stranger.into_val(&s.e)],
    };
    let grant = governor::Grant {
        target: join.target.clone(),
        function: join.function.clone(),
    };
    s.client.set_scope(&Kind::Membership, &vec![&s.e, grant]);
    let id = s.propose_calls(Kind::Membership, &vec![&s.e, join]);
    s.votes(id, 5, 4, 0);
    s.wait(PERIOD);
    let operation = s.client.queue(&id);
    s.wait(DELAY);
    s.e.set_auths(&[]);
    s.timelock.execute(&operation);
    assert!(s.registry.is_member(&s.stranger));
}

#[test]
fn what_was_never_proposed_is_unknown() {
    let s = site();
    let unknown = GovernorError::UnknownProposal;
    assert_eq!(refusal(s.client.try_queue(&1)), unknown);
    assert_eq!(refusal(s.client.try_status(&1)), unknown);
    assert_eq!(refusal(s.client.try_proposal(&1)), unknown);
    assert_eq!(refusal(s.client.try_cancel(&s.guardian, &1)), unknown);
}
