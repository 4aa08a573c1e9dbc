//! sendTransaction, getTransaction and getTransactions.

use serde_json::{json, Value};
use soroban_env_host::xdr::*;

use super::error::{Params, RpcError, RpcResult};
use super::paging::{range_json, start, Start};
use crate::history::{base64, base64_bytes, toid, TxRecord};
use crate::node::Node;
use crate::queue::Submission;
use crate::tx::SignedTx;

pub fn send_transaction(node: &mut Node, params: &Params) -> RpcResult {
    let envelope: TransactionEnvelope = params.xdr("/transaction")?;
    let tx = SignedTx::new(envelope, node.ledger.network_id).map_err(RpcError::invalid_params)?;
    let hash = hex::encode(tx.hash);
    let (status, refusal) = match node.submit(tx) {
        Submission::Pending => ("PENDING", None),
        Submission::Duplicate => ("DUPLICATE", None),
        Submission::TryAgainLater => ("TRY_AGAIN_LATER", None),
        Submission::Refused(refusal) => ("ERROR", Some(refusal)),
    };
    let mut answer = json!({
        "status": status,
        "hash": hash,
        "latestLedger": node.ledger.header.seq,
        "latestLedgerCloseTime": node.ledger.header.time.to_string(),
    });
    if let Some(refusal) = refusal {
        answer["errorResultXdr"] = json!(base64(&refusal.result));
    }
    Ok(answer)
}

pub fn transaction(node: &Node, params: &Params) -> RpcResult {
    let text = params.required_text("/hash")?;
    let hash: [u8; 32] = hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| RpcError::invalid_params("hash has to be 64 hexadecimal digits"))?;
    let (oldest, latest) = (node.history.oldest(), node.history.latest());
    let mut answer = match node.history.by_hash(&hash) {
        Some(tx) => {
            let mut answer = transaction_json(tx);
            // Of a fee bump, the hash that was asked for.
            answer["txHash"] = json!(text);
            answer["createdAt"] = json!(tx.time.to_string());
            answer
        }
        None => json!({
            "status": "NOT_FOUND",
            "txHash": text,
            "ledger": 0,
            "createdAt": "0",
            "applicationOrder": 0,
            "feeBump": false,
        }),
    };
    answer["latestLedger"] = json!(latest.seq);
    answer["latestLedgerCloseTime"] = json!(latest.time.to_string());
    answer["oldestLedger"] = json!(oldest.seq);
    answer["oldestLedgerCloseTime"] = json!(oldest.time.to_string());
    Ok(answer)
}

fn transaction_json(tx: &TxRecord) -> Value {
    let meta = tx.decoded_meta().unwrap_or_default();
    let diagnostics: Vec<_> = meta.diagnostic_events.iter().map(base64).collect();
    let events = |operation: &OperationMetaV2| operation.events.iter().map(base64).collect();
    let events: Vec<Vec<String>> = meta.operations.iter().map(events).collect();
    json!({
        "status": if tx.successful { "SUCCESS" } else { "FAILED" },
        "txHash": hex::encode(tx.hash),
        "applicationOrder": tx.order,
        "feeBump": tx.is_fee_bump(),
        "ledger": tx.ledger,
        "createdAt": tx.time,
        "envelopeXdr": base64_bytes(&tx.envelope),
        "resultXdr": base64_bytes(&tx.result),
        "resultMetaXdr": base64_bytes(&tx.meta),
        "diagnosticEventsXdr": diagnostics,
        "events": {"transactionEventsXdr": [], "contractEventsXdr": events},
    })
}

pub fn transactions(node: &Node, params: &Params) -> RpcResult {
    let limit = params.limit(50, 200).map_err(RpcError::of_request)?;
    let after = match start(node, params)? {
        Start::Ledger(ledger) => toid(ledger, 0, 0),
        Start::Cursor(cursor) => cursor
            .parse()
            .map_err(|_| RpcError::invalid_params("cursor is not a transaction id"))?,
    };
    let page: Vec<_> = node.history.transactions_after(after).take(limit).collect();
    let cursor = page.last().map_or(after, |tx| tx.toid(0));
    let mut answer = range_json(node);
    answer["transactions"] = page.into_iter().map(transaction_json).collect();
    answer["cursor"] = json!(cursor.to_string());
    Ok(answer)
}
