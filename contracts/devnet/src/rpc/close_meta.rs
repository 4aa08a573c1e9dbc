//! A ledger's close meta, put together again from what the history keeps of it.

use soroban_env_host::xdr::*;

use crate::history::{ClosedLedger, History, TxRecord};
use crate::ledger::{sha256, xdr, Header, XDR};

pub fn latest_close_meta(history: &History) -> LedgerCloseMeta {
    let latest = history.ledgers.back();
    close_meta(history, latest.expect("history starts with a ledger"))
}

pub fn close_meta(history: &History, ledger: &ClosedLedger) -> LedgerCloseMeta {
    let header = &ledger.header;
    let mut classic = Vec::new();
    let mut soroban = Vec::new();
    let mut processing = Vec::new();
    for tx in history.transactions_of(header.seq) {
        let envelope = TransactionEnvelope::from_xdr(&tx.envelope, XDR);
        let (Ok(envelope), Some((is_soroban, result))) = (envelope, processed(tx)) else {
            continue;
        };
        let phase = if is_soroban {
            &mut soroban
        } else {
            &mut classic
        };
        phase.push(envelope);
        processing.push(result);
    }
    let phases = vec![
        classic_phase(classic, ledger.base_fees.classic),
        soroban_phase(soroban, ledger.base_fees.soroban),
    ];
    LedgerCloseMeta::V2(LedgerCloseMetaV2 {
        ext: LedgerCloseMetaExt::V0,
        ledger_header: header_entry(header),
        tx_set: GeneralizedTransactionSet::V1(TransactionSetV1 {
            previous_ledger_hash: Hash(header.previous),
            phases: phases.try_into().unwrap_or_default(),
        }),
        tx_processing: processing.try_into().unwrap_or_default(),
        upgrades_processing: Default::default(),
        scp_info: Default::default(),
        total_byte_size_of_live_soroban_state: 0,
        evicted_keys: evicted_keys(&ledger.evicted).try_into().unwrap_or_default(),
    })
}

pub fn header_entry(header: &Header) -> LedgerHeaderHistoryEntry {
    LedgerHeaderHistoryEntry {
        hash: Hash(header.hash()),
        header: header.xdr(),
        ext: LedgerHeaderHistoryEntryExt::V0,
    }
}

fn processed(tx: &TxRecord) -> Option<(bool, TransactionResultMetaV1)> {
    let meta = tx.decoded_meta()?;
    let is_soroban = meta.soroban_meta.is_some();
    // Folders of the first version keep no changes of fees.
    let changes = |bytes: &[u8]| LedgerEntryChanges::from_xdr(bytes, XDR).unwrap_or_default();
    let result = TransactionResultMetaV1 {
        ext: ExtensionPoint::V0,
        result: TransactionResultPair {
            transaction_hash: Hash(tx.hash),
            result: tx.decoded_result()?,
        },
        fee_processing: changes(&tx.fee_changes),
        tx_apply_processing: TransactionMeta::V4(meta),
        post_tx_apply_fee_processing: changes(&tx.refund_changes),
    };
    Some((is_soroban, result))
}

fn classic_phase(envelopes: Vec<TransactionEnvelope>, base_fee: i64) -> TransactionPhase {
    if envelopes.is_empty() {
        return TransactionPhase::V0(Default::default());
    }
    let component = TxSetComponentTxsMaybeDiscountedFee {
        base_fee: Some(base_fee),
        txs: envelopes.try_into().unwrap_or_default(),
    };
    let component = TxSetComponent::TxsetCompTxsMaybeDiscountedFee(component);
    TransactionPhase::V0(vec![component].try_into().unwrap_or_default())
}

/// One stage with one cluster: here all of them run one after the other.
fn soroban_phase(envelopes: Vec<TransactionEnvelope>, base_fee: i64) -> TransactionPhase {
    let mut component = ParallelTxsComponent {
        base_fee: Some(base_fee),
        execution_stages: Default::default(),
    };
    if !envelopes.is_empty() {
        let cluster = DependentTxCluster(envelopes.try_into().unwrap_or_default());
        let stage = ParallelTxExecutionStage(vec![cluster].try_into().unwrap_or_default());
        component.execution_stages = vec![stage].try_into().unwrap_or_default();
    }
    TransactionPhase::V1(component)
}

/// Each key with that of its TTL entry.
fn evicted_keys(keys: &[LedgerKey]) -> Vec<LedgerKey> {
    let ttl = |key: &LedgerKey| {
        LedgerKey::Ttl(LedgerKeyTtl {
            key_hash: Hash(sha256(&xdr(key))),
        })
    };
    keys.iter()
        .flat_map(|key| [key.clone(), ttl(key)])
        .collect()
}
