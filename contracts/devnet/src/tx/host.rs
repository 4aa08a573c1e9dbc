//! Invocations on the real host.

use std::panic::{catch_unwind, AssertUnwindSafe};

use soroban_env_host::budget::Budget;
use soroban_env_host::e2e_invoke::{
    entry_size_for_rent, extract_rent_changes, invoke_host_function,
    InvokeHostFunctionResult as HostOutput, LedgerEntryChange as HostChange, TtlLedgerEntryMeta,
};
use soroban_env_host::fees::compute_rent_fee;
use soroban_env_host::ledger_info::get_key_durability;
use soroban_env_host::xdr::*;
use soroban_env_host::HostError;
use InvokeHostFunctionResult as Outcome;

use super::apply::{Call, Effects};
use super::{archived_indices, resource_fees};
use crate::ledger::{sha256, xdr, Ledger, Stored, XDR};
use crate::log;

pub fn invoke(
    ledger: &mut Ledger,
    call: &Call,
    op: &InvokeHostFunctionOp,
    effects: &mut Effects,
) -> Outcome {
    match try_invoke(ledger, call, op, effects) {
        Ok(hash) | Err(hash) => hash,
    }
}

fn try_invoke(
    ledger: &mut Ledger,
    call: &Call,
    op: &InvokeHostFunctionOp,
    effects: &mut Effects,
) -> Result<Outcome, Outcome> {
    let inputs = read_footprint(ledger, call.data())?;
    let (output, value) = run_host(ledger, call, op, &inputs, effects)?;
    check_output(ledger, call, &output, &value)?;
    charge_refundable(ledger, call, &output, &value, effects)?;
    write_changes(ledger, call.data(), &output, effects)?;
    effects.events = decode_all(&output.encoded_contract_events)?;
    let return_value: ScVal = decode(&value)?;
    let preimage = InvokeHostFunctionSuccessPreImage {
        return_value: return_value.clone(),
        events: effects.events.clone().try_into().map_err(internal)?,
    };
    effects.return_value = Some(return_value);
    Ok(Outcome::Success(Hash(sha256(&xdr(&preimage)))))
}

/// An encoded entry with its TTL, as the host takes them: one for every key of the footprint.
type HostInput = (Option<Vec<u8>>, Option<TtlLedgerEntryMeta>);

fn read_footprint(
    ledger: &Ledger,
    data: &SorobanTransactionData,
) -> Result<Vec<HostInput>, Outcome> {
    let footprint = &data.resources.footprint;
    let archived = archived_indices(data);
    let read_only = footprint.read_only.iter().map(|key| (key, false));
    let read_write = footprint.read_write.iter().enumerate();
    let read_write = read_write.map(|(index, key)| (key, archived.contains(&(index as u32))));
    let mut disk_bytes = 0;
    let inputs: Result<Vec<_>, _> = read_only
        .chain(read_write)
        .map(|(key, may_restore)| read_entry(ledger, key, may_restore, &mut disk_bytes))
        .collect();
    if disk_bytes > data.resources.disk_read_bytes as usize {
        return Err(Outcome::ResourceLimitExceeded);
    }
    inputs
}

fn read_entry(
    ledger: &Ledger,
    key: &LedgerKey,
    may_restore: bool,
    disk_bytes: &mut usize,
) -> Result<HostInput, Outcome> {
    let Some(stored) = ledger.entry(key) else {
        return Ok((None, None));
    };
    let encoded = xdr(stored.entry.as_ref());
    let (Some(durability), Some(until)) = (get_key_durability(key), stored.live_until) else {
        *disk_bytes += encoded.len();
        return Ok((Some(encoded), None));
    };
    let live_until = match (until >= ledger.seq, durability) {
        (true, _) => until,
        (false, ContractDataDurability::Temporary) => return Ok((None, None)),
        (false, ContractDataDurability::Persistent) if may_restore => {
            *disk_bytes += encoded.len();
            restored_until(ledger)
        }
        (false, ContractDataDurability::Persistent) => return Err(Outcome::EntryArchived),
    };
    let ttl = TtlLedgerEntryMeta {
        live_until_ledger: live_until,
        entry_size_for_rent: rent_size(ledger, stored)?,
    };
    Ok((Some(encoded), Some(ttl)))
}

pub fn restored_until(ledger: &Ledger) -> u32 {
    ledger.seq + ledger.config.network.min_persistent_entry_ttl - 1
}

pub fn rent_size(ledger: &Ledger, stored: &Stored) -> Result<u32, Outcome> {
    let budget = ledger.config.unlimited_budget().map_err(internal)?;
    let size = xdr(stored.entry.as_ref()).len() as u32;
    entry_size_for_rent(&budget, &stored.entry, size).map_err(internal)
}

