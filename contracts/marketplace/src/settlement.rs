//! Settling a batch: pages in, the pure effect, pages out, one event.
use alloc::{vec, vec::Vec};

use soroban_sdk::{contractclient, panic_with_error, Address, Bytes, BytesN, Env};

use crate::{
    batch::{self, Section},
    errors::MarketError,
    events::Settled,
    guard,
    pages::Book,
    settle::{self, Effect},
    storage,
    types::{ChainHead, Config},
};

/// What the marketplace asks of the energy token beyond SEP-41.
#[contractclient(name = "MeteredClient")]
#[allow(dead_code)]
trait Metered {
    fn attest(e: Env, meter: Address, to: Address, intervals: Bytes) -> i128;
    fn burn(e: Env, from: Address, amount: i128);
}

/// Settles a batch that the operator has authorised by its hash.
pub fn run(e: &Env, config: &Config, batch: &Bytes, batch_hash: BytesN<32>) -> BytesN<32> {
    let mut bytes = vec![0; batch.len() as usize];
    batch.copy_into_slice(&mut bytes);
    let sections: Vec<Section> = batch::sections(&bytes)
        .and_then(Iterator::collect)
        .unwrap_or_else(|error| panic_with_error!(e, error));

    guard::take(e, &sections, config.slot_minutes);
    let effect = move_balances(e, &sections, config.slot_minutes)
        .unwrap_or_else(|error| panic_with_error!(e, error));
    mint_and_burn(e, config, &sections, &effect);
    let head = link(e, &sections, &effect);

    Settled {
        first_slot: sections[0].slot,
        batch_hash,
        sections: sections.len() as u32,
        trades: effect.trades,
        traded_wh: effect.traded_wh,
        paid_stroops: effect.paid_stroops,
        root: head.root.clone(),
    }
    .publish(e);
    head.root
}

fn move_balances(e: &Env, sections: &[Section], slot_minutes: u32) -> Result<Effect, MarketError> {
    let mut book = Book::default();
    for number in settle::pages(sections, storage::members(e))? {
        storage::extend_mandates_page(e, number);
        book.add_page(
            number,
            storage::balances_page(e, number),
            storage::mandates_page(e, number),
        );
    }
    let effect = settle::apply(&mut book, sections, slot_minutes)?;
    for (number, page) in book.close() {
        storage::set_balances_page(e, number, &page);
    }
    Ok(effect)
}

/// One attestation and one burn for the whole batch. Only sections that mint
/// are attested; the token lets their chunk numbers skip the others.
fn mint_and_burn(e: &Env, config: &Config, sections: &[Section], effect: &Effect) {
    let token = MeteredClient::new(e, &config.energy);
    let this = e.current_contract_address();
    if effect.minted_wh > 0 {
        let mut intervals = Vec::new();
        for (section, wh) in sections.iter().zip(&effect.minted) {
            if *wh > 0 {
                intervals.extend_from_slice(&section.slot.to_be_bytes());
                intervals.push(section.chunk);
                intervals.extend_from_slice(&wh.to_be_bytes());
            }
        }
        token.attest(&this, &this, &Bytes::from_slice(e, &intervals));
    }
    if effect.burned_wh > 0 {
        token.burn(&this, &i128::from(effect.burned_wh));
    }
}

/// Chains the sections' roots and adds the batch to the sums.
fn link(e: &Env, sections: &[Section], effect: &Effect) -> ChainHead {
    let (mut head, mut totals) = storage::chain(e);
    for section in sections {
        let mut link = [0; 73];
        link[..32].copy_from_slice(&head.root.to_array());
        link[32..36].copy_from_slice(&section.slot.to_be_bytes());
        link[36] = section.chunk;
        link[37..41].copy_from_slice(&section.leaf_count.to_be_bytes());
        link[41..].copy_from_slice(&section.root);
        head.root = e.crypto().sha256(&Bytes::from_array(e, &link)).to_bytes();
    }
    for (sum, value) in [
        (&mut head.sections, sections.len() as u64),
        (&mut head.leaves, effect.leaves),
        (&mut head.minted_wh, effect.minted_wh),
        (&mut head.traded_wh, effect.traded_wh),
        (&mut head.burned_wh, effect.burned_wh),
        (&mut head.paid_stroops, effect.paid_stroops),
    ] {
        *sum = match sum.checked_add(value) {
            Some(sum) => sum,
            None => panic_with_error!(e, MarketError::Overflow),
        };
    }
    totals.energy_wh += i128::from(effect.minted_wh) - i128::from(effect.burned_wh);
    storage::set_chain(e, &head, &totals);
    head
}
