//! The ledger: every entry, the last closed header, and the journal that undoes a failed transaction.

mod account;
mod eviction;
mod header;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use anyhow::Result;
use ed25519_dalek::SigningKey;
use parking_lot::{ArcRwLockReadGuard, RawRwLock};
use sha2::{Digest, Sha256};
use soroban_env_host::ledger_info::get_key_durability;
use soroban_env_host::storage::{EntryWithLiveUntil, SnapshotSource};
use soroban_env_host::xdr::*;
use soroban_env_host::{HostError, LedgerInfo};

use crate::config::Config;
use crate::modules::Modules;
use crate::node::Node;
pub use account::*;
use eviction::Expiries;
pub use header::*;

/// Depth and length bounds for XDR we encode or decode ourselves. The depth is the host's own.
pub const XDR: Limits = Limits {
    depth: 500,
    len: 32 << 20,
};

/// Encodes a value that was built or decoded here, so that it is within bounds by construction.
pub fn xdr(value: &impl WriteXdr) -> Vec<u8> {
    value.to_xdr(XDR).expect("a value within the XDR bounds")
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub entry: Arc<LedgerEntry>,
    /// Only contract data and code have one.
    pub live_until: Option<u32>,
}

pub struct Ledger {
    pub config: Arc<Config>,
    pub network_id: [u8; 32],
    /// The last closed ledger.
    pub header: Header,
    /// The ledger being built while transactions apply; equal to the header's otherwise.
    pub seq: u32,
    pub time: u64,
    pub fee_pool: i64,
    pub modules: Modules,
    entries: HashMap<LedgerKey, Stored>,
    expiries: Expiries,
    /// Keys written since the last close: what the store has to keep of this ledger.
    touched: BTreeSet<LedgerKey>,
    /// Values before each write since `mark`, oldest first.
    journal: Vec<(LedgerKey, Option<Stored>)>,
}

impl Ledger {
    pub fn genesis(config: Arc<Config>, passphrase: &str, time: u64) -> Result<Self> {
        let header = Header {
            seq: 1,
            time,
            previous: [0; 32],
            fee_pool: 0,
            results: [0; 32],
        };
        let mut ledger = Self::empty(config, passphrase, header)?;
        let root = new_account(ledger.root_account(), TOTAL_COINS, 0);
        ledger.put_account(root);
        for setting in ledger.config.clone().entries.iter() {
            let key = LedgerKey::ConfigSetting(LedgerKeyConfigSetting {
                config_setting_id: setting.discriminant(),
            });
            ledger.put(
                key,
                LedgerEntryData::ConfigSetting(setting.clone()),
                LedgerEntryExt::V0,
                None,
            );
        }
        ledger.forget_changes();
        Ok(ledger)
    }

    /// A ledger without entries, for the store to fill.
    pub fn empty(config: Arc<Config>, passphrase: &str, header: Header) -> Result<Self> {
        Ok(Self {
            modules: Modules::new(config.clone())?,
            config,
            network_id: sha256(passphrase.as_bytes()),
            seq: header.seq,
            time: header.time,
            fee_pool: header.fee_pool,
            header,
            entries: HashMap::new(),
            expiries: Expiries::default(),
            touched: BTreeSet::new(),
            journal: Vec::new(),
        })
    }

