//! The methods about the network, its entries and its transactions.

use serde_json::{json, Map, Value};
use soroban_env_host::xdr::*;

use super::close_meta::{close_meta, header_entry};
use super::error::{decode, Params, RpcError, RpcResult};
use super::{events, App};
use crate::history::{base64, base64_bytes, toid, TxRecord};
use crate::ledger::{Header, BASE_FEE, PROTOCOL};
use crate::node::{Node, Submission};
use crate::sim;
use crate::tx::SignedTx;

const MAX_KEYS: usize = 200;

pub fn call(app: &App, method: &str, params: &Value) -> RpcResult {
    let params = Params::new(params)?;
    params.check_format()?;
    match method {
        "getHealth" => Ok(health(&app.node.read())),
        "getNetwork" => Ok(json!({
            "friendbotUrl": app.friendbot_url,
            "passphrase": app.node.read().passphrase,
            "protocolVersion": PROTOCOL,
        })),
        "getVersionInfo" => Ok(version_info()),
        "getLatestLedger" => Ok(latest_ledger(&app.node.read())),
        "getLedgers" => ledgers(&app.node.read(), &params),
        "getLedgerEntries" => ledger_entries(&app.node.read(), &params),
        "getFeeStats" => Ok(fee_stats(&app.node.read())),
        "simulateTransaction" => simulate(app, &params),
        "sendTransaction" => send_transaction(&mut app.node.write(), &params),
        "getTransaction" => transaction(&app.node.read(), &params),
        "getTransactions" => transactions(&app.node.read(), &params),
        "getEvents" => events::events(&app.node.read(), &params),
        other => Err(RpcError::unknown_method(other)),
    }
}

pub fn health(node: &Node) -> Value {
    let (oldest, latest) = (node.history.oldest().seq, node.history.latest().seq);
    json!({
        "status": "healthy",
        "latestLedger": latest,
        "oldestLedger": oldest,
        "ledgerRetentionWindow": latest - oldest + 1,
    })
}

fn version_info() -> Value {
    json!({
        "version": concat!("stelltron-devnet ", env!("CARGO_PKG_VERSION")),
        "commitHash": "",
        "buildTimestamp": "",
        "captiveCoreVersion": "none: soroban-env-host 28.0.2",
        "protocolVersion": PROTOCOL,
    })
}

fn latest_ledger(node: &Node) -> Value {
    let header = &node.ledger.header;
    json!({
        "id": hex::encode(header.hash()),
        "protocolVersion": PROTOCOL,
        "sequence": header.seq,
        "closeTime": header.time.to_string(),
        "headerXdr": base64(&header.xdr()),
        "metadataXdr": base64(&close_meta(&node.history, header)),
    })
}

/// A ledger here is never full, so nobody ever paid more than the base fee.
fn fee_stats(node: &Node) -> Value {
    let fee = BASE_FEE.to_string();
    let mut stats = Map::new();
    for name in [
        "max", "min", "mode", "p10", "p20", "p30", "p40", "p50", "p60", "p70", "p80", "p90", "p95",
        "p99",
    ] {
        stats.insert(name.to_owned(), json!(fee));
    }
    stats.insert("transactionCount".to_owned(), json!("0"));
    stats.insert("ledgerCount".to_owned(), json!(50));
    json!({
        "sorobanInclusionFee": stats,
        "inclusionFee": stats,
        "latestLedger": node.ledger.header.seq,
    })
}

fn ledger_entries(node: &Node, params: &Params) -> RpcResult {
    let keys = params.list("/keys")?;
    if keys.len() > MAX_KEYS {
        return Err(RpcError::invalid_params(format!(
            "key count must not exceed {MAX_KEYS}"
        )));
    }
    let mut found = Vec::new();
    for text in keys {
        let text = text.as_str().unwrap_or_default();
        let key: LedgerKey = decode(text)
            .ok_or_else(|| RpcError::invalid_params(format!("not a ledger key: {text:.100}")))?;
        if matches!(key, LedgerKey::Ttl(_)) {
            return Err(RpcError::invalid_params(
                "ledger ttl entries cannot be queried directly",
            ));
        }
        let stored = node.ledger.entry(&key);
        let Some(stored) = stored.filter(|stored| node.ledger.is_visible(&key, stored)) else {
            continue;
        };
        let mut entry = json!({
            "key": text,
            "xdr": base64(&stored.entry.data),
            "extXdr": base64(&stored.entry.ext),
            "lastModifiedLedgerSeq": stored.entry.last_modified_ledger_seq,
        });
        if let Some(until) = stored.live_until {
            entry["liveUntilLedgerSeq"] = json!(until);
        }
        found.push(entry);
    }
    Ok(json!({"entries": found, "latestLedger": node.ledger.header.seq}))
}

