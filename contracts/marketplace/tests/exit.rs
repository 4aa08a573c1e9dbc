//! Leaving when the operator has fallen silent.
mod common;

use common::*;
use marketplace::MarketError;

#[test]
fn a_member_leaves_with_everything_once_the_operator_is_silent() {
    let m = market();
    m.settle(&[section(NOON, 0).mint(ADA, 700)]);
    let ada = m.member(ADA);
    m.wait(SILENCE - 1);
    let early = refusal(m.client.try_force_exit(ada));
    assert_eq!(early, MarketError::OperatorActive);
    m.wait(1);
    m.client.force_exit(ada);
    assert_eq!(m.quote.balance(ada), PURSE);
    assert_eq!(m.energy.balance(ada), 700);
    assert_eq!((m.quote_of(ADA), m.energy_of(ADA)), (0, 0));
    m.check_conservation();
    let again = refusal(m.client.try_force_exit(ada));
    assert_eq!(again, MarketError::NothingToWithdraw);
}

#[test]
fn a_settlement_ends_the_silence() {
    let m = market();
    m.settle(&[section(NOON, 0)]);
    m.wait(SILENCE);
    m.settle(&[section(NOON, 1)]);
    let refused = refusal(m.client.try_force_exit(m.member(ADA)));
    assert_eq!(refused, MarketError::OperatorActive);
}

#[test]
fn a_pause_keeps_nobody_from_leaving() {
    let m = market();
    m.client.pause(&m.admin);
    m.wait(SILENCE - 1);
    let early = refusal(m.client.try_force_exit(m.member(BEN)));
    assert_eq!(early, MarketError::OperatorActive);
    m.wait(1);
    m.client.request_withdrawal(m.member(BEN), &5, &0);
    m.client.force_exit(m.member(BEN));
    assert_eq!(m.quote.balance(m.member(BEN)), PURSE);
    assert_eq!(m.client.account(m.member(BEN)).withdrawal.amount, 0);
}

#[test]
fn only_the_member_leaves() {
    let m = market();
    m.wait(SILENCE);
    m.e.set_auths(&[]);
    assert!(m.client.try_force_exit(m.member(ADA)).is_err());
}
