mod common;

use common::{code, token, CAP, INITIAL};
use grid_token::{GridError, GridToken, GridTokenClient, Minted};
use soroban_sdk::{
    testutils::{Address as _, Events},
    Address, Env, Event, String,
};
use stellar_tokens::fungible::FungibleTokenError;

const ABOVE_CAP: u32 = FungibleTokenError::ExceededCap as u32;

#[test]
fn describes_itself() {
    let t = token();
    assert_eq!(t.client.decimals(), 7);
    assert_eq!(t.client.symbol(), String::from_str(&t.e, "GRID"));
    assert_eq!(t.client.name(), String::from_str(&t.e, "Stelltron GRID"));
    assert_eq!(t.client.cap(), CAP);
    assert_eq!(t.client.schema_version(), 1);
    assert_eq!(t.client.admin(), Some(t.admin));
}

#[test]
fn the_treasury_holds_the_initial_supply() {
    let t = token();
    assert_eq!(t.client.balance(&t.treasury), INITIAL);
    assert_eq!(t.client.total_supply(), INITIAL);
}

#[test]
fn a_token_may_begin_with_nothing_issued() {
    let e = Env::default();
    let someone = Address::generate(&e);
    let id = e.register(GridToken, (&someone, &someone, 0i128, CAP));
    let client = GridTokenClient::new(&e, &id);
    assert_eq!(client.total_supply(), 0);
    assert_eq!(client.cap(), CAP);
}

#[test]
fn mints_up_to_the_cap_and_no_further() {
    let t = token();
    t.client.mint(&t.ada, &300);
    let event = Minted {
        to: t.ada.clone(),
        amount: 300,
        supply: 900,
    };
    assert_eq!(
        t.e.events().all().events().last(),
        Some(&event.to_xdr(&t.e, &t.id))
    );
    assert_eq!(code(t.client.try_mint(&t.ada, &101)), ABOVE_CAP);
    t.client.mint(&t.ada, &100);
    assert_eq!(code(t.client.try_mint(&t.ada, &1)), ABOVE_CAP);
    assert_eq!(t.client.total_supply(), CAP);
    let overflow = t.client.try_mint(&t.ada, &i128::MAX);
    assert_eq!(code(overflow), FungibleTokenError::MathOverflow as u32);
}

#[test]
fn amounts_to_mint_are_above_zero() {
    let t = token();
    for amount in [0, -1, i128::MIN] {
        let refused = t.client.try_mint(&t.ada, &amount);
        assert_eq!(code(refused), GridError::InvalidAmount as u32);
    }
}

#[test]
fn what_is_burned_may_be_minted_again() {
    let t = token();
    t.client.mint(&t.ada, &400);
    t.client.burn(&t.ada, &150);
    t.client.approve(&t.ada, &t.ben, &50, &1000);
    t.client.burn_from(&t.ben, &t.ada, &50);
    assert_eq!(t.client.total_supply(), 800);
    assert_eq!(t.client.cap(), CAP);
    t.client.mint(&t.ben, &200);
    assert_eq!(code(t.client.try_mint(&t.ben, &1)), ABOVE_CAP);
}

#[test]
fn a_transfer_to_oneself_changes_nothing() {
    let t = token();
    t.client.transfer(&t.treasury, &t.treasury, &INITIAL);
    assert_eq!(t.client.balance(&t.treasury), INITIAL);
    let above = t
        .client
        .try_transfer(&t.treasury, &t.treasury, &(INITIAL + 1));
    assert_eq!(code(above), FungibleTokenError::InsufficientBalance as u32);
}

#[test]
#[should_panic(expected = "Error(Contract, #401)")]
fn a_cap_is_above_zero() {
    let e = Env::default();
    let someone = Address::generate(&e);
    e.register(GridToken, (&someone, &someone, 0i128, 0i128));
}

#[test]
#[should_panic(expected = "Error(Contract, #400)")]
fn an_initial_supply_is_not_below_zero() {
    let e = Env::default();
    let someone = Address::generate(&e);
    e.register(GridToken, (&someone, &someone, -1i128, CAP));
}

#[test]
#[should_panic(expected = "Error(Contract, #106)")]
fn an_initial_supply_is_within_the_cap() {
    let e = Env::default();
    let someone = Address::generate(&e);
    e.register(GridToken, (&someone, &someone, CAP + 1, CAP));
}