fn simulate(app: &App, params: &Params) -> RpcResult {
    let Some(envelope) = decode(params.required_text("/transaction")?) else {
        return Ok(json!({
            "error": "Could not unmarshal transaction",
            "latestLedger": app.node.read().ledger.header.seq,
        }));
    };
    let options = sim::Options {
        auth_mode: params.text("/authMode")?,
        upgraded_auth: params.flag("/useUpgradedAuth")?,
        instruction_leeway: params.number("/resourceConfig/instructionLeeway")?,
    };
    Ok(sim::simulate(app.node.read_arc(), &envelope, &options))
}

fn send_transaction(node: &mut Node, params: &Params) -> RpcResult {
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

fn transaction(node: &Node, params: &Params) -> RpcResult {
    let text = params.required_text("/hash")?;
    let hash: [u8; 32] = hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| RpcError::invalid_params("hash has to be 64 hexadecimal digits"))?;
    let (oldest, latest) = (node.history.oldest(), node.history.latest());
    let mut answer = match node.history.by_hash(&hash) {
        Some(tx) => {
            let mut answer = transaction_json(tx);
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
        "feeBump": false,
        "ledger": tx.ledger,
        "createdAt": tx.time,
        "envelopeXdr": base64_bytes(&tx.envelope),
        "resultXdr": base64_bytes(&tx.result),
        "resultMetaXdr": base64_bytes(&tx.meta),
        "diagnosticEventsXdr": diagnostics,
        "events": {"transactionEventsXdr": [], "contractEventsXdr": events},
    })
}

fn transactions(node: &Node, params: &Params) -> RpcResult {
    let limit = params.limit(50, 200)?;
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

fn ledgers(node: &Node, params: &Params) -> RpcResult {
    let limit = params.limit(50, 200)?;
    let first = match start(node, params)? {
        Start::Ledger(ledger) => ledger,
        Start::Cursor(cursor) => cursor
            .parse::<u32>()
            .map_err(|_| RpcError::invalid_params("cursor is not a ledger number"))?
            .saturating_add(1),
    };
    let page: Vec<_> = node.history.headers_from(first).take(limit).collect();
    let cursor = page
        .last()
        .map_or(first.saturating_sub(1), |header| header.seq);
    let one = |header: &&Header| {
        json!({
            "hash": hex::encode(header.hash()),
            "sequence": header.seq,
            "ledgerCloseTime": header.time.to_string(),
            "headerXdr": base64(&header_entry(header)),
            "metadataXdr": base64(&close_meta(&node.history, header)),
        })
    };
    let mut answer = range_json(node);
    answer["ledgers"] = page.iter().map(one).collect();
    answer["cursor"] = json!(cursor.to_string());
    Ok(answer)
}

fn range_json(node: &Node) -> Value {
    let (oldest, latest) = (node.history.oldest(), node.history.latest());
    json!({
        "latestLedger": latest.seq,
        "latestLedgerCloseTimestamp": latest.time,
        "latestLedgerCloseTime": latest.time,
        "oldestLedger": oldest.seq,
        "oldestLedgerCloseTimestamp": oldest.time,
        "oldestLedgerCloseTime": oldest.time,
    })
}

/// Where a page begins: a first ledger within the range we keep, or the cursor of the page before.
pub enum Start<'a> {
    Ledger(u32),
    Cursor(&'a str),
}

pub fn start<'a>(node: &Node, params: &Params<'a>) -> Result<Start<'a>, RpcError> {
    let ledger = params.number("/startLedger")?.filter(|ledger| *ledger > 0);
    let cursor = params
        .text("/pagination/cursor")?
        .filter(|text| !text.is_empty());
    match (ledger, cursor) {
        (Some(_), Some(_)) => Err(RpcError::invalid_params(
            "startLedger and cursor cannot both be set",
        )),
        (None, Some(cursor)) => Ok(Start::Cursor(cursor)),
        (ledger, None) => {
            let ledger = ledger.unwrap_or(0);
            check_range(node, ledger)?;
            Ok(Start::Ledger(ledger))
        }
    }
}

pub fn check_range(node: &Node, ledger: u32) -> Result<(), RpcError> {
    let (oldest, latest) = (node.history.oldest().seq, node.history.latest().seq);
    if ledger < oldest || ledger > latest {
        return Err(RpcError::invalid_request(format!(
            "startLedger must be within the ledger range: {oldest} - {latest}"
        )));
    }
    Ok(())
}
