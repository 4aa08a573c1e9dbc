mod common;

use common::{active, code, funded, refusal, site, GOAL};
use foundation::StewardError;
use generator::{Announced, GeneratorError, Objected, State, ANSWER_SECONDS, BUILDING_SECONDS};
use soroban_sdk::BytesN;

#[test]
fn a_milestone_is_paid_alone_once_the_village_has_had_its_time() {
    let s = funded();
    let said = s.client.announce(&Some(0), &s.hash());
    s.last_event(Announced {
        milestone: Some(0),
        evidence_hash: s.hash(),
        from: s.now() + ANSWER_SECONDS,
    });
    assert_eq!(s.client.announced(), Some(said));
    s.wait(ANSWER_SECONDS - 1);
    let early = refusal(s.client.try_carry_out(&Some(0), &s.hash()));
    assert_eq!(early, GeneratorError::AnswerAwaited);
    assert_eq!(s.balance(&s.provider), 0);
    s.wait(1);
    s.client.carry_out(&Some(0), &s.hash());
    assert_eq!(s.balance(&s.provider), GOAL * 3 / 10);
    assert_eq!(s.client.announced(), None);
    let twice = refusal(s.client.try_carry_out(&Some(0), &s.hash()));
    assert_eq!(twice, GeneratorError::NothingAnnounced);
    s.check_sums();
}

#[test]
fn a_generator_that_nobody_answers_for_returns_the_escrow_to_its_owners() {
    let s = funded();
    s.client.announce(&None, &s.hash());
    s.wait(ANSWER_SECONDS);
    s.client.carry_out(&None, &s.hash());
    assert_eq!(s.client.state(), State::Retired);
    for owner in [&s.ada, &s.ben, &s.cal] {
        s.client.claim(owner);
    }
    assert_eq!(s.balance(&s.id), 0);
    s.check_sums();
}

#[test]
fn the_requesters_no_ends_it() {
    let s = funded();
    let nothing = refusal(s.client.try_raise_objection());
    assert_eq!(nothing, GeneratorError::NothingAnnounced);
    s.client.announce(&Some(1), &s.hash());
    s.wait(ANSWER_SECONDS);
    s.client.raise_objection();
    s.last_event(Objected { milestone: Some(1) });
    let gone = refusal(s.client.try_carry_out(&Some(1), &s.hash()));
    assert_eq!(gone, GeneratorError::NothingAnnounced);
    assert_eq!(s.balance(&s.provider), 0);
}

#[test]
fn another_announcement_waits_from_its_own_beginning() {
    let s = active();
    s.client.announce(&Some(0), &s.hash());
    s.wait(ANSWER_SECONDS - 1);
    s.client.announce(&None, &s.hash());
    s.wait(1);
    let replaced = refusal(s.client.try_carry_out(&Some(0), &s.hash()));
    assert_eq!(replaced, GeneratorError::NothingAnnounced);
    let early = refusal(s.client.try_carry_out(&None, &s.hash()));
    assert_eq!(early, GeneratorError::AnswerAwaited);
    s.wait(ANSWER_SECONDS - 1);
    s.client.carry_out(&None, &s.hash());
    assert_eq!(s.client.state(), State::Retired);
    assert_eq!(s.balance(&s.provider), 0);
}

#[test]
fn what_cannot_be_done_is_not_announced() {
    let s = site();
    for milestone in [None, Some(0)] {
        let early = refusal(s.client.try_announce(&milestone, &s.hash()));
        assert_eq!(early, GeneratorError::WrongState);
    }
    s.fund_all();
    let unknown = refusal(s.client.try_announce(&Some(3), &s.hash()));
    assert_eq!(unknown, GeneratorError::NoSuchMilestone);
    s.client.release(&0, &s.hash());
    let paid = refusal(s.client.try_announce(&Some(0), &s.hash()));
    assert_eq!(paid, GeneratorError::MilestoneReleased);
}

