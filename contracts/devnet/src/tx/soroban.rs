//! What a Soroban transaction declares, against the limits of the network.

use std::collections::BTreeSet;

use soroban_env_host::ledger_info::get_key_durability;
use soroban_env_host::xdr::*;
use TransactionResultResult as Code;

use super::validate::{refuse, Check};
use super::{archived_indices, disk_read_entries, footprint, SignedTx};
use crate::config::TxLimits;
use crate::ledger::{xdr, Ledger};

pub fn check(ledger: &Ledger, tx: &SignedTx, data: &SorobanTransactionData) -> Check {
    let config = &ledger.config;
    let problem = over_limits(&config.limits, tx, data)
        .or_else(|| bad_footprint(&config.limits, tx, data))
        .or_else(|| bad_archived_indices(data));
    if let Some(reason) = problem {
        return refuse(Code::TxSorobanInvalid, reason);
    }
    if data.resource_fee < tx.non_refundable_fee(config) {
        return refuse(Code::TxSorobanInvalid, "resource fee below its minimum");
    }
    if data.resource_fee > i64::from(tx.tx().fee) {
        return refuse(Code::TxSorobanInvalid, "resource fee above the fee");
    }
    Ok(())
}

fn over_limits(
    limits: &TxLimits,
    tx: &SignedTx,
    data: &SorobanTransactionData,
) -> Option<&'static str> {
    let resources = &data.resources;
    let code = match tx.tx().operations.first().map(|op| &op.body) {
        Some(OperationBody::InvokeHostFunction(op)) => match &op.host_function {
            HostFunction::UploadContractWasm(code) => code.len(),
            _ => 0,
        },
        _ => 0,
    };
    let checks = [
        (tx.size, limits.size, "transaction size"),
        (resources.instructions, limits.instructions, "instructions"),
        (
            resources.disk_read_bytes,
            limits.disk_read_bytes,
            "disk read bytes",
        ),
        (
            disk_read_entries(data),
            limits.disk_read_entries,
            "disk read entries",
        ),
        (resources.write_bytes, limits.write_bytes, "write bytes"),
        (
            resources.footprint.read_write.len() as u32,
            limits.write_entries,
            "write entries",
        ),
        (
            footprint(data).count() as u32,
            limits.footprint_entries,
            "footprint entries",
        ),
        (code as u32, limits.contract_code_bytes, "code size"),
    ];
    let over = checks.iter().find(|(value, limit, _)| value > limit);
    over.map(|(_, _, what)| *what)
}

fn bad_footprint(
    limits: &TxLimits,
    tx: &SignedTx,
    data: &SorobanTransactionData,
) -> Option<&'static str> {
    let keys: BTreeSet<_> = footprint(data).collect();
    if keys.len() != footprint(data).count() {
        return Some("duplicate footprint key");
    }
    for key in &keys {
        match key {
            LedgerKey::Account(_) | LedgerKey::Trustline(_) | LedgerKey::ContractCode(_) => {}
            LedgerKey::ContractData(_) if xdr(*key).len() > limits.data_key_bytes as usize => {
                return Some("data key size");
            }
            LedgerKey::ContractData(_) => {}
            _ => return Some("key type in the footprint"),
        }
    }
    let footprint = &data.resources.footprint;
    let (unused, used) = match tx.tx().operations.first().map(|op| &op.body) {
        Some(OperationBody::ExtendFootprintTtl(_)) => (&footprint.read_write, &footprint.read_only),
        Some(OperationBody::RestoreFootprint(_)) => (&footprint.read_only, &footprint.read_write),
        _ => return None,
    };
    let restores = unused == &footprint.read_only;
    let wrong = |key: &LedgerKey| match get_key_durability(key) {
        None => true,
        Some(ContractDataDurability::Temporary) => restores,
        Some(ContractDataDurability::Persistent) => false,
    };
    (!unused.is_empty() || used.iter().any(wrong)).then_some("footprint of a TTL operation")
}

fn bad_archived_indices(data: &SorobanTransactionData) -> Option<&'static str> {
    let indices = archived_indices(data);
    let keys = &data.resources.footprint.read_write;
    let persistent = |index: &u32| {
        keys.get(*index as usize).and_then(get_key_durability)
            == Some(ContractDataDurability::Persistent)
    };
    let sorted = indices.windows(2).all(|pair| pair[0] < pair[1]);
    (!sorted || !indices.iter().all(persistent)).then_some("indices of archived entries")
}
