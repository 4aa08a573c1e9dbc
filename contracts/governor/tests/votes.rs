//! Who votes, when, and what it weighs.
mod common;

use common::{code, refusal, site, NOTICE, PERIOD};
use foundation::StewardError;
use governor::{tally::Tally, Choice, GovernorError, Kind, Proposed, Rules, Status, Voted, Weight};
use soroban_sdk::{
    testutils::{Address as _, Events, MockAuth, MockAuthInvoke},
    vec, Address, Event, IntoVal,
};

#[test]
fn nobody_votes_twice() {
    let s = site();
    let id = s.propose(Kind::Text);
    s.votes(id, 1, 0, 0);
    for choice in [Choice::Yes, Choice::No, Choice::Abstain] {
        let again = s.client.try_vote(&s.members[0], &id, &choice);
        assert_eq!(refusal(again), GovernorError::AlreadyVoted);
    }
    assert_eq!(s.client.proposal(&id).proposal.tally.cast(), 1);
    assert_eq!(s.client.vote_of(&id, &s.members[0]), Some(Choice::Yes));
    assert_eq!(s.client.vote_of(&id, &s.members[1]), None);
}

#[test]
fn who_is_not_a_member_does_not_vote() {
    let s = site();
    let id = s.propose(Kind::Text);
    let refused = s.client.try_vote(&s.stranger, &id, &Choice::Yes);
    assert_eq!(refusal(refused), GovernorError::NoVote);
}

#[test]
fn who_joins_after_the_snapshot_does_not_vote() {
    let s = site();
    // In the second of the proposal itself, before and after it.
    let early = Address::generate(&s.e);
    s.registry.join(&early);
    let id = s.propose(Kind::Text);
    s.registry.join(&s.stranger);
    s.wait(60);
    for voter in [&early, &s.stranger] {
        let refused = s.client.try_vote(voter, &id, &Choice::Yes);
        assert_eq!(refusal(refused), GovernorError::NoVote);
    }
    assert_eq!(s.client.proposal(&id).proposal.tally.eligible, 10);
}

#[test]
fn who_leaves_after_the_snapshot_still_votes() {
    let s = site();
    let id = s.propose(Kind::Text);
    s.registry.leave(&s.members[1], &s.members[1]);
    s.wait(60);
    s.votes(id, 2, 0, 0);
}

#[test]
fn a_vote_counts_from_the_opening_until_the_deadline() {
    let s = site();
    let id = s.propose(Kind::Mechanism);
    assert_eq!(s.client.status(&id), Status::Announced);
    s.wait(NOTICE - 1);
    let early = s.client.try_vote(&s.members[0], &id, &Choice::Yes);
    assert_eq!(refusal(early), GovernorError::VotingNotBegun);
    s.wait(1);
    assert_eq!(s.client.status(&id), Status::Open);
    s.client.vote(&s.members[0], &id, &Choice::Yes);
    s.wait(PERIOD - 1);
    s.client.vote(&s.members[1], &id, &Choice::Yes);
    s.wait(1);
    let late = s.client.try_vote(&s.members[2], &id, &Choice::Yes);
    assert_eq!(refusal(late), GovernorError::VotingOver);
}

#[test]
fn only_voters_themselves_vote() {
    let s = site();
    let id = s.propose(Kind::Text);
    let (ada, ben) = (&s.members[0], &s.members[1]);
    let vote = |signer: &Address| {
        s.e.mock_auths(&[MockAuth {
            address: signer,
            invoke: &MockAuthInvoke {
                contract: &s.id,
                fn_name: "vote",
                args: (ada, id, Choice::Yes).into_val(&s.e),
                sub_invokes: &[],
            },
        }]);
        s.client.try_vote(ada, &id, &Choice::Yes).is_ok()
    };
    assert!(!vote(ben));
    assert!(vote(ada));
}

