//! A ledger's close meta, put together again from what the history keeps of it.

use soroban_env_host::xdr::*;

use crate::history::History;
use crate::ledger::{Header, XDR};

pub fn close_meta(history: &History, header: &Header) -> LedgerCloseMeta {
    let mut envelopes = Vec::new();
    let mut processing = Vec::new();
    for tx in history.transactions_of(header.seq) {
        let envelope = TransactionEnvelope::from_xdr(&tx.envelope, XDR);
        let result = TransactionResult::from_xdr(&tx.result, XDR);
        let meta = TransactionMeta::from_xdr(&tx.meta, XDR);
        let (Ok(envelope), Ok(result), Ok(meta)) = (envelope, result, meta) else {
            continue;
        };
        envelopes.push(envelope);
        processing.push(TransactionResultMetaV1 {
            ext: ExtensionPoint::V0,
            result: TransactionResultPair {
                transaction_hash: Hash(tx.hash),
                result,
            },
            fee_processing: Default::default(),
            tx_apply_processing: meta,
            post_tx_apply_fee_processing: Default::default(),
        });
    }
    let component = TxSetComponentTxsMaybeDiscountedFee {
        base_fee: None,
        txs: envelopes.try_into().unwrap_or_default(),
    };
    let phase = TransactionPhase::V0(
        vec![TxSetComponent::TxsetCompTxsMaybeDiscountedFee(component)]
            .try_into()
            .unwrap_or_default(),
    );
    LedgerCloseMeta::V2(LedgerCloseMetaV2 {
        ext: LedgerCloseMetaExt::V0,
        ledger_header: header_entry(header),
        tx_set: GeneralizedTransactionSet::V1(TransactionSetV1 {
            previous_ledger_hash: Hash(header.previous),
            phases: vec![phase].try_into().unwrap_or_default(),
        }),
        tx_processing: processing.try_into().unwrap_or_default(),
        upgrades_processing: Default::default(),
        scp_info: Default::default(),
        total_byte_size_of_live_soroban_state: 0,
        evicted_keys: Default::default(),
    })
}

pub fn header_entry(header: &Header) -> LedgerHeaderHistoryEntry {
    LedgerHeaderHistoryEntry {
        hash: Hash(header.hash()),
        header: header.xdr(),
        ext: LedgerHeaderHistoryEntryExt::V0,
    }
}
