mod common;

use common::*;
use foundation::StewardError;
use marketplace::{Config, MarketError, Marketplace};
use soroban_sdk::{testutils::Address as _, Address, Env};

#[test]
fn shows_its_configuration() {
    let m = market();
    let expected = Config {
        operator: m.operator.clone(),
        quote: m.quote.address.clone(),
        energy: m.energy.address.clone(),
        slot_minutes: SLOT_MINUTES,
        withdraw_delay: WITHDRAW_DELAY,
        silence: SILENCE,
    };
    assert_eq!(m.client.config(), expected);
    assert_eq!(m.client.schema_version(), 1);
}

#[test]
fn a_pause_stops_what_goes_in_and_what_settles() {
    let m = market();
    m.client.pause(&m.admin);
    let paused = StewardError::Paused as u32;
    assert_eq!(
        code(m.client.try_settle(&m.bytes(&[section(NOON, 0)]))),
        paused
    );
    let ada = m.member(ADA);
    assert_eq!(code(m.client.try_deposit(ada, &1)), paused);
    assert_eq!(code(m.client.try_deposit_energy(ada, &1)), paused);
    assert_eq!(code(m.client.try_set_mandate(ada, &mandate())), paused);
    m.client.unpause();
    m.settle(&[section(NOON, 0)]);
}

#[test]
fn only_the_admin_names_the_operator() {
    let m = market();
    m.e.set_auths(&[]);
    assert!(m.client.try_set_operator(m.member(ADA)).is_err());
}

#[test]
fn another_operator_takes_over_the_fee_account() {
    let m = market();
    m.settle(&[section(NOON, 0)
        .fee(100_000)
        .mint(ADA, 1_000)
        .trade(BEN, ADA, 1_000, 1_000_000)]);
    let member = refusal(m.client.try_set_operator(m.member(ADA)));
    assert_eq!(member, MarketError::AlreadyMember);

    let new = Address::generate(&m.e);
    m.client.set_operator(&new);
    assert_eq!(m.client.config().operator, new);
    assert_eq!(m.client.account(&new).quote, 100_000);
    assert_eq!(m.client.member_at(&0), Some(new));
    let old = refusal(m.client.try_account(&m.operator));
    assert_eq!(old, MarketError::UnknownMember);
}

fn constructed(slot_minutes: u32, same_token: bool) {
    let e = Env::default();
    let any = Address::generate(&e);
    let energy = if same_token {
        any.clone()
    } else {
        Address::generate(&e)
    };
    e.register(
        Marketplace,
        (&any, &any, &any, &energy, slot_minutes, 0u64, 0u64),
    );
}

#[test]
#[should_panic(expected = "#302")]
fn the_slot_length_divides_a_day() {
    constructed(7, false);
}

#[test]
#[should_panic(expected = "#302")]
fn a_slot_has_a_length() {
    constructed(0, false);
}

#[test]
#[should_panic(expected = "#336")]
fn money_and_energy_are_two_tokens() {
    constructed(15, true);
}

#[test]
fn only_the_admin_names_the_contracts_that_the_market_asks() {
    let m = market();
    let any = Some(Address::generate(&m.e));
    m.client.set_oracle(&any);
    m.client.set_desk(&any);
    assert_eq!(m.client.oracle(), any);
    assert_eq!(m.client.desk(), any);
    m.e.set_auths(&[]);
    assert!(m.client.try_set_oracle(&None).is_err());
    assert!(m.client.try_set_desk(&None).is_err());
}