#[test]
fn grid_counts_by_stake_where_the_rules_say_so() {
    let s = site();
    s.staking.stake(&s.members[0], &600);
    s.staking.stake(&s.members[1], &400);
    s.wait(1);
    let id = s.propose(Kind::Budget);
    // Too late for this vote.
    s.staking.stake(&s.members[1], &9_000);
    s.staking.stake(&s.members[2], &9_000);
    s.staking.request_unstake(&s.members[0], &600);
    s.wait(60);
    s.client.vote(&s.members[0], &id, &Choice::Yes);
    s.client.vote(&s.members[1], &id, &Choice::No);
    let refused = s.client.try_vote(&s.members[2], &id, &Choice::No);
    assert_eq!(refusal(refused), GovernorError::NoVote);
    let tally = s.client.proposal(&id).proposal.tally;
    assert_eq!((tally.eligible, tally.yes, tally.no), (1_000, 600, 400));
}

#[test]
fn stake_weighs_nothing_where_members_vote() {
    let s = site();
    s.staking.stake(&s.members[0], &9_000);
    s.wait(1);
    let id = s.propose(Kind::Parameter);
    s.votes(id, 1, 2, 0);
    let tally = s.client.proposal(&id).proposal.tally;
    assert_eq!((tally.eligible, tally.yes, tally.no), (10, 1, 2));
}

#[test]
fn there_is_no_vote_without_voters() {
    let s = site();
    let calls = vec![&s.e, s.set_parameter(1)];
    let (kind, text) = (Kind::Budget, s.text());
    let refused = s.client.try_propose(&s.members[0], &kind, &calls, &text);
    assert_eq!(refusal(refused), GovernorError::NobodyEligible);
}

#[test]
fn more_votes_than_there_are_do_not_count() {
    let mut tally = Tally::of(10);
    assert_eq!(tally.add(Choice::Yes, 7), Ok(()));
    let over = tally.add(Choice::Abstain, 4);
    assert_eq!(over, Err(GovernorError::TooManyVotes));
    assert_eq!(tally.add(Choice::No, 0), Err(GovernorError::NoVote));
    assert_eq!(tally.add(Choice::No, -1), Err(GovernorError::NoVote));
    assert_eq!(tally.add(Choice::No, 3), Ok(()));
    assert_eq!(tally.cast(), 10);
}

#[test]
fn the_largest_weights_do_not_overflow() {
    let most = i128::from(u64::MAX);
    let mut tally = Tally::of(most);
    let rules = Rules {
        quorum_bps: 10_000,
        majority_bps: 10_000,
        notice: 0,
        period: PERIOD,
        delay: 0,
        weight: Weight::Stake,
    };
    tally.add(Choice::Yes, most - 1).unwrap();
    assert_eq!(tally.judge(&rules), Err(GovernorError::QuorumMissed));
    tally.add(Choice::Abstain, 1).unwrap();
    assert_eq!(tally.judge(&rules), Ok(()));
}

#[test]
fn proposals_and_votes_are_told() {
    let s = site();
    let id = s.propose(Kind::Text);
    let event = Proposed {
        id,
        proposer: s.members[0].clone(),
        kind: Kind::Text,
        calls: vec![&s.e],
        description_hash: s.text(),
        eligible: 10,
        snapshot: s.now() - 1,
        opens_at: s.now(),
        closes_at: s.now() + PERIOD,
    };
    let told = event.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
    s.client.vote(&s.members[1], &id, &Choice::Abstain);
    let event = Voted {
        id,
        voter: s.members[1].clone(),
        choice: Choice::Abstain,
        weight: 1,
    };
    let told = event.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
}

#[test]
fn a_pause_stops_proposals_votes_and_the_queue() {
    let s = site();
    let passed = s.passed(Kind::Parameter);
    let open = s.propose(Kind::Text);
    s.client.pause(&s.guardian);
    let paused = StewardError::Paused as u32;
    let vote = s.client.try_vote(&s.members[0], &open, &Choice::Yes);
    assert_eq!(code(vote), paused);
    assert_eq!(code(s.client.try_queue(&passed)), paused);
    let calls = vec![&s.e];
    let (kind, text) = (Kind::Text, s.text());
    let proposed = s.client.try_propose(&s.members[0], &kind, &calls, &text);
    assert_eq!(code(proposed), paused);
    s.client.cancel(&s.members[0], &open);
}
