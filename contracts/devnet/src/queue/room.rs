//! What transactions take of a ledger, measured as its limits are.

use crate::config::LedgerLimits;
use crate::ledger::MAX_CLASSIC_OPERATIONS;
use crate::tx::{disk_read_entries, SignedTx};

/// Classic: operations. Soroban: transactions, size, instructions, and what is read and written.
#[derive(Clone, Debug, Default)]
pub struct Needs([u64; 7]);

impl Needs {
    pub fn of(tx: &SignedTx) -> Self {
        let Some(data) = tx.soroban() else {
            return Self([tx.fee_units() as u64, 0, 0, 0, 0, 0, 0]);
        };
        let resources = &data.resources;
        Self([
            1,
            tx.size.into(),
            resources.instructions.into(),
            disk_read_entries(data).into(),
            resources.disk_read_bytes.into(),
            resources.footprint.read_write.len() as u64,
            resources.write_bytes.into(),
        ])
    }

    /// What `ledgers` of them hold of transactions like this one.
    pub fn of_ledgers(tx: &SignedTx, limits: &LedgerLimits, ledgers: u64) -> Self {
        let one = match tx.soroban() {
            None => [u64::from(MAX_CLASSIC_OPERATIONS), 0, 0, 0, 0, 0, 0],
            Some(_) => Self::soroban(limits).0,
        };
        Self(one.map(|limit| limit * ledgers))
    }

    pub fn classic() -> Self {
        Self([MAX_CLASSIC_OPERATIONS.into(), 0, 0, 0, 0, 0, 0])
    }

    pub fn soroban(limits: &LedgerLimits) -> Self {
        Self([
            limits.transactions.into(),
            limits.size.into(),
            limits.instructions * u64::from(limits.clusters),
            limits.disk_read_entries.into(),
            limits.disk_read_bytes.into(),
            limits.write_entries.into(),
            limits.write_bytes.into(),
        ])
    }

    pub fn fit(&self, room: &Self) -> bool {
        self.0.iter().zip(&room.0).all(|(need, room)| need <= room)
    }

    pub fn add(&mut self, other: &Self) {
        let pairs = self.0.iter_mut().zip(&other.0);
        pairs.for_each(|(own, other)| *own += other);
    }

    pub fn subtract(&mut self, other: &Self) {
        let pairs = self.0.iter_mut().zip(&other.0);
        pairs.for_each(|(own, other)| *own -= other);
    }
}
