//! Entries by the ledger their time ends with, so that a closing ledger finds the expired ones.

use std::collections::{BTreeMap, BTreeSet};

use soroban_env_host::xdr::LedgerKey;

#[derive(Default)]
pub struct Expiries(BTreeMap<u32, BTreeSet<LedgerKey>>);

impl Expiries {
    pub fn insert(&mut self, live_until: u32, key: LedgerKey) {
        self.0.entry(live_until).or_default().insert(key);
    }

    pub fn remove(&mut self, live_until: u32, key: &LedgerKey) {
        if let Some(keys) = self.0.get_mut(&live_until) {
            keys.remove(key);
            if keys.is_empty() {
                self.0.remove(&live_until);
            }
        }
    }

    /// Takes up to `most` of the entries whose last ledger lies before `seq`, the oldest first.
    pub fn take_expired(&mut self, seq: u32, most: usize) -> Vec<LedgerKey> {
        let mut taken = Vec::new();
        while taken.len() < most {
            let Some(mut first) = self.0.first_entry().filter(|entry| *entry.key() < seq) else {
                break;
            };
            match first.get_mut().pop_first() {
                Some(key) => taken.push(key),
                None => {
                    first.remove();
                }
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{account_id, account_key};

    fn key(number: u8) -> LedgerKey {
        account_key(&account_id([number; 32]))
    }

    #[test]
    fn the_oldest_go_first_and_no_more_than_asked_for() {
        let mut expiries = Expiries::default();
        for (number, live_until) in [(1, 30), (2, 10), (3, 10), (4, 20)] {
            expiries.insert(live_until, key(number));
        }
        expiries.remove(20, &key(4));
        assert_eq!(expiries.take_expired(10, 9), []);
        assert_eq!(expiries.take_expired(31, 1), [key(2)]);
        assert_eq!(expiries.take_expired(31, 9), [key(3), key(1)]);
        assert_eq!(expiries.take_expired(u32::MAX, 9), []);
    }
}
