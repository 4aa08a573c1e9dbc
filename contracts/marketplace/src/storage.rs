//! Every access to the ledger, with its time-to-live tier.
use alloc::vec::Vec;

use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Address, Bytes, BytesN, Env};

use crate::{
    consent,
    errors::MarketError,
    mandate::RECORD,
    pages::{page_of, record, record_mut, slot_in_page, Balance, Page, Shelf, MANDATES, PAGES},
    slots::{self, Block, Slots},
    types::{ChainHead, Config, Mandate, Totals, Withdrawal},
    varint,
};

#[contracttype]
pub enum Key {
    Config,
    Members,
    Index(Address),
    Member(u32),
    Withdrawal(Address),
    Oracle,
    Desk,
    /// A member's mandates that were replaced.
    Replaced(u32),
}

/// What every settlement touches has bare numbers as keys: a page's number for
/// its balances, this much more for its mandates, and one for the chain. They
/// are a third shorter in a transaction's footprint.
const MANDATE_PAGES: u32 = PAGES as u32;
const CHAIN: u32 = 2 * PAGES as u32;

// ---- instance

pub fn config(e: &Env) -> Config {
    e.storage()
        .instance()
        .get(&Key::Config)
        .unwrap_or_else(|| panic_with_error!(e, MarketError::NotConfigured))
}

pub fn set_config(e: &Env, config: &Config) {
    e.storage().instance().set(&Key::Config, config);
}

pub fn members(e: &Env) -> u32 {
    e.storage()
        .instance()
        .get(&Key::Members)
        .unwrap_or_default()
}

// ---- members

pub fn find_index(e: &Env, member: &Address) -> Option<u16> {
    let key = Key::Index(member.clone());
    let index: u32 = e.storage().persistent().get(&key)?;
    Some(index as u16)
}

pub fn index_of(e: &Env, member: &Address) -> u16 {
    match find_index(e, member) {
        Some(index) => index,
        None => panic_with_error!(e, MarketError::UnknownMember),
    }
}

pub fn extend_index(e: &Env, member: &Address) {
    ttl::extend_owned(e, &Key::Index(member.clone()));
}

pub fn member_at(e: &Env, index: u32) -> Option<Address> {
    e.storage().persistent().get(&Key::Member(index))
}

/// Gives the next member slot to an address that has none.
pub fn add_member(e: &Env, member: &Address) -> u16 {
    let index = members(e);
    let Ok(slot) = u16::try_from(index) else {
        panic_with_error!(e, MarketError::MarketFull);
    };
    e.storage().instance().set(&Key::Members, &(index + 1));
    put_member(e, member, slot);
    slot
}

pub fn put_member(e: &Env, member: &Address, slot: u16) {
    let index = u32::from(slot);
    e.storage()
        .persistent()
        .set(&Key::Index(member.clone()), &index);
    e.storage().persistent().set(&Key::Member(index), member);
    ttl::extend_owned(e, &Key::Index(member.clone()));
    ttl::extend_owned(e, &Key::Member(index));
}

pub fn remove_index(e: &Env, member: &Address) {
    e.storage().persistent().remove(&Key::Index(member.clone()));
}

// ---- pages

/// The pages as the ledger keeps them.
pub struct Ledger<'a>(pub &'a Env);

impl Shelf for Ledger<'_> {
    fn balances(&self, page: u16) -> Vec<u8> {
        to_vec(&bytes(self.0, u32::from(page)), varint::SPARE)
    }

    /// Keeps the mandates alive that a batch only reads.
    fn mandates(&self, page: u16) -> Vec<u8> {
        let key = MANDATE_PAGES + u32::from(page);
        let found = bytes(self.0, key);
        if !found.is_empty() {
            ttl::extend_hot(self.0, &key);
        }
        to_vec(&found, 0)
    }

    fn replaced(&self, member: u16) -> Vec<u8> {
        to_vec(&replaced_bytes(self.0, member), 0)
    }

    fn block(&self, number: u32) -> Option<Block> {
        let block: Option<BytesN<{ slots::BLOCK }>> = self.0.storage().temporary().get(&number);
        block.map(|block| block.to_array())
    }
}

/// A page of balances, empty if nobody on it ever had any.
pub fn balances_bytes(e: &Env, page: u32) -> Bytes {
    bytes(e, page.min(MANDATE_PAGES - 1))
}

