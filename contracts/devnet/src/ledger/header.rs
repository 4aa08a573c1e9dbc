//! What identifies a closed ledger.

use soroban_env_host::xdr::*;

use super::{sha256, xdr};

pub const PROTOCOL: u32 = 28;
pub const BASE_FEE: i64 = 100;
pub const BASE_RESERVE: i64 = 5_000_000;
/// Every lumen there is: 100 billion, in stroops.
pub const TOTAL_COINS: i64 = 1_000_000_000_000_000_000;
/// How many classic operations a ledger takes.
pub const MAX_CLASSIC_OPERATIONS: u32 = 1_000;

/// The part of a header that is kept; the XDR header follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub seq: u32,
    pub time: u64,
    pub previous: [u8; 32],
    pub fee_pool: i64,
    /// Hash over the results of this ledger's transactions.
    pub results: [u8; 32],
}

impl Header {
    pub fn xdr(&self) -> LedgerHeader {
        LedgerHeader {
            ledger_version: PROTOCOL,
            previous_ledger_hash: Hash(self.previous),
            scp_value: StellarValue {
                close_time: TimePoint(self.time),
                ..Default::default()
            },
            tx_set_result_hash: Hash(self.results),
            ledger_seq: self.seq,
            total_coins: TOTAL_COINS,
            fee_pool: self.fee_pool,
            base_fee: BASE_FEE as u32,
            base_reserve: BASE_RESERVE as u32,
            max_tx_set_size: MAX_CLASSIC_OPERATIONS,
            ..Default::default()
        }
    }

    pub fn hash(&self) -> [u8; 32] {
        sha256(&xdr(&self.xdr()))
    }
}
