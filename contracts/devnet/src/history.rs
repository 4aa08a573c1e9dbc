//! What clients may still ask about: the transactions and events of the last ledgers.

use std::collections::{HashMap, VecDeque};

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use soroban_env_host::xdr::*;

use crate::fees::FeeWindow;
use crate::ledger::{sha256, xdr, Header, XDR};
use crate::queue::select::BaseFees;
use crate::tx::result::inner_hash;

/// About seven days of five-second ledgers, what public RPC nodes keep.
pub const RETENTION_LEDGERS: u32 = 120_960;
/// A busy devnet would outgrow its memory within that time; the oldest ledgers then go earlier.
pub const RETENTION_BYTES: usize = 512 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxRecord {
    pub hash: [u8; 32],
    pub ledger: u32,
    /// Position in its ledger, from 1.
    pub order: u32,
    pub time: u64,
    pub successful: bool,
    pub envelope: Vec<u8>,
    pub result: Vec<u8>,
    pub meta: Vec<u8>,
    /// What paying the fee changed, before all transactions of the ledger.
    pub fee_changes: Vec<u8>,
    /// What the refund changed, after all of them.
    pub refund_changes: Vec<u8>,
}

/// A closed ledger without its transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedLedger {
    pub header: Header,
    pub base_fees: BaseFees,
    /// Temporary entries that are gone, and persistent ones that are archived.
    pub evicted: Vec<LedgerKey>,
}

impl From<Header> for ClosedLedger {
    fn from(header: Header) -> Self {
        Self {
            header,
            base_fees: BaseFees::default(),
            evicted: Vec::new(),
        }
    }
}

impl TxRecord {
    /// The total-order id of SEP-35, for operation `operation` of this transaction.
    pub fn toid(&self, operation: u32) -> u64 {
        toid(self.ledger, self.order, operation)
    }

    pub fn decoded_meta(&self) -> Option<TransactionMetaV4> {
        match TransactionMeta::from_xdr(&self.meta, XDR) {
            Ok(TransactionMeta::V4(meta)) => Some(meta),
            _ => None,
        }
    }

    pub fn decoded_result(&self) -> Option<TransactionResult> {
        TransactionResult::from_xdr(&self.result, XDR).ok()
    }

    pub fn is_fee_bump(&self) -> bool {
        let kind = (EnvelopeType::TxFeeBump as i32).to_be_bytes();
        self.envelope.starts_with(&kind)
    }

    /// All hashes it can be asked for by: a fee bump by that of its inner transaction too.
    fn hashes(&self) -> impl Iterator<Item = [u8; 32]> {
        let inner = self.is_fee_bump().then(|| self.decoded_result()).flatten();
        let inner = inner.and_then(|result| inner_hash(&result));
        [self.hash].into_iter().chain(inner)
    }

    fn bytes(&self) -> usize {
        // Events are kept a second time, decoded and as base64.
        let changes = self.fee_changes.len() + self.refund_changes.len();
        self.envelope.len() + self.result.len() + 2 * self.meta.len() + changes + 200
    }
}

pub fn toid(ledger: u32, transaction: u32, operation: u32) -> u64 {
    u64::from(ledger) << 32 | u64::from(transaction) << 12 | u64::from(operation)
}

/// Where an event stands; its id, `toid-index` in decimal, orders as the tuple does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    pub toid: u64,
    pub index: u32,
}

impl EventId {
    pub fn first_of(ledger: u32) -> Self {
        let toid = toid(ledger, 0, 0);
        Self { toid, index: 0 }
    }

    /// After every event `ledger` can have.
    pub fn end_of(ledger: u32) -> Self {
        let toid = toid(ledger, 0xf_ffff, 0xfff);
        let index = u32::MAX;
        Self { toid, index }
    }

    pub fn ledger(&self) -> u32 {
        (self.toid >> 32) as u32
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (toid, index) = text.split_once('-')?;
        Some(Self {
            toid: toid.parse().ok()?,
            index: index.parse().ok()?,
        })
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{:019}-{:010}", self.toid, self.index)
    }
}