    /// As on every Stellar network, the network id is the seed of the account that holds all lumens.
    pub fn root_key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.network_id)
    }

    pub fn root_account(&self) -> AccountId {
        account_id(self.root_key().verifying_key().to_bytes())
    }

    pub fn entry(&self, key: &LedgerKey) -> Option<&Stored> {
        self.entries.get(key)
    }

    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&LedgerKey, &Stored)> {
        self.entries.iter()
    }

    pub fn account(&self, id: &AccountId) -> Option<AccountEntry> {
        match &self.entries.get(&account_key(id))?.entry.data {
            LedgerEntryData::Account(account) => Some(account.clone()),
            _ => None,
        }
    }

    pub fn put_account(&mut self, account: AccountEntry) {
        let key = account_key(&account.account_id);
        let data = LedgerEntryData::Account(account);
        self.put(key, data, LedgerEntryExt::V0, None);
    }

    pub fn put(
        &mut self,
        key: LedgerKey,
        data: LedgerEntryData,
        ext: LedgerEntryExt,
        live_until: Option<u32>,
    ) {
        if let LedgerEntryData::ContractCode(code) = &data {
            self.modules.compile(code.code.as_slice());
        }
        let entry = Arc::new(LedgerEntry {
            last_modified_ledger_seq: self.seq,
            data,
            ext,
        });
        self.set(key, Some(Stored { entry, live_until }));
    }

    pub fn set_live_until(&mut self, key: &LedgerKey, live_until: u32) {
        if let Some(stored) = self.entries.get(key) {
            let entry = stored.entry.clone();
            let live_until = Some(live_until);
            self.set(key.clone(), Some(Stored { entry, live_until }));
        }
    }

    pub fn remove(&mut self, key: &LedgerKey) {
        if self.entries.contains_key(key) {
            self.set(key.clone(), None);
        }
    }

    fn set(&mut self, key: LedgerKey, value: Option<Stored>) {
        let before = self.replace(key.clone(), value);
        self.touched.insert(key.clone());
        self.journal.push((key, before));
    }

    /// Writes without a journal: for the store, which rebuilds a ledger from disk and then calls
    /// `loaded`.
    pub fn replace(&mut self, key: LedgerKey, value: Option<Stored>) -> Option<Stored> {
        let live_until = value.as_ref().and_then(|stored| stored.live_until);
        let before = match value {
            Some(stored) => self.entries.insert(key.clone(), stored),
            None => self.entries.remove(&key),
        };
        if let Some(until) = before.as_ref().and_then(|stored| stored.live_until) {
            self.expiries.remove(until, &key);
        }
        // An archived entry that a failed restoration puts back is not evicted a second time.
        if let Some(until) = live_until.filter(|until| *until >= self.seq || is_temporary(&key)) {
            self.expiries.insert(until, key);
        }
        before
    }

    /// A point to roll back to, or to list changes from.
    pub fn mark(&self) -> usize {
        self.journal.len()
    }

    pub fn roll_back(&mut self, mark: usize) {
        for (key, before) in self.journal.drain(mark..).rev().collect::<Vec<_>>() {
            self.replace(key, before);
        }
    }

    /// Each key written since `mark` with its value at that point, in order of first write.
    pub fn written_since(&self, mark: usize) -> Vec<(LedgerKey, Option<Stored>)> {
        let mut seen = BTreeSet::new();
        let firsts = self.journal[mark..]
            .iter()
            .filter(|(key, _)| seen.insert(key));
        firsts.cloned().collect()
    }

    /// What this ledger changed, for the store.
    pub fn changes(&self) -> Vec<(LedgerKey, Option<Stored>)> {
        let value = |key: &LedgerKey| (key.clone(), self.entries.get(key).cloned());
        self.touched.iter().map(value).collect()
    }

    fn forget_changes(&mut self) {
        self.touched.clear();
        self.journal.clear();
    }

    /// Opens the next ledger. Time never runs backwards, whatever the clock does.
    pub fn open_next(&mut self, now: u64) {
        self.seq = self.header.seq + 1;
        self.time = now.max(self.header.time);
    }

    /// Closes the ledger that is open; `changes` has to be read before.
    pub fn seal(&mut self, header: Header) {
        self.header = header;
        self.forget_changes();
    }

    pub fn next_header(&self, results: [u8; 32]) -> Header {
        Header {
            seq: self.seq,
            time: self.time,
            previous: self.header.hash(),
            fee_pool: self.fee_pool,
            results,
        }
    }

    /// Moves on to a header read from disk.
    pub fn resume_at(&mut self, header: Header) {
        self.seq = header.seq;
        self.time = header.time;
        self.fee_pool = header.fee_pool;
        self.header = header;
    }

    /// Archived entries can still be read and restored; expired temporary ones are gone.
    pub fn is_visible(&self, key: &LedgerKey, stored: &Stored) -> bool {
        stored.live_until.is_none_or(|until| until >= self.seq) || !is_temporary(key)
    }

    /// Ends what has expired: temporary entries vanish, persistent ones stay archived until somebody
    /// restores them. As on a public network, one ledger ends a limited number of entries.
    pub fn evict(&mut self) -> Vec<LedgerKey> {
        let most = self.config.max_evictions as usize;
        let expired = self.expiries.take_expired(self.seq, most);
        for key in &expired {
            if is_temporary(key) {
                self.remove(key);
            }
        }
        expired
    }

    /// Earlier ledgers have told which entries are archived.
    fn forget_archived(&mut self) {
        for key in self.expiries.take_expired(self.seq, usize::MAX) {
            let live_until = self.entries.get(&key).and_then(|stored| stored.live_until);
            if let Some(until) = live_until.filter(|_| is_temporary(&key)) {
                self.expiries.insert(until, key);
            }
        }
    }

    pub fn info(&self, seq: u32, timestamp: u64) -> LedgerInfo {
        let mut info = LedgerInfo {
            protocol_version: PROTOCOL,
            sequence_number: seq,
            timestamp,
            network_id: self.network_id,
            base_reserve: BASE_RESERVE as u32,
            ..Default::default()
        };
        self.config
            .network
            .fill_config_fields_in_ledger_info(&mut info);
        info
    }

    /// Readies a ledger that was read from disk.
    pub fn loaded(&mut self) {
        self.forget_archived();
        for stored in self.entries.values() {
            if let LedgerEntryData::ContractCode(code) = &stored.entry.data {
                self.modules.compile(code.code.as_slice());
            }
        }
    }
}

