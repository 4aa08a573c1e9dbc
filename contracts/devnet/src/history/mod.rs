//! What clients may still ask about: the transactions and events of the last ledgers.

mod event;
mod record;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use soroban_env_host::xdr::*;

use crate::fees::FeeWindow;
use crate::ledger::{sha256, xdr, Header, XDR};
pub use event::{EventId, EventRecord};
pub use record::{toid, ClosedLedger, TxRecord};

/// About seven days of five-second ledgers, what public RPC nodes keep.
pub const RETENTION_LEDGERS: u32 = 120_960;
/// A busy devnet would outgrow its memory within that time; the oldest ledgers then go earlier.
pub const RETENTION_BYTES: usize = 512 << 20;

/// Values from transactions that were decoded within the bounds encode within them.
pub fn base64(value: &impl WriteXdr) -> String {
    value
        .to_xdr_base64(XDR)
        .expect("a value within the XDR bounds")
}

/// Base64 of what is XDR already.
pub fn base64_bytes(xdr: &[u8]) -> String {
    STANDARD.encode(xdr)
}

pub struct History {
    pub ledgers: VecDeque<ClosedLedger>,
    pub transactions: VecDeque<TxRecord>,
    pub events: VecDeque<EventRecord>,
    pub fees: FeeWindow,
    /// Ids of transactions by hash.
    by_hash: HashMap<[u8; 32], u64>,
    bytes: usize,
    max_ledgers: u32,
    max_bytes: usize,
}

impl Default for History {
    fn default() -> Self {
        Self::new(RETENTION_LEDGERS, RETENTION_BYTES)
    }
}

impl History {
    pub fn new(max_ledgers: u32, max_bytes: usize) -> Self {
        Self {
            ledgers: VecDeque::new(),
            transactions: VecDeque::new(),
            events: VecDeque::new(),
            fees: FeeWindow::default(),
            by_hash: HashMap::new(),
            bytes: 0,
            max_ledgers,
            max_bytes,
        }
    }

    pub fn record(&mut self, ledger: impl Into<ClosedLedger>, transactions: Vec<TxRecord>) {
        self.ledgers.push_back(ledger.into());
        self.fees.record(transactions.iter());
        for tx in transactions {
            let operations = tx.decoded_meta().map(|meta| meta.operations);
            for (operation, meta) in operations.iter().flatten().enumerate() {
                for (index, event) in meta.events.iter().enumerate() {
                    let event = EventRecord::new(&tx, operation as u32, index as u32, event);
                    self.events.push_back(event);
                }
            }
            self.bytes += tx.bytes();
            for hash in tx.hashes() {
                self.by_hash.insert(hash, tx.toid(0));
            }
            self.transactions.push_back(tx);
        }
        self.trim();
    }

    /// Drops whole ledgers, so that the oldest one we name is complete.
    fn trim(&mut self) {
        while self.ledgers.len() > 1 && (self.too_long() || self.bytes > self.max_bytes) {
            let Some(ClosedLedger { header, .. }) = self.ledgers.pop_front() else {
                return;
            };
            while self
                .transactions
                .front()
                .is_some_and(|tx| tx.ledger <= header.seq)
            {
                if let Some(tx) = self.transactions.pop_front() {
                    self.bytes -= tx.bytes();
                    for hash in tx.hashes() {
                        self.by_hash.remove(&hash);
                    }
                }
            }
            while self
                .events
                .front()
                .is_some_and(|event| event.id.ledger() <= header.seq)
            {
                self.events.pop_front();
            }
        }
    }

    fn too_long(&self) -> bool {
        let (oldest, latest) = (self.oldest().seq, self.latest().seq);
        latest - oldest >= self.max_ledgers
    }

    pub fn is_empty(&self) -> bool {
        self.ledgers.is_empty()
    }

    pub fn oldest(&self) -> &Header {
        let oldest = self.ledgers.front();
        &oldest.expect("history starts with a ledger").header
    }

    pub fn latest(&self) -> &Header {
        let latest = self.ledgers.back();
        &latest.expect("history starts with a ledger").header
    }

    pub fn by_hash(&self, hash: &[u8; 32]) -> Option<&TxRecord> {
        let id = *self.by_hash.get(hash)?;
        let index = self.transactions.partition_point(|tx| tx.toid(0) < id);
        self.transactions.get(index)
    }

    /// The transactions after the one with this id.
    pub fn transactions_after(&self, toid: u64) -> impl Iterator<Item = &TxRecord> {
        let index = self.transactions.partition_point(|tx| tx.toid(0) <= toid);
        self.transactions.range(index..)
    }

    pub fn events_from(&self, id: EventId) -> impl Iterator<Item = &EventRecord> {
        let index = self.events.partition_point(|event| event.id < id);
        self.events.range(index..)
    }

    pub fn ledgers_from(&self, seq: u32) -> impl Iterator<Item = &ClosedLedger> {
        let index = self
            .ledgers
            .partition_point(|ledger| ledger.header.seq < seq);
        self.ledgers.range(index..)
    }

    pub fn transactions_of(&self, seq: u32) -> impl Iterator<Item = &TxRecord> {
        self.transactions_after(toid(seq, 0, 0))
            .take_while(move |tx| tx.ledger == seq)
    }
}

/// One hash over what a ledger's transactions came to, for its header.
pub fn results_hash(transactions: &[TxRecord]) -> [u8; 32] {
    if transactions.is_empty() {
        return [0; 32];
    }
    let pairs = transactions
        .iter()
        .filter_map(|tx| {
            Some(TransactionResultPair {
                transaction_hash: Hash(tx.hash),
                result: tx.decoded_result()?,
            })
        })
        .collect::<Vec<_>>();
    let set = TransactionResultSet {
        results: pairs.try_into().unwrap_or_default(),
    };
    sha256(&xdr(&set))
}