/// An event in the form it is matched and answered in.
pub struct EventRecord {
    pub id: EventId,
    pub time: u64,
    pub tx_hash: [u8; 32],
    pub kind: &'static str,
    pub contract: String,
    pub topics: Vec<String>,
    pub value: String,
}

impl EventRecord {
    fn new(tx: &TxRecord, operation: u32, index: u32, event: &ContractEvent) -> Self {
        let ContractEventBody::V0(body) = &event.body;
        let contract = event.contract_id.as_ref();
        Self {
            id: EventId {
                toid: tx.toid(operation),
                index,
            },
            time: tx.time,
            tx_hash: tx.hash,
            kind: match event.type_ {
                ContractEventType::System => "system",
                ContractEventType::Contract => "contract",
                ContractEventType::Diagnostic => "diagnostic",
            },
            contract: contract.map_or(String::new(), contract_address),
            topics: body.topics.iter().map(base64).collect(),
            value: base64(&body.data),
        }
    }
}

fn contract_address(id: &ContractId) -> String {
    let text = stellar_strkey::Contract(id.0 .0).to_string();
    text.as_str().to_owned()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn header(seq: u32) -> Header {
        Header {
            seq,
            time: 1_000 + u64::from(seq),
            previous: [0; 32],
            fee_pool: 0,
            results: [0; 32],
        }
    }

    fn tx(ledger: u32, order: u32) -> TxRecord {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&ledger.to_be_bytes());
        hash[4..8].copy_from_slice(&order.to_be_bytes());
        TxRecord {
            hash,
            ledger,
            order,
            time: 1_000,
            successful: true,
            envelope: vec![0; 100],
            result: vec![],
            meta: vec![],
            fee_changes: vec![],
            refund_changes: vec![],
        }
    }

    #[test]
    fn event_ids_order_as_their_text_does() {
        let ids = [
            EventId::first_of(7),
            EventId {
                toid: toid(7, 1, 0),
                index: 2,
            },
            EventId {
                toid: toid(7, 1, 0),
                index: 10,
            },
            EventId {
                toid: toid(7, 2, 0),
                index: 0,
            },
            EventId::end_of(7),
            EventId::first_of(8),
        ];
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids
            .windows(2)
            .all(|pair| pair[0].to_string() < pair[1].to_string()));
        assert!(ids
            .iter()
            .all(|id| EventId::parse(&id.to_string()) == Some(*id)));
        assert_eq!(EventId::parse("12"), None);
    }

    #[test]
    fn old_ledgers_leave_whole_and_the_oldest_is_told_truthfully() {
        let mut history = History::new(3, usize::MAX);
        for seq in 1..=10 {
            history.record(header(seq), vec![tx(seq, 1), tx(seq, 2)]);
        }
        assert_eq!((history.oldest().seq, history.latest().seq), (8, 10));
        assert_eq!(history.transactions.len(), 6);
        assert!(history.by_hash(&tx(7, 2).hash).is_none());
        assert_eq!(history.by_hash(&tx(8, 2).hash), Some(&tx(8, 2)));
    }

    #[test]
    fn memory_is_bounded_before_the_ledger_count_is() {
        let mut history = History::new(1_000, 1_000);
        for seq in 1..=10 {
            history.record(header(seq), vec![tx(seq, 1)]);
        }
        assert_eq!(history.oldest().seq, 8);
        history.record(header(1_007), vec![]);
        assert_eq!(history.oldest().seq, 8);
        history.record(header(1_008), vec![]);
        assert_eq!(history.oldest().seq, 9);
    }

    #[test]
    fn transactions_page_by_id() {
        let mut history = History::default();
        history.record(header(1), vec![]);
        history.record(header(2), vec![tx(2, 1), tx(2, 2)]);
        let ids: Vec<_> = history
            .transactions_after(toid(2, 1, 0))
            .map(|tx| tx.order)
            .collect();
        assert_eq!(ids, [2]);
        assert_eq!(history.transactions_of(2).count(), 2);
    }
}
