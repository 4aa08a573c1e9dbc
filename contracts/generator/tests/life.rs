mod common;

use common::{active, code, funded, priced, refusal, site, FIRST, GOAL, MONTH, PRICE, SLOT};
use generator::{DeviceBound, GeneratorError, State, StateChanged};
use soroban_sdk::BytesN;

const STATES: [State; 6] = [
    State::Funding,
    State::Funded,
    State::Pending,
    State::Active,
    State::Retired,
    State::Failed,
];

#[test]
fn the_transition_table_is_this_one() {
    use State::*;
    let allowed = [
        (Funding, Funded),
        (Funding, Failed),
        (Funded, Pending),
        (Funded, Retired),
        (Pending, Active),
        (Pending, Retired),
        (Active, Retired),
    ];
    for from in STATES {
        for to in STATES {
            assert_eq!(from.may_become(to), allowed.contains(&(from, to)));
        }
    }
}

#[test]
fn an_installed_generator_waits_for_the_requesters_first_token() {
    let s = funded();
    s.client.install(&s.key());
    assert_eq!(s.client.state(), State::Pending);
    assert_eq!(s.client.device().key, Some(s.key()));
    let early = refusal(s.client.try_pay(&s.ada, &1_000, &PRICE));
    assert_eq!(early, GeneratorError::WrongState);
    s.client.activate(&s.requester, &FIRST);
    assert_eq!(s.client.state(), State::Active);
    // It is income as any payment is.
    assert_eq!(s.client.claimable(&s.ada), 95 * 5_000);
    assert_eq!(s.client.income().maintenance, 50_000);
    s.check_sums();
}

#[test]
fn a_stranger_does_not_activate_it() {
    let s = funded();
    s.client.install(&s.key());
    for stranger in [&s.ada, &s.admin, &s.provider] {
        let refused = refusal(s.client.try_activate(stranger, &FIRST));
        assert_eq!(refused, GeneratorError::NotRequester);
    }
    assert_eq!(s.client.state(), State::Pending);
}

#[test]
fn the_first_token_is_something_and_comes_once() {
    let s = funded();
    let early = refusal(s.client.try_activate(&s.requester, &FIRST));
    assert_eq!(early, GeneratorError::WrongState);
    s.client.install(&s.key());
    let nothing = refusal(s.client.try_activate(&s.requester, &0));
    assert_eq!(nothing, GeneratorError::InvalidAmount);
    s.client.activate(&s.requester, &1);
    let twice = refusal(s.client.try_activate(&s.requester, &1));
    assert_eq!(twice, GeneratorError::WrongState);
}

#[test]
fn it_is_installed_once_it_is_funded_and_once_only() {
    let s = site();
    let early = refusal(s.client.try_install(&s.key()));
    assert_eq!(early, GeneratorError::WrongState);
    s.fund_all();
    s.client.install(&s.key());
    s.last_event(StateChanged {
        state: State::Pending,
    });
    let twice = refusal(s.client.try_install(&s.key()));
    assert_eq!(twice, GeneratorError::WrongState);
}

#[test]
fn a_device_is_replaced_where_there_is_one() {
    let s = funded();
    let other = BytesN::from_array(&s.e, &[3; 32]);
    let refused = refusal(s.client.try_replace_device(&other));
    assert_eq!(refused, GeneratorError::WrongState);
    s.client.install(&s.key());
    s.client.replace_device(&other);
    s.last_event(DeviceBound { key: other.clone() });
    assert_eq!(s.client.device().key, Some(other));
    assert_eq!(s.client.state(), State::Pending);
}

#[test]
fn at_its_end_owners_claim_what_is_left() {
    let s = priced();
    s.client.release(&0, &s.hash());
    s.client.release(&1, &s.hash());
    s.client.pay(&s.cal, &1_000, &PRICE);
    s.client.retire();
    assert_eq!(s.client.state(), State::Retired);
    let (escrow, income) = (s.client.escrow(), s.client.income());
    assert_eq!((escrow.held, escrow.returned), (0, GOAL / 5));
    assert_eq!(income.maintenance, 0);
    // Half of what came in and of the milestone that was never reached.
    assert_eq!(s.client.claim(&s.ada), (FIRST + PRICE + GOAL / 5) / 2);
    s.check_sums();
    s.client.claim(&s.ben);
    s.client.claim(&s.cal);
    assert_eq!(s.balance(&s.id), 0);
}

#[test]
fn a_retired_generator_does_nothing_more() {
    let s = priced();
    s.client.list(&s.ben, &100, &7);
    s.client.retire();
    let refusals = [
        refusal(s.client.try_retire()),
        refusal(s.client.try_pay(&s.ada, &1_000, &PRICE)),
        refusal(s.client.try_set_price(&s.ada, &1)),
        refusal(s.client.try_clear_price(&s.ada)),
        refusal(s.client.try_list(&s.ada, &1, &1)),
        refusal(s.client.try_buy(&s.ada, &s.ben, &1, &7)),
        refusal(s.client.try_transfer(&s.ada, &s.ben, &1)),
        refusal(s.client.try_replace_device(&s.key())),
        refusal(s.client.try_release(&0, &s.hash())),
        refusal(s.client.try_activate(&s.requester, &1)),
        refusal(s.client.try_install(&s.key())),
        refusal(s.client.try_close_funding()),
        refusal(s.client.try_refund(&s.ada)),
        refusal(s.client.try_fund(&s.ada, &1)),
    ];
    for refused in refusals {
        assert_eq!(refused, GeneratorError::WrongState);
    }
    let from = s.now() + SLOT;
    let until = from + SLOT;
    let future = s.client.try_sell_future(&s.ada, &1, &from, &until, &1);
    assert_eq!(refusal(future), GeneratorError::WrongState);
    let signature = s.signature(&s.ada, 1, 1);
    let dispensed = s.client.try_dispense(&s.ada, &1, &1, &signature);
    assert_eq!(refusal(dispensed), GeneratorError::WrongState);
    s.client.unlist(&s.ben);
}

/// What was paid is the owners' income; the rule is said before anybody pays.
#[test]
fn credit_left_at_the_end_is_not_paid_back() {
    let s = priced();
    s.client.pay(&s.cal, &1_000, &PRICE);
    s.client.retire();
    assert_eq!(s.client.credit(&s.cal), 1_000);
    for owner in [&s.ada, &s.ben, &s.cal] {
        s.client.claim(owner);
    }
    assert_eq!(s.balance(&s.id), s.client.income().carry);
    s.check_sums();
}

#[test]
fn a_project_that_was_given_up_returns_the_money() {
    let s = funded();
    s.client.release(&0, &s.hash());
    s.client.retire();
    assert_eq!(s.client.claim(&s.cal), GOAL * 7 / 10 / 5);
    s.check_sums();
}

#[test]
fn a_funding_is_not_retired() {
    let s = site();
    let refused = refusal(s.client.try_retire());
    assert_eq!(refused, GeneratorError::WrongState);
    s.wait(MONTH);
    s.client.close_funding();
    assert_eq!(
        code(s.client.try_retire()),
        GeneratorError::WrongState as u32
    );
}

#[test]
fn a_generator_that_runs_is_as_the_terms_say() {
    let s = active();
    let terms = s.client.terms();
    assert_eq!(terms.goal, GOAL);
    assert_eq!(
        terms,
        common::terms(&s.e, &s.requester, &s.provider, &s.token.address)
    );
}