fn is_temporary(key: &LedgerKey) -> bool {
    get_key_durability(key) == Some(ContractDataDurability::Temporary)
}

/// The closed ledger as the host reads it. It owns its read lock, because the host wants 'static.
pub struct Snapshot(pub ArcRwLockReadGuard<RawRwLock, Node>);

impl SnapshotSource for Snapshot {
    fn get(&self, key: &Rc<LedgerKey>) -> Result<Option<EntryWithLiveUntil>, HostError> {
        let stored = self.0.ledger.entry(key);
        Ok(stored.map(|stored| (Rc::new((*stored.entry).clone()), stored.live_until)))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::config::LimitSet;

    pub fn genesis() -> Ledger {
        let config = Arc::new(Config::load(LimitSet::Mainnet).unwrap());
        Ledger::genesis(config, "Test ; 2026", 1_000).unwrap()
    }

    #[test]
    fn the_root_account_follows_from_the_passphrase() {
        let ledger = genesis();
        let root = ledger.account(&ledger.root_account()).unwrap();
        assert_eq!(root.balance, TOTAL_COINS);
        assert_eq!(ledger.network_id, sha256(b"Test ; 2026"));
    }

    #[test]
    fn time_never_runs_backwards() {
        let mut ledger = genesis();
        ledger.open_next(900);
        assert_eq!((ledger.seq, ledger.time), (2, 1_000));
    }

    #[test]
    fn rolling_back_restores_removes_and_keeps_earlier_writes() {
        let mut ledger = genesis();
        let (one, two) = (account_id([1; 32]), account_id([2; 32]));
        ledger.put_account(new_account(one.clone(), 5, 0));
        let mark = ledger.mark();
        ledger.put_account(new_account(one.clone(), 6, 0));
        ledger.put_account(new_account(one.clone(), 7, 0));
        ledger.put_account(new_account(two.clone(), 8, 0));
        assert_eq!(ledger.written_since(mark).len(), 2);
        ledger.roll_back(mark);
        assert_eq!(ledger.account(&one).unwrap().balance, 5);
        assert!(ledger.account(&two).is_none());
    }

    #[test]
    fn each_header_names_the_one_before() {
        let mut ledger = genesis();
        let first = ledger.header.hash();
        ledger.open_next(1_001);
        let next = ledger.next_header([0; 32]);
        ledger.seal(next);
        assert_eq!(ledger.header.previous, first);
        assert_ne!(ledger.header.hash(), first);
    }
}
