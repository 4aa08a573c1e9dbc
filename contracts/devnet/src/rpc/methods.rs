//! Which method is which, and those about the network and its entries.

use serde_json::{json, Map, Value};
use soroban_env_host::xdr::*;

use super::close_meta::latest_close_meta;
use super::error::{decode, Params, RpcError, RpcResult};
use super::ledgers::ledgers;
use super::transactions::{send_transaction, transaction, transactions};
use super::{events, App};
use crate::fees::Distribution;
use crate::history::base64;
use crate::ledger::PROTOCOL;
use crate::node::Node;
use crate::sim;

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
        "metadataXdr": base64(&latest_close_meta(&node.history)),
    })
}

fn fee_stats(node: &Node) -> Value {
    let fees = &node.history.fees;
    json!({
        "sorobanInclusionFee": distribution(&fees.soroban()),
        "inclusionFee": distribution(&fees.classic()),
        "latestLedger": node.ledger.header.seq,
    })
}

fn distribution(fees: &Distribution) -> Value {
    let mut stats = Map::new();
    let mut put = |name: &str, value: i64| {
        stats.insert(name.to_owned(), json!(value.to_string()));
    };
    put("max", fees.percentile(100));
    put("min", fees.percentile(0));
    put("mode", fees.mode());
    for percent in [10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99] {
        put(&format!("p{percent}"), fees.percentile(percent));
    }
    put("transactionCount", fees.count() as i64);
    stats.insert("ledgerCount".to_owned(), json!(fees.ledgers()));
    Value::Object(stats)
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