/// A page of mandates, empty if nobody on it ever gave one.
pub fn mandates_bytes(e: &Env, page: u32) -> Bytes {
    bytes(e, MANDATE_PAGES + page.min(MANDATE_PAGES - 1))
}

pub fn set_balances_page(e: &Env, number: u16, page: &[u8]) {
    set_bytes(e, u32::from(number), page);
}

fn bytes(e: &Env, key: u32) -> Bytes {
    e.storage()
        .persistent()
        .get(&key)
        .unwrap_or_else(|| Bytes::new(e))
}

fn set_bytes(e: &Env, key: u32, bytes: &[u8]) {
    e.storage()
        .persistent()
        .set(&key, &Bytes::from_slice(e, bytes));
    ttl::extend_hot(e, &key);
}

fn to_vec(bytes: &Bytes, spare: usize) -> Vec<u8> {
    let length = bytes.len() as usize;
    let mut copy = alloc::vec![0; length + spare];
    bytes.copy_into_slice(&mut copy[..length]);
    copy
}

fn balances_page(e: &Env, number: u16) -> Page {
    Page::read(&Ledger(e).balances(number))
}

pub fn balance(e: &Env, member: u16) -> Balance {
    balances_page(e, page_of(member)).balances[slot_in_page(member)]
}

/// Adds to one member's balances, in stroops and Wh, and to the totals.
pub fn change_balance(e: &Env, member: u16, quote: i64, wh: i64) {
    move_balance(e, member, quote, wh);
    let mut chain = chain(e);
    chain.totals.quote += i128::from(quote);
    chain.totals.energy_wh += i128::from(wh);
    set_chain(e, &chain);
}

/// Adds to one member's balances what others of them lose.
pub fn move_balance(e: &Env, member: u16, quote: i64, wh: i64) {
    let number = page_of(member);
    let mut page = balances_page(e, number);
    let balance = &mut page.balances[slot_in_page(member)];
    let changed = balance
        .pay(quote)
        .and_then(|()| balance.gain(wh))
        .and_then(|()| balance.enforce_covered());
    if let Err(error) = changed {
        panic_with_error!(e, error);
    }
    set_balances_page(e, number, &page.write());
}

fn mandates_key(member: u16) -> u32 {
    MANDATE_PAGES + u32::from(page_of(member))
}

fn mandates_page(e: &Env, member: u16) -> Vec<u8> {
    to_vec(&bytes(e, mandates_key(member)), 0)
}

pub fn mandate(e: &Env, member: u16) -> Option<Mandate> {
    let page = mandates_page(e, member);
    (!page.is_empty()).then(|| Mandate::read(record(&page, slot_in_page(member))))?
}

pub fn set_mandate(e: &Env, member: u16, mandate: &Mandate) {
    let mut page = mandates_page(e, member);
    page.resize(MANDATES, 0);
    mandate.write(record_mut(&mut page, slot_in_page(member)));
    set_bytes(e, mandates_key(member), &page);
}

/// The member's replaced mandates that may still count, oldest first.
pub fn replaced(e: &Env, member: u16) -> Vec<Mandate> {
    let packed = to_vec(&replaced_bytes(e, member), 0);
    let records: &[[u8; RECORD]] = packed.as_chunks().0;
    records.iter().filter_map(Mandate::read).collect()
}

pub fn set_replaced(e: &Env, member: u16, mandates: &[Mandate]) {
    let key = Key::Replaced(member.into());
    let packed = Bytes::from_slice(e, &consent::pack(mandates));
    e.storage().persistent().set(&key, &packed);
    ttl::extend_owned(e, &key);
}

fn replaced_bytes(e: &Env, member: u16) -> Bytes {
    e.storage()
        .persistent()
        .get(&Key::Replaced(member.into()))
        .unwrap_or_else(|| Bytes::new(e))
}

// ---- withdrawals

pub fn withdrawal(e: &Env, member: &Address) -> Option<Withdrawal> {
    e.storage()
        .persistent()
        .get(&Key::Withdrawal(member.clone()))
}

pub fn set_withdrawal(e: &Env, member: &Address, withdrawal: &Withdrawal) {
    let key = Key::Withdrawal(member.clone());
    e.storage().persistent().set(&key, withdrawal);
    ttl::extend_owned(e, &key);
}

