//! Transactions: what is admitted (`validate`) and what happens when a ledger closes (`apply`).

pub mod apply;
mod classic;
mod host;
#[cfg(test)]
mod tests;
pub mod validate;

use anyhow::{bail, Result};
use soroban_env_host::fees::{compute_transaction_resource_fee, TransactionResources};
use soroban_env_host::ledger_info::get_key_durability;
use soroban_env_host::xdr::*;

use crate::config::Config;
use crate::ledger::{xdr, BASE_FEE};

/// A decoded transaction with what every later step asks of it.
#[derive(Clone)]
pub struct SignedTx {
    pub envelope: TransactionEnvelope,
    pub hash: [u8; 32],
    pub size: u32,
    v1: TransactionV1Envelope,
}

impl SignedTx {
    pub fn new(envelope: TransactionEnvelope, network_id: [u8; 32]) -> Result<Self> {
        let TransactionEnvelope::Tx(v1) = &envelope else {
            bail!("fee bump and version 0 transactions are not supported");
        };
        Ok(Self {
            hash: envelope.hash(network_id)?,
            size: xdr(&envelope).len() as u32,
            v1: v1.clone(),
            envelope,
        })
    }

    pub fn tx(&self) -> &Transaction {
        &self.v1.tx
    }

    pub fn signatures(&self) -> &[DecoratedSignature] {
        self.v1.signatures.as_slice()
    }

    pub fn source(&self) -> AccountId {
        self.tx().source_account.clone().account_id()
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

    /// Devnet ledgers are never full, so the inclusion fee is always the base fee.
    pub fn inclusion_fee(&self) -> i64 {
        BASE_FEE * self.tx().operations.len() as i64
    }

    pub fn resource_fee(&self) -> i64 {
        self.soroban().map_or(0, |data| data.resource_fee)
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
fn disk_read_entries(data: &SorobanTransactionData) -> u32 {
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
