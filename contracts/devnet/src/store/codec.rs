//! The bytes of a ledger record: fixed-width little-endian numbers, length-prefixed strings, XDR.

use anyhow::{bail, ensure, Context, Result};
use soroban_env_host::xdr::*;
use std::sync::Arc;

use crate::history::{ClosedLedger, TxRecord};
use crate::ledger::{xdr, Header, Stored, XDR};
use crate::queue::select::BaseFees;

pub type Change = (LedgerKey, Option<Stored>);

/// In the flags of a transaction.
const SUCCESSFUL: u32 = 1;
const WITH_FEE_CHANGES: u32 = 2;

/// One closed ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub closed: ClosedLedger,
    pub changes: Vec<Change>,
    pub transactions: Vec<TxRecord>,
}

impl Record {
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.transactions.is_empty()
    }
}

#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.u32(bytes.len() as u32);
        self.0.extend(bytes);
    }

    pub fn header(&mut self, header: &Header) {
        self.u32(header.seq);
        self.u64(header.time);
        self.0.extend(header.previous);
        self.u64(header.fee_pool as u64);
        self.0.extend(header.results);
    }

    pub fn change(&mut self, key: &LedgerKey, value: Option<&Stored>) {
        self.bytes(&xdr(key));
        match value {
            None => self.u32(0),
            Some(stored) => {
                // Zero stands for an entry without a TTL: no entry lives until ledger 0.
                self.u32(1);
                self.u32(stored.live_until.unwrap_or(0));
                self.bytes(&xdr(stored.entry.as_ref()));
            }
        }
    }

    pub fn record(&mut self, record: &Record, reserved: u32) {
        self.header(&record.closed.header);
        self.u32(reserved);
        self.u32(record.changes.len() as u32);
        for (key, value) in &record.changes {
            self.change(key, value.as_ref());
        }
        self.u32(record.transactions.len() as u32);
        for tx in &record.transactions {
            self.0.extend(tx.hash);
            self.u32(tx.order);
            self.u32(WITH_FEE_CHANGES | u32::from(tx.successful));
            self.bytes(&tx.envelope);
            self.bytes(&tx.result);
            self.bytes(&tx.meta);
            self.bytes(&tx.fee_changes);
            self.bytes(&tx.refund_changes);
        }
        self.u64(record.closed.base_fees.classic as u64);
        self.u64(record.closed.base_fees.soroban as u64);
        self.u32(record.closed.evicted.len() as u32);
        for key in &record.closed.evicted {
            self.bytes(&xdr(key));
        }
    }
}

pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .context("the data ends early")?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.take(N)?.try_into()?)
    }

    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    pub fn header(&mut self) -> Result<Header> {
        Ok(Header {
            seq: self.u32()?,
            time: self.u64()?,
            previous: self.array()?,
            fee_pool: self.u64()? as i64,
            results: self.array()?,
        })
    }

    pub fn change(&mut self) -> Result<Change> {
        let key = LedgerKey::from_xdr(self.bytes()?, XDR)?;
        let value = match self.u32()? {
            0 => None,
            1 => {
                let live_until = Some(self.u32()?).filter(|until| *until > 0);
                let entry = Arc::new(LedgerEntry::from_xdr(self.bytes()?, XDR)?);
                Some(Stored { entry, live_until })
            }
            other => bail!("a change of kind {other}"),
        };
        Ok((key, value))
    }

    /// A record with the sequence number it reserved.
    pub fn record(&mut self) -> Result<(Record, u32)> {
        let header = self.header()?;
        let reserved = self.u32()?;
        let changes = (0..self.u32()?)
            .map(|_| self.change())
            .collect::<Result<_>>()?;
        let transactions = (0..self.u32()?)
            .map(|_| self.transaction(&header))
            .collect::<Result<_>>()?;
        let mut closed = ClosedLedger::from(header);
        // Folders of the first version end here.
        if !self.0.is_empty() {
            closed.base_fees = BaseFees {
                classic: self.u64()? as i64,
                soroban: self.u64()? as i64,
            };
            closed.evicted = (0..self.u32()?)
                .map(|_| Ok(LedgerKey::from_xdr(self.bytes()?, XDR)?))
                .collect::<Result<_>>()?;
        }
        ensure!(self.0.is_empty(), "the record goes on after its end");
        let record = Record {
            closed,
            changes,
            transactions,
        };
        Ok((record, reserved))
    }

    fn transaction(&mut self, header: &Header) -> Result<TxRecord> {
        let (hash, order, flags) = (self.array()?, self.u32()?, self.u32()?);
        let mut tx = TxRecord {
            hash,
            ledger: header.seq,
            order,
            time: header.time,
            successful: flags & SUCCESSFUL != 0,
            envelope: self.bytes()?.to_vec(),
            result: self.bytes()?.to_vec(),
            meta: self.bytes()?.to_vec(),
            fee_changes: Vec::new(),
            refund_changes: Vec::new(),
        };
        if flags & WITH_FEE_CHANGES != 0 {
            tx.fee_changes = self.bytes()?.to_vec();
            tx.refund_changes = self.bytes()?.to_vec();
        }
        Ok(tx)
    }
}