#[test]
fn what_both_have_done_meanwhile_is_not_done_again() {
    let s = funded();
    s.client.announce(&Some(0), &s.hash());
    s.client.release(&0, &s.hash());
    s.wait(ANSWER_SECONDS);
    let paid = refusal(s.client.try_carry_out(&Some(0), &s.hash()));
    assert_eq!(paid, GeneratorError::MilestoneReleased);
    s.client.announce(&Some(1), &s.hash());
    s.client.retire();
    s.wait(ANSWER_SECONDS);
    let over = refusal(s.client.try_carry_out(&Some(1), &s.hash()));
    assert_eq!(over, GeneratorError::WrongState);
    s.check_sums();
}

#[test]
fn a_pause_stops_the_cooperative_and_not_the_objection() {
    let s = funded();
    s.client.announce(&Some(0), &s.hash());
    s.wait(ANSWER_SECONDS);
    s.client.pause(&s.admin);
    for stopped in [
        code(s.client.try_announce(&None, &s.hash())),
        code(s.client.try_carry_out(&Some(0), &s.hash())),
    ] {
        assert_eq!(stopped, StewardError::Paused as u32);
    }
    s.client.raise_objection();
    assert_eq!(s.client.announced(), None);
}

#[test]
fn what_was_not_done_in_time_is_announced_anew() {
    let s = funded();
    s.client.announce(&Some(0), &s.hash());
    let other = BytesN::from_array(&s.e, &[8; 32]);
    s.wait(2 * ANSWER_SECONDS - 1);
    let evidence = refusal(s.client.try_carry_out(&Some(0), &other));
    assert_eq!(evidence, GeneratorError::NothingAnnounced);
    s.wait(1);
    let late = refusal(s.client.try_carry_out(&Some(0), &s.hash()));
    assert_eq!(late, GeneratorError::NothingAnnounced);
    assert_eq!(s.balance(&s.provider), 0);
    s.client.announce(&Some(0), &s.hash());
    s.wait(ANSWER_SECONDS);
    s.client.carry_out(&Some(0), &s.hash());
}

#[test]
fn who_sent_the_first_token_has_accepted_the_work() {
    let s = active();
    s.client.announce(&Some(0), &s.hash());
    let accepted = refusal(s.client.try_raise_objection());
    assert_eq!(accepted, GeneratorError::ObjectionOver);
    s.wait(ANSWER_SECONDS);
    s.client.carry_out(&Some(0), &s.hash());
    assert_eq!(s.balance(&s.provider), GOAL * 3 / 10);
    // It stays theirs to say whether what runs ends, however old it is.
    s.wait(BUILDING_SECONDS * 3);
    s.client.announce(&None, &s.hash());
    s.client.raise_objection();
    assert_eq!(s.client.announced(), None);
    s.check_sums();
}

#[test]
fn what_does_not_run_a_year_after_its_funding_ends_without_the_requester() {
    let s = funded();
    let left = s.client.terms().deadline + BUILDING_SECONDS - s.now();
    s.wait(left - 1);
    s.client.announce(&None, &s.hash());
    s.client.raise_objection();
    s.client.announce(&None, &s.hash());
    s.wait(1);
    let late = refusal(s.client.try_raise_objection());
    assert_eq!(late, GeneratorError::ObjectionOver);
    // What is paid to the provider still needs the village.
    s.client.announce(&Some(0), &s.hash());
    s.client.raise_objection();
    s.client.announce(&None, &s.hash());
    s.wait(ANSWER_SECONDS);
    s.client.carry_out(&None, &s.hash());
    assert_eq!(s.client.state(), State::Retired);
    for owner in [&s.ada, &s.ben, &s.cal] {
        s.client.claim(owner);
    }
    assert_eq!(s.balance(&s.id), 0);
    s.check_sums();
}

#[test]
fn the_first_token_keeps_what_was_to_end() {
    let s = funded();
    s.client.install(&s.key());
    s.wait(BUILDING_SECONDS * 2);
    s.client.announce(&None, &s.hash());
    s.wait(ANSWER_SECONDS);
    s.client.activate(&s.requester, &1);
    let kept = refusal(s.client.try_carry_out(&None, &s.hash()));
    assert_eq!(kept, GeneratorError::NothingAnnounced);
    assert_eq!(s.client.state(), State::Active);
    assert_eq!(s.client.announced(), None);
    s.check_sums();
}