pub fn remove_withdrawal(e: &Env, member: &Address) {
    e.storage()
        .persistent()
        .remove(&Key::Withdrawal(member.clone()));
}

// ---- the contracts that the admin names, in the instance that every settlement reads anyway

pub fn oracle(e: &Env) -> Option<Address> {
    e.storage().instance().get(&Key::Oracle)
}

pub fn set_oracle(e: &Env, oracle: &Option<Address>) {
    name(e, &Key::Oracle, oracle);
}

pub fn desk(e: &Env) -> Option<Address> {
    e.storage().instance().get(&Key::Desk)
}

pub fn set_desk(e: &Env, desk: &Option<Address>) {
    name(e, &Key::Desk, desk);
}

fn name(e: &Env, key: &Key, contract: &Option<Address>) {
    match contract {
        Some(contract) => e.storage().instance().set(key, contract),
        None => e.storage().instance().remove(key),
    }
}

// ---- the chain: everything a settlement changes beside the pages, in one entry

/// Root, nine sums and a time, newest slot, and a byte for each slot of the guard.
const CHAIN_BYTES: usize = 32 + 9 * 8 + 4 + slots::WINDOW;
const NEWEST: usize = CHAIN_BYTES - slots::WINDOW - 4;

pub struct Chain {
    pub head: ChainHead,
    pub totals: Totals,
    pub slots: Slots,
}

pub fn chain(e: &Env) -> Chain {
    let stored: BytesN<CHAIN_BYTES> = e
        .storage()
        .persistent()
        .get(&CHAIN)
        .unwrap_or_else(|| BytesN::from_array(e, &[0; CHAIN_BYTES]));
    let bytes = stored.to_array();
    let sum = |at: usize| u64::from_be_bytes(*part(&bytes, 32 + 8 * at));
    Chain {
        head: ChainHead {
            root: BytesN::from_array(e, part(&bytes, 0)),
            sections: sum(0),
            leaves: sum(1),
            minted_wh: sum(2),
            traded_wh: sum(3),
            burned_wh: sum(4),
            paid_stroops: sum(5),
            settled_at: sum(8),
        },
        totals: Totals {
            quote: i128::from(sum(6)),
            energy_wh: i128::from(sum(7)),
        },
        slots: Slots {
            newest: u32::from_be_bytes(*part(&bytes, NEWEST)),
            next: *part(&bytes, NEWEST + 4),
            left: Vec::new(),
        },
    }
}

pub fn set_chain(e: &Env, chain: &Chain) {
    let Chain {
        head,
        totals,
        slots,
    } = chain;
    let sums = [
        head.sections,
        head.leaves,
        head.minted_wh,
        head.traded_wh,
        head.burned_wh,
        head.paid_stroops,
        total(e, totals.quote),
        total(e, totals.energy_wh),
        head.settled_at,
    ];
    let mut bytes = [0; CHAIN_BYTES];
    bytes[..32].copy_from_slice(&head.root.to_array());
    for (at, sum) in sums.iter().enumerate() {
        bytes[32 + 8 * at..40 + 8 * at].copy_from_slice(&sum.to_be_bytes());
    }
    bytes[NEWEST..NEWEST + 4].copy_from_slice(&slots.newest.to_be_bytes());
    bytes[NEWEST + 4..].copy_from_slice(&slots.next);
    e.storage()
        .persistent()
        .set(&CHAIN, &BytesN::from_array(e, &bytes));
    ttl::extend_hot(e, &CHAIN);
    for (number, block) in &slots.left {
        keep_block(e, *number, block);
    }
}

/// Keeps a block of the guard for longer than a week. Once it is gone, nothing
/// of its slots settles any more.
fn keep_block(e: &Env, number: u32, block: &Block) {
    let packed = BytesN::from_array(e, block);
    e.storage().temporary().set(&number, &packed);
    ttl::extend_passing(e, &number);
}

/// `N` bytes of the chain's entry, whose layout is fixed.
fn part<const N: usize>(bytes: &[u8; CHAIN_BYTES], at: usize) -> &[u8; N] {
    match bytes[at..].first_chunk() {
        Some(part) => part,
        None => &[0; N],
    }
}

fn total(e: &Env, sum: i128) -> u64 {
    match u64::try_from(sum) {
        Ok(sum) => sum,
        Err(_) => panic_with_error!(e, MarketError::Overflow),
    }
}