/// Runs the host and gives its output with the encoded return value.
fn run_host(
    ledger: &Ledger,
    call: &Call,
    op: &InvokeHostFunctionOp,
    inputs: &[HostInput],
    effects: &mut Effects,
) -> Result<(HostOutput, Vec<u8>), Outcome> {
    let resources = &call.data().resources;
    let budget = ledger
        .config
        .budget(
            resources.instructions.into(),
            ledger.config.network.tx_memory_limit.into(),
        )
        .map_err(internal)?;
    let auth: Vec<Vec<u8>> = op.auth.iter().map(xdr).collect();
    let function = xdr(&op.host_function);
    let resources_xdr = xdr(resources);
    let source = xdr(call.source);
    let seed = call.seed.to_vec();
    // The host is meant never to panic. Should it, one transaction fails and the ledger stays whole.
    let ran = catch_unwind(AssertUnwindSafe(|| {
        invoke_host_function(
            &budget,
            true,
            &function,
            &resources_xdr,
            archived_indices(call.data()),
            &source,
            auth.iter(),
            ledger.info(ledger.seq, ledger.time),
            inputs.iter().map(|(entry, ttl)| (entry.as_ref(), *ttl)),
            &seed,
            &mut effects.diagnostics,
            None,
            Some(ledger.modules.cache()),
        )
    }));
    let mut output = match ran {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(host_failure(&budget, resources, error)),
        Err(_) => return Err(Outcome::Trapped),
    };
    match std::mem::replace(&mut output.encoded_invoke_result, Ok(Vec::new())) {
        Ok(value) => Ok((output, value)),
        Err(error) => Err(host_failure(&budget, resources, error)),
    }
}

fn host_failure(budget: &Budget, resources: &SorobanResources, error: HostError) -> Outcome {
    let spent = budget.get_cpu_insns_consumed().unwrap_or(0);
    let instructions = resources.instructions;
    log::verbose(|| {
        format!(
            "host: {:?}, instructions {spent}/{instructions}",
            error.error
        )
    });
    if spent > u64::from(resources.instructions) {
        return Outcome::ResourceLimitExceeded;
    }
    Outcome::Trapped
}

fn check_output(
    ledger: &Ledger,
    call: &Call,
    output: &HostOutput,
    value: &[u8],
) -> Result<(), Outcome> {
    let limits = &ledger.config.limits;
    let mut written = 0;
    for change in &output.ledger_changes {
        let Some(entry) = &change.encoded_new_value else {
            continue;
        };
        written += entry.len();
        let limit = match decode(&change.encoded_key)? {
            LedgerKey::ContractCode(_) => limits.contract_code_bytes,
            _ => limits.data_entry_bytes,
        };
        if entry.len() > limit as usize {
            return Err(Outcome::ResourceLimitExceeded);
        }
    }
    let within = written <= call.data().resources.write_bytes as usize
        && events_size(output, value) <= limits.events_bytes;
    within.then_some(()).ok_or(Outcome::ResourceLimitExceeded)
}

/// The return value counts as an event.
fn events_size(output: &HostOutput, value: &[u8]) -> u32 {
    let events = output.encoded_contract_events.iter().map(Vec::len);
    (events.sum::<usize>() + value.len()) as u32
}

fn charge_refundable(
    ledger: &Ledger,
    call: &Call,
    output: &HostOutput,
    value: &[u8],
    effects: &mut Effects,
) -> Result<(), Outcome> {
    let network = &ledger.config.network;
    let rent = compute_rent_fee(
        &extract_rent_changes(&output.ledger_changes),
        &network.rent_fee_configuration,
        ledger.seq,
    );
    let size = events_size(output, value);
    let (_, events) = resource_fees(&ledger.config, call.data(), call.tx.size, size);
    if rent + events > call.max_refundable {
        return Err(Outcome::InsufficientRefundableFee);
    }
    effects.rent_fee = rent;
    effects.refundable_fee = rent + events;
    Ok(())
}

fn write_changes(
    ledger: &mut Ledger,
    data: &SorobanTransactionData,
    output: &HostOutput,
    effects: &mut Effects,
) -> Result<(), Outcome> {
    let read_write = &data.resources.footprint.read_write;
    let archived = archived_indices(data).iter();
    let archived: Vec<_> = archived
        .filter_map(|index| read_write.get(*index as usize))
        .collect();
    for change in &output.ledger_changes {
        let key: LedgerKey = decode(&change.encoded_key)?;
        if archived.contains(&&key) {
            effects.restored.push(key.clone());
        }
        write_change(ledger, key, change)?;
    }
    Ok(())
}

fn write_change(ledger: &mut Ledger, key: LedgerKey, change: &HostChange) -> Result<(), Outcome> {
    let before = ledger.entry(&key).and_then(|stored| stored.live_until);
    let ttl = change.ttl_change.as_ref();
    let live_until = ttl.map(|ttl| ttl.new_live_until_ledger);
    match &change.encoded_new_value {
        Some(encoded) => {
            let entry: LedgerEntry = decode(encoded)?;
            ledger.put(key, entry.data, entry.ext, live_until.or(before));
        }
        None if !change.read_only => ledger.remove(&key),
        None => {
            if let Some(until) = live_until.filter(|until| Some(*until) > before) {
                ledger.set_live_until(&key, until);
            }
        }
    }
    Ok(())
}

fn decode<T: ReadXdr>(bytes: &[u8]) -> Result<T, Outcome> {
    T::from_xdr(bytes, XDR).map_err(internal)
}

fn decode_all<T: ReadXdr>(items: &[Vec<u8>]) -> Result<Vec<T>, Outcome> {
    items.iter().map(|bytes| decode(bytes)).collect()
}

/// Something that should not be possible: the transaction fails and the log says why.
fn internal(error: impl std::fmt::Debug) -> Outcome {
    eprintln!("internal error while applying a transaction: {error:?}");
    Outcome::Trapped
}
