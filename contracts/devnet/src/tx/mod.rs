//! Transactions: what is admitted (`validate`) and what happens when a ledger closes (`apply`).

pub mod apply;
mod classic;
mod host;
mod meta;
mod preconditions;
pub mod result;
mod signatures;
mod soroban;
#[cfg(test)]
mod tests;
mod ttl;
pub mod validate;

use anyhow::Result;
use soroban_env_host::fees::{compute_transaction_resource_fee, TransactionResources};
use soroban_env_host::ledger_info::get_key_durability;
use soroban_env_host::xdr::*;

use crate::config::Config;
use crate::ledger::{xdr, BASE_FEE};

/// A decoded transaction with what every later step asks of it.
#[derive(Clone)]
pub struct SignedTx {
    pub envelope: TransactionEnvelope,
    /// What the envelope is known by; of a fee bump the outer hash.
    pub hash: [u8; 32],
    /// Of the part that holds the operations, as resources are reckoned.
    pub size: u32,
    /// The part that holds the operations.
    pub inner: TransactionV1Envelope,
    /// What `inner` was signed over; `hash` unless this is a fee bump.
    pub inner_hash: [u8; 32],
}

impl SignedTx {
    pub fn new(envelope: TransactionEnvelope, network_id: [u8; 32]) -> Result<Self> {
        let inner = match &envelope {
            TransactionEnvelope::Tx(v1) => v1.clone(),
            TransactionEnvelope::TxV0(v0) => TransactionV1Envelope {
                tx: (&v0.tx).into(),
                signatures: v0.signatures.clone(),
            },
            TransactionEnvelope::TxFeeBump(bump) => match &bump.tx.inner_tx {
                FeeBumpTransactionInnerTx::Tx(v1) => v1.clone(),
            },
        };
        // The oldest form is another spelling of the same transaction, with the same hash.
        let envelope = match envelope {
            TransactionEnvelope::TxV0(_) => TransactionEnvelope::Tx(inner.clone()),
            other => other,
        };
        Ok(Self {
            hash: envelope.hash(network_id)?,
            inner_hash: inner.hash(network_id)?,
            size: xdr(&TransactionEnvelope::Tx(inner.clone())).len() as u32,
            inner,
            envelope,
        })
    }

    pub fn tx(&self) -> &Transaction {
        &self.inner.tx
    }

    pub fn bump(&self) -> Option<&FeeBumpTransactionEnvelope> {
        match &self.envelope {
            TransactionEnvelope::TxFeeBump(bump) => Some(bump),
            _ => None,
        }
    }

    pub fn source(&self) -> AccountId {
        self.tx().source_account.clone().account_id()
    }

    pub fn fee_source(&self) -> AccountId {
        match self.bump() {
            Some(bump) => bump.tx.fee_source.clone().account_id(),
            None => self.source(),
        }
    }

    pub fn operation_source(&self, operation: &Operation) -> AccountId {
        match &operation.source_account {
            Some(account) => account.clone().account_id(),
            None => self.source(),
        }
    }

    pub fn soroban(&self) -> Option<&SorobanTransactionData> {
        soroban_data(self.tx())
    }

    /// The most it may cost.
    pub fn full_fee(&self) -> i64 {
        match self.bump() {
            Some(bump) => bump.tx.fee,
            None => self.tx().fee.into(),
        }
    }

    pub fn resource_fee(&self) -> i64 {
        self.soroban().map_or(0, |data| data.resource_fee)
    }

    /// What inclusion is paid for: each operation, and the bump as one more.
    pub fn fee_units(&self) -> i64 {
        self.inner_units() + i64::from(self.bump().is_some())
    }

    fn inner_units(&self) -> i64 {
        self.tx().operations.len().max(1) as i64
    }

    /// What is offered for inclusion, above the resources.
    pub fn inclusion_bid(&self) -> i64 {
        self.full_fee().saturating_sub(self.resource_fee())
    }

    fn inner_bid(&self) -> i64 {
        i64::from(self.tx().fee).saturating_sub(self.resource_fee())
    }

    /// What is charged in a ledger where a unit costs `base_fee`: never more than the bid.
    pub fn fee(&self, base_fee: i64) -> i64 {
        self.resource_fee() + self.inclusion_bid().min(base_fee * self.fee_units())
    }

    fn inner_fee(&self, base_fee: i64) -> i64 {
        self.resource_fee() + self.inner_bid().min(base_fee * self.inner_units())
    }

    pub fn least_fee(&self) -> i64 {
        self.resource_fee()
            .saturating_add(BASE_FEE * self.fee_units())
    }

    /// The part of the resource fee that is charged whatever happens.
    pub fn non_refundable_fee(&self, config: &Config) -> i64 {
        self.soroban()
            .map_or(0, |data| resource_fees(config, data, self.size, 0).0)
    }
}

pub fn soroban_data(tx: &Transaction) -> Option<&SorobanTransactionData> {
    match &tx.ext {
        TransactionExt::V1(data) => Some(data),
        TransactionExt::V0 => None,
    }
}

fn is_soroban(operation: &OperationBody) -> bool {
    matches!(
        operation,
        OperationBody::InvokeHostFunction(_)
            | OperationBody::ExtendFootprintTtl(_)
            | OperationBody::RestoreFootprint(_)
    )
}

/// Indices into the read-write footprint of the entries to restore on the way.
fn archived_indices(data: &SorobanTransactionData) -> &[u32] {
    match &data.ext {
        SorobanTransactionDataExt::V1(ext) => ext.archived_soroban_entries.as_slice(),
        SorobanTransactionDataExt::V0 => &[],
    }
}

fn footprint(data: &SorobanTransactionData) -> impl Iterator<Item = &LedgerKey> {
    let footprint = &data.resources.footprint;
    footprint
        .read_only
        .iter()
        .chain(footprint.read_write.iter())
}

/// Only classic entries and archived ones are read from disk.
pub fn disk_read_entries(data: &SorobanTransactionData) -> u32 {
    let classic = footprint(data).filter(|key| get_key_durability(key).is_none());
    (classic.count() + archived_indices(data).len()) as u32
}

/// The resource fee for what a transaction declares: (non-refundable, refundable for its events).
fn resource_fees(
    config: &Config,
    data: &SorobanTransactionData,
    tx_size: u32,
    events_size: u32,
) -> (i64, i64) {
    let resources = TransactionResources {
        instructions: data.resources.instructions,
        disk_read_entries: disk_read_entries(data),
        write_entries: data.resources.footprint.read_write.len() as u32,
        disk_read_bytes: data.resources.disk_read_bytes,
        write_bytes: data.resources.write_bytes,
        contract_events_size_bytes: events_size,
        transaction_size_bytes: tx_size,
    };
    compute_transaction_resource_fee(&resources, &config.network.fee_configuration)
}
