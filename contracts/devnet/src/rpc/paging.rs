//! Where a page of ledgers, transactions or events begins.

use serde_json::{json, Value};

use super::error::{Params, RpcError};
use crate::node::Node;

pub fn range_json(node: &Node) -> Value {
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
