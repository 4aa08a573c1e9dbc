//! What a transaction has to satisfy before it may cost anybody anything.

use std::collections::BTreeSet;

use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey};
use soroban_env_host::ledger_info::get_key_durability;
use soroban_env_host::xdr::*;
use TransactionResultResult as Code;

use super::{archived_indices, disk_read_entries, footprint, is_soroban, SignedTx};
use crate::config::TxLimits;
use crate::ledger::{spendable, xdr, Ledger};

/// A refusal as the client gets it, with the reason for the log.
#[derive(Debug)]
pub struct Refusal {
    pub result: TransactionResult,
    pub reason: &'static str,
}

type Check = Result<(), Refusal>;

pub fn result(code: Code, fee_charged: i64) -> TransactionResult {
    TransactionResult {
        fee_charged,
        result: code,
        ext: TransactionResultExt::V0,
    }
}

fn refuse<T>(code: Code, reason: &'static str) -> Result<T, Refusal> {
    let result = result(code, 0);
    Err(Refusal { result, reason })
}

/// Checks `tx` for the ledger after the last closed one, closing at `time`.
pub fn validate(ledger: &Ledger, tx: &SignedTx, time: u64) -> Check {
    check_shape(tx.tx())?;
    check_preconditions(&tx.tx().cond, ledger.header.seq + 1, time)?;
    if let Some(data) = tx.soroban() {
        check_soroban(ledger, tx, data)?;
    }
    check_fee(tx)?;
    let Some(source) = ledger.account(&tx.source()) else {
        return refuse(Code::TxNoAccount, "no source account");
    };
    if source.seq_num.0.checked_add(1) != Some(tx.tx().seq_num.0) {
        return refuse(Code::TxBadSeq, "sequence number");
    }
    check_signatures(ledger, tx)?;
    if spendable(&source) < i64::from(tx.tx().fee) {
        return refuse(Code::TxInsufficientBalance, "balance below the fee");
    }
    Ok(())
}

fn check_shape(tx: &Transaction) -> Check {
    if tx.operations.is_empty() {
        return refuse(Code::TxMissingOperation, "no operation");
    }
    let soroban = tx.operations.iter().any(|op| is_soroban(&op.body));
    let has_data = super::soroban_data(tx).is_some();
    if soroban != has_data || (soroban && tx.operations.len() != 1) {
        return refuse(
            Code::TxMalformed,
            "Soroban data and operations do not agree",
        );
    }
    Ok(())
}

fn check_preconditions(conditions: &Preconditions, next: u32, time: u64) -> Check {
    let (time_bounds, ledger_bounds) = match conditions {
        Preconditions::None => (None, None),
        Preconditions::Time(bounds) => (Some(bounds), None),
        Preconditions::V2(v2) => {
            let more = v2.min_seq_num.is_some()
                || v2.min_seq_age.0 > 0
                || v2.min_seq_ledger_gap > 0
                || !v2.extra_signers.is_empty();
            if more {
                return refuse(Code::TxNotSupported, "precondition beyond bounds");
            }
            (v2.time_bounds.as_ref(), v2.ledger_bounds.as_ref())
        }
    };
    if let Some(bounds) = time_bounds {
        check_bounds(bounds.min_time.0, bounds.max_time.0, time)?;
    }
    if let Some(bounds) = ledger_bounds {
        // Unlike max_time, max_ledger is exclusive.
        let last = u64::from(bounds.max_ledger).saturating_sub(1);
        if bounds.max_ledger == 1 {
            return refuse(Code::TxTooLate, "max ledger passed");
        }
        check_bounds(bounds.min_ledger.into(), last, next.into())?;
    }
    Ok(())
}

/// Zero as the upper bound means that there is none.
fn check_bounds(min: u64, max: u64, value: u64) -> Check {
    if value < min {
        return refuse(Code::TxTooEarly, "before the lower bound");
    }
    if max != 0 && value > max {
        return refuse(Code::TxTooLate, "past the upper bound");
    }
    Ok(())
}

fn check_fee(tx: &SignedTx) -> Check {
    let least = tx.inclusion_fee() + tx.resource_fee();
    if i64::from(tx.tx().fee) < least {
        return Err(Refusal {
            result: result(Code::TxInsufficientFee, least),
            reason: "fee below the minimum",
        });
    }
    Ok(())
}

fn check_soroban(ledger: &Ledger, tx: &SignedTx, data: &SorobanTransactionData) -> Check {
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

/// Accounts on a devnet have their master key and no other signer, so each account that acts needs
/// one good signature, and each signature has to be needed.
fn check_signatures(ledger: &Ledger, tx: &SignedTx) -> Check {
    let mut used = vec![false; tx.signatures().len()];
    if !signed_by(&tx.source(), tx, &mut used) {
        return refuse(Code::TxBadAuth, "signature of the source account");
    }
    for operation in tx.tx().operations.iter() {
        let source = tx.operation_source(operation);
        if ledger.account(&source).is_none() {
            return refuse(failed(OperationResult::OpNoAccount), "operation source");
        }
        if !signed_by(&source, tx, &mut used) {
            return refuse(failed(OperationResult::OpBadAuth), "operation signature");
        }
    }
    if used.contains(&false) {
        return refuse(Code::TxBadAuthExtra, "signature nobody needs");
    }
    Ok(())
}

fn failed(result: OperationResult) -> Code {
    Code::TxFailed(vec![result].try_into().expect("one result"))
}

fn signed_by(account: &AccountId, tx: &SignedTx, used: &mut [bool]) -> bool {
    let PublicKey::PublicKeyTypeEd25519(Uint256(key)) = &account.0;
    let Ok(verifier) = VerifyingKey::from_bytes(key) else {
        return false;
    };
    let good = tx.signatures().iter().position(|signature| {
        signature.hint.0 == key[28..]
            && Ed25519Signature::from_slice(signature.signature.0.as_slice())
                .is_ok_and(|bytes| verifier.verify_strict(&tx.hash, &bytes).is_ok())
    });
    if let Some(index) = good {
        used[index] = true;
    }
    good.is_some()
}
