mod common;

use common::*;
use marketplace::{MarketError, Withdrawal};
use soroban_sdk::{testutils::Address as _, Address};

const WEEK: u64 = 7 * 86_400;

#[test]
fn members_join_at_their_first_deposit_or_mandate() {
    let m = market();
    assert_eq!(m.client.members(), 4);
    assert_eq!(m.client.index_of(&m.operator), 0);
    assert_eq!(m.client.index_of(m.member(CAL)), 3);
    assert_eq!(m.client.member_at(&3), Some(m.member(CAL).clone()));
    assert_eq!(m.client.member_at(&4), None);

    let dot = Address::generate(&m.e);
    let unknown = refusal(m.client.try_index_of(&dot));
    assert_eq!(unknown, MarketError::UnknownMember);
    m.client.set_mandate(&dot, &mandate());
    assert_eq!(m.client.index_of(&dot), 4);
    m.client.set_mandate(&dot, &mandate());
    assert_eq!(m.client.members(), 5);
}

#[test]
fn an_account_shows_everything_a_member_has() {
    let m = market();
    m.settle(&[section(NOON, 0).mint(ADA, 1_234)]);
    m.client.request_withdrawal(m.member(ADA), &77, &34);
    let account = m.client.account(m.member(ADA));
    assert_eq!(account.index, 1);
    assert_eq!(account.quote, PURSE);
    assert_eq!(account.energy_wh, 1_234);
    assert_eq!(account.mandate, mandate());
    let ready_at = m.e.ledger().timestamp() + WITHDRAW_DELAY;
    let asked = Withdrawal {
        amount: 77,
        wh: 34,
        ready_at,
    };
    assert_eq!(account.withdrawal, asked);
}

#[test]
fn energy_goes_out_and_in() {
    let m = market();
    m.settle(&[section(NOON, 0).mint(ADA, 1_000)]);
    assert_eq!(m.withdraw(ADA, 0, 600), (0, 600));
    assert_eq!(m.energy.balance(m.member(ADA)), 600);
    assert_eq!(m.quote_of(ADA), PURSE);
    m.check_conservation();
    m.client.deposit_energy(m.member(ADA), &250);
    assert_eq!(m.energy_of(ADA), 650);
    m.check_conservation();
    // What is left of it, and no more.
    assert_eq!(m.withdraw(ADA, 0, 651), (0, 650));
}

#[test]
fn a_withdrawal_waits_for_its_delay() {
    let m = market();
    let ben = m.member(BEN);
    let nothing = refusal(m.client.try_withdraw(ben));
    assert_eq!(nothing, MarketError::NothingToWithdraw);

    m.settle(&[section(NOON, 0).mint(BEN, 90)]);
    m.client.request_withdrawal(ben, &400, &50);
    m.wait(WITHDRAW_DELAY - 1);
    assert_eq!(refusal(m.client.try_withdraw(ben)), MarketError::TooEarly);
    m.wait(1);
    assert_eq!(m.client.withdraw(ben), (400, 50));
    assert_eq!(m.quote.balance(ben), 400);
    assert_eq!(m.energy.balance(ben), 50);
    assert_eq!((m.quote_of(BEN), m.energy_of(BEN)), (PURSE - 400, 40));
    m.check_conservation();
    let again = refusal(m.client.try_withdraw(ben));
    assert_eq!(again, MarketError::NothingToWithdraw);
}

#[test]
fn a_new_request_replaces_the_old_and_waits_again() {
    let m = market();
    let ben = m.member(BEN);
    m.client.request_withdrawal(ben, &400, &0);
    m.wait(WITHDRAW_DELAY);
    m.client.request_withdrawal(ben, &500, &0);
    assert_eq!(refusal(m.client.try_withdraw(ben)), MarketError::TooEarly);
    m.wait(WITHDRAW_DELAY);
    assert_eq!(m.client.withdraw(ben), (500, 0));
}

