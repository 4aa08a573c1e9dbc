//! Settling a batch: pages in, the pure effect, pages out, one event.
use alloc::{vec, vec::Vec};

use soroban_sdk::{contractclient, panic_with_error, Address, Bytes, Env};

use crate::{
    errors::MarketError,
    events::Settled,
    pages::Book,
    settle::{self, Collar, Effect},
    slots::Slots,
    storage::{self, Chain, Ledger},
    types::{Config, SECONDS_A_MINUTE},
    varint,
};

/// What the marketplace asks of the energy token beyond SEP-41.
#[contractclient(name = "MeteredClient")]
#[allow(dead_code)]
trait Metered {
    fn attest(e: Env, meter: Address, to: Address, intervals: Bytes) -> i128;
    fn burn(e: Env, from: Address, amount: i128);
}

/// What the marketplace asks of the price oracle.
#[contractclient(name = "OracleClient")]
#[allow(dead_code)]
trait Oracle {
    fn limits(e: Env, slot: u32) -> (u32, u32);
}

/// Settles a batch that the operator has authorised by its hash.
pub fn run(e: &Env, config: &Config, batch: &Bytes) {
    let length = batch.len() as usize;
    let mut bytes = vec![0; length + varint::SPARE];
    batch.copy_into_slice(&mut bytes[..length]);
    let mut chain = storage::chain(e);
    let effect = move_balances(e, &mut chain.slots, &bytes, config.slot_minutes)
        .unwrap_or_else(|error| panic_with_error!(e, error));
    let newest = chain.slots.newest * config.slot_minutes;
    enforce_begun(e, newest, config.slot_minutes);
    mint_and_burn(e, config, &effect);
    link(e, &mut chain, &effect);
    storage::set_chain(e, &chain);

    Settled {
        first_slot: effect.sections[0].head.slot,
        sections: effect.sections.len() as u32,
        trades: effect.trades,
        traded_wh: effect.traded_wh,
        paid_stroops: effect.paid_stroops,
        root: chain.head.root,
    }
    .publish(e);
}

fn move_balances(
    e: &Env,
    slots: &mut Slots,
    batch: &[u8],
    slot_minutes: u32,
) -> Result<Effect, MarketError> {
    let oracle = storage::oracle(e);
    let collar = |slot| oracle.as_ref().map(|oracle| limits(e, oracle, slot));
    let mut book = Book::new(Ledger(e), storage::members(e));
    let effect = settle::apply(&mut book, slots, batch, slot_minutes, collar)?;
    for (number, page) in book.close() {
        storage::set_balances_page(e, number, &page);
    }
    Ok(effect)
}

/// What the oracle lets settle in the slot; its refusal is the call's.
pub fn limits(e: &Env, oracle: &Address, slot: u32) -> Collar {
    let (lowest, highest) = OracleClient::new(e, oracle).limits(&slot);
    lowest..=highest
}

/// A slot ahead of the ledger's clock would shut out those before it. One
/// slot's length is left for clocks that differ.
pub fn enforce_begun(e: &Env, slot: u32, slot_minutes: u32) {
    let begins = u64::from(slot) * SECONDS_A_MINUTE;
    let slack = u64::from(slot_minutes) * SECONDS_A_MINUTE;
    if begins > e.ledger().timestamp().saturating_add(slack) {
        panic_with_error!(e, MarketError::SlotInFuture);
    }
}

/// One attestation and one burn for the whole batch. Only sections that mint
/// are attested; the token lets their chunk numbers skip the others.
fn mint_and_burn(e: &Env, config: &Config, effect: &Effect) {
    let token = MeteredClient::new(e, &config.energy);
    let this = e.current_contract_address();
    if effect.minted_wh > 0 {
        let mut intervals = Vec::new();
        for section in effect.sections.iter().filter(|s| s.minted_wh > 0) {
            intervals.extend_from_slice(&section.head.slot.to_be_bytes());
            intervals.push(section.head.chunk);
            intervals.extend_from_slice(&section.minted_wh.to_be_bytes());
        }
        token.attest(&this, &this, &Bytes::from_slice(e, &intervals));
    }
    if effect.burned_wh > 0 {
        token.burn(&this, &i128::from(effect.burned_wh));
    }
}

/// Chains the sections' roots and adds the batch to the sums.
fn link(e: &Env, chain: &mut Chain, effect: &Effect) {
    let head = &mut chain.head;
    for section in &effect.sections {
        let section = &section.head;
        let mut link = [0; 73];
        link[..32].copy_from_slice(&head.root.to_array());
        link[32..36].copy_from_slice(&section.slot.to_be_bytes());
        link[36] = section.chunk;
        link[37..41].copy_from_slice(&section.leaf_count.to_be_bytes());
        link[41..].copy_from_slice(&section.root);
        head.root = e.crypto().sha256(&Bytes::from_array(e, &link)).to_bytes();
    }
    for (sum, value) in [
        (&mut head.sections, effect.sections.len() as u64),
        (&mut head.leaves, effect.leaves),
        (&mut head.minted_wh, effect.minted_wh),
        (&mut head.traded_wh, effect.traded_wh),
        (&mut head.burned_wh, effect.burned_wh),
        (&mut head.paid_stroops, effect.paid_stroops),
    ] {
        add(e, sum, value);
    }
    head.settled_at = e.ledger().timestamp();
    chain.totals.energy_wh += i128::from(effect.minted_wh) - i128::from(effect.burned_wh);
}

/// Adds to one of the chain's sums.
pub fn add(e: &Env, sum: &mut u64, value: u64) {
    *sum = match sum.checked_add(value) {
        Some(sum) => sum,
        None => panic_with_error!(e, MarketError::Overflow),
    };
}
