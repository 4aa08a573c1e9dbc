//! The committed wasm, through a whole life and in the limits it is metered by.
mod common;

use common::{terms, FIRST, GOAL, NOW, PRICE, PURSE, SLOT};
use generator::{GeneratorClient, State};
use grid_token::GridTokenClient;
use soroban_sdk::{
    testutils::{Address as _, Ledger},
    Address, BytesN, Env,
};

const TOKEN: &[u8] = include_bytes!("../../wasm/grid_token.wasm");
const GENERATOR: &[u8] = include_bytes!("../../wasm/generator.wasm");

/// Of the 400 million that a transaction may use.
const INSTRUCTIONS: i64 = 8_000_000;

#[test]
fn the_wasm_lives_a_whole_life() {
    let e = Env::default();
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let [admin, requester, provider, ada, ben] = core::array::from_fn(|_| Address::generate(&e));
    let supply = 10 * i128::from(PURSE);
    let token = e.register(TOKEN, (&admin, &admin, supply, supply));
    let token = GridTokenClient::new(&e, &token);
    for who in [&requester, &ada, &ben] {
        token.transfer(&admin, who, &PURSE.into());
    }
    let terms = terms(&e, &requester, &provider, &token.address);
    let id = e.register(GENERATOR, (&admin, terms));
    let generator = GeneratorClient::new(&e, &id);
    let metered = |what: &str| {
        let used = e.cost_estimate().resources();
        println!("{what}: {used:?}");
        assert!(used.instructions < INSTRUCTIONS, "{what}");
    };

    generator.fund(&ada, &6_000);
    metered("fund");
    generator.fund(&ben, &4_000);
    assert_eq!(generator.close_funding(), State::Funded);
    metered("close_funding");
    let hash = BytesN::from_array(&e, &[1; 32]);
    generator.release(&0, &hash);
    metered("release");
    let key = common::signing_key(7).verifying_key().to_bytes();
    generator.install(&BytesN::from_array(&e, &key));
    metered("install");
    generator.activate(&requester, &FIRST);
    metered("activate");
    generator.announce(&None, &hash);
    metered("announce");
    generator.raise_objection();
    metered("raise_objection");
    generator.set_price(&ada, &PRICE);
    metered("set_price");
    let from = NOW + 10 * SLOT;
    let future = generator.sell_future(&ada, &1_000, &from, &(from + SLOT), &7);
    metered("sell_future");
    generator.buy_future(&ben, &future, &7);
    metered("buy_future");
    for slot in 1..=300 {
        e.ledger().set_timestamp(NOW + slot * SLOT);
        generator.pay(&requester, &1_000, &PRICE);
    }
    metered("pay, with a history of five pages");
    assert_eq!(generator.unsettled(&future), (190_000, 299 * 190_000));
    generator.settle_future(&future);
    metered("settle_future");
    generator.list(&ada, &500, &60_000);
    metered("list");
    generator.buy(&ben, &ada, &500, &60_000);
    metered("buy");
    generator.transfer(&ben, &ada, &500);
    metered("transfer");
    generator.spend_maintenance(&provider, &1_000, &hash);
    metered("spend_maintenance");
    generator.claim(&ada);
    metered("claim");
    generator.retire();
    metered("retire");
    generator.claim(&ada);
    generator.claim(&ben);
    let here = token.balance(&id);
    let income = generator.income();
    assert_eq!(here, i128::from(income.carry));
    let spent = i128::from(1_000 + GOAL * 30 / 100);
    assert_eq!(token.balance(&provider), spent);
}