#[test]
fn a_request_is_good_for_a_week_and_then_asked_anew() {
    let m = market();
    let ben = m.member(BEN);
    m.client.request_withdrawal(ben, &400, &0);
    m.client.request_withdrawal(m.member(ADA), &300, &0);
    m.wait(WITHDRAW_DELAY + WEEK - 1);
    assert_eq!(m.client.withdraw(m.member(ADA)), (300, 0));
    m.wait(1);
    let over = refusal(m.client.try_withdraw(ben));
    assert_eq!(over, MarketError::RequestExpired);
    assert_eq!(m.withdraw(BEN, 400, 0), (400, 0));
}

#[test]
fn slots_in_flight_settle_before_the_payout() {
    let m = market();
    m.client.request_withdrawal(m.member(BEN), &PURSE, &0);
    m.settle(&[section(NOON, 0)
        .mint(ADA, 1_000)
        .trade(BEN, ADA, 1_000, 1_000_000)]);
    m.wait(WITHDRAW_DELAY);
    let paid = m.client.withdraw(m.member(BEN));
    assert_eq!(paid, (PURSE - 1_000_000, 0));
    assert_eq!(m.quote_of(BEN), 0);
    m.client.request_withdrawal(m.member(BEN), &1, &0);
    m.wait(WITHDRAW_DELAY);
    let empty = refusal(m.client.try_withdraw(m.member(BEN)));
    assert_eq!(empty, MarketError::NothingToWithdraw);
    m.check_conservation();
}

#[test]
fn leaving_needs_nobody_and_no_running_market() {
    let m = market();
    m.settle(&[section(NOON, 0).mint(BEN, 500)]);
    m.client.pause(&m.admin);
    m.client.request_withdrawal(m.member(BEN), &PURSE, &500);
    m.client.cancel_mandate(m.member(BEN));
    m.wait(WITHDRAW_DELAY);
    assert_eq!(m.client.withdraw(m.member(BEN)), (PURSE, 500));
    // Ben's own signature was all that the last call asked for.
    let auths = m.e.auths();
    assert!(auths.iter().all(|(signer, _)| signer == m.member(BEN)));
    m.check_conservation();
}

#[test]
fn amounts_are_above_zero() {
    let m = market();
    let ada = m.member(ADA);
    for amount in [0, -1, i128::MAX] {
        let invalid = MarketError::InvalidAmount;
        assert_eq!(refusal(m.client.try_deposit(ada, &amount)), invalid);
        assert_eq!(refusal(m.client.try_deposit_energy(ada, &amount)), invalid);
        let neither = m.client.try_request_withdrawal(ada, &amount, &0);
        assert_eq!(refusal(neither), invalid);
        let neither = m.client.try_request_withdrawal(ada, &0, &amount);
        assert_eq!(refusal(neither), invalid);
    }
    let opposed = m.client.try_request_withdrawal(ada, &-5, &5);
    assert_eq!(refusal(opposed), MarketError::InvalidAmount);
    let opposed = m.client.try_request_withdrawal(ada, &6, &-5);
    assert_eq!(refusal(opposed), MarketError::InvalidAmount);
}

#[test]
fn a_deposit_that_the_token_refuses_changes_nothing() {
    let m = market();
    assert!(m.client.try_deposit(m.member(ADA), &1).is_err());
    assert!(m.client.try_deposit_energy(m.member(ADA), &1).is_err());
    m.check_conservation();
}

#[test]
fn strangers_have_nothing_to_withdraw() {
    let m = market();
    let eve = Address::generate(&m.e);
    let unknown = MarketError::UnknownMember;
    assert_eq!(refusal(m.client.try_withdraw(&eve)), unknown);
    let asked = m.client.try_request_withdrawal(&eve, &1, &1);
    assert_eq!(refusal(asked), unknown);
    assert_eq!(refusal(m.client.try_cancel_mandate(&eve)), unknown);
}

#[test]
fn members_sign_for_themselves() {
    let m = market();
    let ada = m.member(ADA);
    m.e.set_auths(&[]);
    assert!(m.client.try_deposit(ada, &1).is_err());
    assert!(m.client.try_deposit_energy(ada, &1).is_err());
    assert!(m.client.try_request_withdrawal(ada, &1, &1).is_err());
    assert!(m.client.try_withdraw(ada).is_err());
    assert!(m.client.try_set_mandate(ada, &mandate()).is_err());
    assert!(m.client.try_cancel_mandate(ada).is_err());
}
