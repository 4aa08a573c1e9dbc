//! What is kept of a closed ledger and of each of its transactions.

use soroban_env_host::xdr::*;

use crate::ledger::{Header, XDR};
use crate::queue::select::BaseFees;
use crate::tx::result::inner_hash;

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
    pub fn hashes(&self) -> impl Iterator<Item = [u8; 32]> {
        let inner = self.is_fee_bump().then(|| self.decoded_result()).flatten();
        let inner = inner.and_then(|result| inner_hash(&result));
        [self.hash].into_iter().chain(inner)
    }

    pub fn bytes(&self) -> usize {
        // Events are kept a second time, decoded and as base64.
        let changes = self.fee_changes.len() + self.refund_changes.len();
        self.envelope.len() + self.result.len() + 2 * self.meta.len() + changes + 200
    }
}

pub fn toid(ledger: u32, transaction: u32, operation: u32) -> u64 {
    u64::from(ledger) << 32 | u64::from(transaction) << 12 | u64::from(operation)
}
