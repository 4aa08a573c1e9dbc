//! Every access to the ledger, with its time-to-live tier.
use alloc::{vec, vec::Vec};

use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Address, Bytes, BytesN, Env};

use crate::{
    errors::MarketError,
    guard::SLOTS_PER_PAGE,
    pages::{page_of, record, record_mut, slot_in_page, Balance, BALANCES, MANDATES},
    types::{ChainHead, Config, Mandate, Totals, Withdrawal},
};

#[contracttype]
pub enum Key {
    Config,
    Members,
    Index(Address),
    Member(u32),
    Balances(u32),
    Mandates(u32),
    Withdrawal(Address),
    Guard(u32),
    Chain,
}

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

pub fn balances_page(e: &Env, number: u16) -> Vec<u8> {
    page(e, &Key::Balances(u32::from(number)), BALANCES)
}

pub fn mandates_page(e: &Env, number: u16) -> Vec<u8> {
    page(e, &Key::Mandates(u32::from(number)), MANDATES)
}

fn page(e: &Env, key: &Key, length: usize) -> Vec<u8> {
    let mut page = vec![0; length];
    if let Some(bytes) = e.storage().persistent().get::<_, Bytes>(key) {
        bytes.copy_into_slice(&mut page);
    }
    page
}

pub fn page_bytes(e: &Env, key: &Key) -> Bytes {
    e.storage()
        .persistent()
        .get(key)
        .unwrap_or_else(|| Bytes::new(e))
}

pub fn set_balances_page(e: &Env, number: u16, page: &[u8]) {
    set_page(e, &Key::Balances(u32::from(number)), page);
}

/// Keeps the mandates alive that a batch has only read.
pub fn extend_mandates_page(e: &Env, number: u16) {
    let key = Key::Mandates(u32::from(number));
    if e.storage().persistent().has(&key) {
        ttl::extend_hot(e, &key);
    }
}

fn set_page(e: &Env, key: &Key, page: &[u8]) {
    e.storage()
        .persistent()
        .set(key, &Bytes::from_slice(e, page));
    ttl::extend_hot(e, key);
}

pub fn balance(e: &Env, member: u16) -> Balance {
    let page = balances_page(e, page_of(member));
    Balance::read(record(&page, slot_in_page(member)))
}

/// Changes one member's balance; the change may refuse.
pub fn change_balance(
    e: &Env,
    member: u16,
    change: impl FnOnce(&mut Balance) -> Result<(), MarketError>,
) {
    let number = page_of(member);
    let mut page = balances_page(e, number);
    let record = record_mut(&mut page, slot_in_page(member));
    let mut balance = Balance::read(record);
    if let Err(error) = change(&mut balance) {
        panic_with_error!(e, error);
    }
    balance.write(record);
    set_balances_page(e, number, &page);
}

pub fn mandate(e: &Env, member: u16) -> Option<Mandate> {
    let page = mandates_page(e, page_of(member));
    Mandate::read(record(&page, slot_in_page(member)))
}

pub fn set_mandate(e: &Env, member: u16, mandate: &Mandate) {
    let number = page_of(member);
    let mut page = mandates_page(e, number);
    mandate.write(record_mut(&mut page, slot_in_page(member)));
    set_page(e, &Key::Mandates(u32::from(number)), &page);
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

// ---- guard

pub fn guard_page(e: &Env, number: u32) -> [u8; SLOTS_PER_PAGE] {
    let mut page = [0; SLOTS_PER_PAGE];
    if let Some(bytes) = e
        .storage()
        .persistent()
        .get::<_, Bytes>(&Key::Guard(number))
    {
        bytes.copy_into_slice(&mut page);
    }
    page
}

pub fn set_guard_page(e: &Env, number: u32, page: &[u8; SLOTS_PER_PAGE]) {
    set_page(e, &Key::Guard(number), page);
}

// ---- chain head and totals, packed in one entry: a settlement writes both

const CHAIN: usize = 32 + 8 * 8;

pub fn chain(e: &Env) -> (ChainHead, Totals) {
    let bytes: BytesN<CHAIN> = e
        .storage()
        .persistent()
        .get(&Key::Chain)
        .unwrap_or_else(|| BytesN::from_array(e, &[0; CHAIN]));
    let bytes = bytes.to_array();
    let (root, sums) = bytes.split_at(32);
    let mut head = [0; 32];
    head.copy_from_slice(root);
    let sum = |at: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&sums[8 * at..8 * at + 8]);
        u64::from_be_bytes(word)
    };
    let head = ChainHead {
        root: BytesN::from_array(e, &head),
        sections: sum(0),
        leaves: sum(1),
        minted_wh: sum(2),
        traded_wh: sum(3),
        burned_wh: sum(4),
        paid_stroops: sum(5),
    };
    let totals = Totals {
        quote: i128::from(sum(6)),
        energy_wh: i128::from(sum(7)),
    };
    (head, totals)
}

pub fn set_chain(e: &Env, head: &ChainHead, totals: &Totals) {
    let mut bytes = [0; CHAIN];
    bytes[..32].copy_from_slice(&head.root.to_array());
    let sums = [
        head.sections,
        head.leaves,
        head.minted_wh,
        head.traded_wh,
        head.burned_wh,
        head.paid_stroops,
        total(e, totals.quote),
        total(e, totals.energy_wh),
    ];
    for (at, sum) in sums.iter().enumerate() {
        bytes[32 + 8 * at..40 + 8 * at].copy_from_slice(&sum.to_be_bytes());
    }
    e.storage()
        .persistent()
        .set(&Key::Chain, &BytesN::from_array(e, &bytes));
    ttl::extend_hot(e, &Key::Chain);
}

/// Adds to the totals; the chain head stays as it is.
pub fn change_totals(e: &Env, quote: i128, energy_wh: i128) {
    let (head, mut totals) = chain(e);
    totals.quote += quote;
    totals.energy_wh += energy_wh;
    set_chain(e, &head, &totals);
}

fn total(e: &Env, sum: i128) -> u64 {
    match u64::try_from(sum) {
        Ok(sum) => sum,
        Err(_) => panic_with_error!(e, MarketError::Overflow),
    }
}
