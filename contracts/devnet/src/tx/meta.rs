//! The changes a transaction leaves in its meta.

use soroban_env_host::xdr::*;

use crate::ledger::{sha256, xdr, Ledger, Stored};

/// The ledger entry changes of the meta, with a TTL entry beside each Soroban entry.
pub fn changes_since(ledger: &Ledger, mark: usize, restored: &[LedgerKey]) -> LedgerEntryChanges {
    let mut changes = Vec::new();
    for (key, before) in ledger.written_since(mark) {
        let after = ledger.entry(&key);
        let entry = |stored: &Stored| (*stored.entry).clone();
        let entries = (before.as_ref().map(entry), after.map(entry));
        let ttls = (
            before.as_ref().and_then(|stored| ttl_entry(&key, stored)),
            after.and_then(|stored| ttl_entry(&key, stored)),
        );
        if restored.contains(&key) {
            // As it was in the archive; what the operation then did to it follows.
            changes.extend(entries.0.clone().map(LedgerEntryChange::Restored));
            push_change(&mut changes, entries);
            changes.extend(ttls.1.map(LedgerEntryChange::Restored));
        } else {
            push_change(&mut changes, entries);
            push_change(&mut changes, ttls);
        }
    }
    LedgerEntryChanges(list(changes))
}

fn push_change(
    changes: &mut Vec<LedgerEntryChange>,
    (before, after): (Option<LedgerEntry>, Option<LedgerEntry>),
) {
    if before == after {
        return;
    }
    let after = match (&before, after) {
        (Some(before), None) => LedgerEntryChange::Removed(before.to_key()),
        (Some(_), Some(after)) => LedgerEntryChange::Updated(after),
        (None, Some(after)) => LedgerEntryChange::Created(after),
        (None, None) => return,
    };
    changes.extend(before.map(LedgerEntryChange::State));
    changes.push(after);
}

fn ttl_entry(key: &LedgerKey, stored: &Stored) -> Option<LedgerEntry> {
    Some(LedgerEntry {
        last_modified_ledger_seq: stored.entry.last_modified_ledger_seq,
        data: LedgerEntryData::Ttl(TtlEntry {
            key_hash: Hash(sha256(&xdr(key))),
            live_until_ledger_seq: stored.live_until?,
        }),
        ext: LedgerEntryExt::V0,
    })
}

/// Unbounded XDR arrays: what fits in memory here is far below their 2^32 elements.
pub fn list<T, const MAX: u32>(items: Vec<T>) -> VecM<T, MAX> {
    items.try_into().expect("fewer items than XDR allows")
}
