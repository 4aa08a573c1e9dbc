//! The time entries live: extending it, and restoring what is archived.

use soroban_env_host::fees::{compute_rent_fee, LedgerEntryRentChange};
use soroban_env_host::ledger_info::get_key_durability;
use soroban_env_host::xdr::*;

use super::apply::{Call, Effects};
use super::host::{rent_size, restored_until};
use crate::ledger::{xdr, Ledger};

pub fn extend(
    ledger: &mut Ledger,
    call: &Call,
    extend_to: u32,
    effects: &mut Effects,
) -> ExtendFootprintTtlResult {
    if extend_to >= ledger.config.network.max_entry_ttl {
        return ExtendFootprintTtlResult::Malformed;
    }
    let keys = call.data().resources.footprint.read_only.to_vec();
    let target = ledger.seq + extend_to;
    let due = |until: u32| until >= ledger.seq && until < target;
    let Ok(extended) = rent_changes(ledger, &keys, target, due) else {
        return ExtendFootprintTtlResult::Malformed;
    };
    match pay_rent(ledger, call, extended, target, effects) {
        true => ExtendFootprintTtlResult::Success,
        false => ExtendFootprintTtlResult::InsufficientRefundableFee,
    }
}

pub fn restore(ledger: &mut Ledger, call: &Call, effects: &mut Effects) -> RestoreFootprintResult {
    let resources = &call.data().resources;
    let keys = resources.footprint.read_write.to_vec();
    let target = restored_until(ledger);
    let Ok(restored) = rent_changes(ledger, &keys, target, |until| until < ledger.seq) else {
        return RestoreFootprintResult::Malformed;
    };
    let size = |key| ledger.entry(key).map_or(0, |s| xdr(s.entry.as_ref()).len());
    let bytes: usize = restored.iter().map(|(key, _)| size(key)).sum();
    if bytes > resources.disk_read_bytes as usize || bytes > resources.write_bytes as usize {
        return RestoreFootprintResult::ResourceLimitExceeded;
    }
    effects.restored = restored.iter().map(|(key, _)| key.clone()).collect();
    match pay_rent(ledger, call, restored, target, effects) {
        true => RestoreFootprintResult::Success,
        false => RestoreFootprintResult::InsufficientRefundableFee,
    }
}

/// The entries among `keys` whose TTL is `due` to move to `target`, with the rent each owes.
fn rent_changes(
    ledger: &Ledger,
    keys: &[LedgerKey],
    target: u32,
    due: impl Fn(u32) -> bool,
) -> Result<Vec<(LedgerKey, LedgerEntryRentChange)>, InvokeHostFunctionResult> {
    let mut changes = Vec::new();
    for key in keys {
        let Some(stored) = ledger.entry(key) else {
            continue;
        };
        let Some(until) = stored.live_until.filter(|until| due(*until)) else {
            continue;
        };
        let live = until >= ledger.seq;
        let size = rent_size(ledger, stored)?;
        let rent = LedgerEntryRentChange {
            is_persistent: get_key_durability(key) == Some(ContractDataDurability::Persistent),
            is_code_entry: matches!(key, LedgerKey::ContractCode(_)),
            old_size_bytes: if live { size } else { 0 },
            new_size_bytes: size,
            old_live_until_ledger: if live { until } else { 0 },
            new_live_until_ledger: target,
        };
        changes.push((key.clone(), rent));
    }
    Ok(changes)
}

fn pay_rent(
    ledger: &mut Ledger,
    call: &Call,
    changes: Vec<(LedgerKey, LedgerEntryRentChange)>,
    target: u32,
    effects: &mut Effects,
) -> bool {
    let (keys, changes): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
    let rates = &ledger.config.network.rent_fee_configuration;
    let rent = compute_rent_fee(&changes, rates, ledger.seq);
    if rent > call.max_refundable {
        return false;
    }
    for key in keys {
        ledger.set_live_until(&key, target);
    }
    effects.rent_fee = rent;
    effects.refundable_fee = rent;
    true
}
