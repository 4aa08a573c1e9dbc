//! getLedgers: headers and close metas, page by page.

use serde_json::json;

use super::close_meta::{close_meta, header_entry};
use super::error::{Params, RpcError, RpcResult};
use super::paging::{range_json, start, Start};
use crate::history::{base64, ClosedLedger};
use crate::node::Node;

pub fn ledgers(node: &Node, params: &Params) -> RpcResult {
    let limit = params.limit(50, 200).map_err(RpcError::of_request)?;
    let first = match start(node, params)? {
        Start::Ledger(ledger) => ledger,
        Start::Cursor(cursor) => after(node, cursor)?,
    };
    let page: Vec<_> = node.history.ledgers_from(first).take(limit).collect();
    let cursor = page
        .last()
        .map_or(first.saturating_sub(1), |ledger| ledger.header.seq);
    let one = |ledger: &&ClosedLedger| {
        let header = &ledger.header;
        json!({
            "hash": hex::encode(header.hash()),
            "sequence": header.seq,
            "ledgerCloseTime": header.time.to_string(),
            "headerXdr": base64(&header_entry(header)),
            "metadataXdr": base64(&close_meta(&node.history, ledger)),
        })
    };
    let mut answer = range_json(node);
    answer["ledgers"] = page.iter().map(one).collect();
    answer["cursor"] = json!(cursor.to_string());
    Ok(answer)
}

/// As the public nodes have it: the ledger after the cursor has to exist already.
fn after(node: &Node, cursor: &str) -> Result<u32, RpcError> {
    let invalid = |_| RpcError::invalid_params("cursor is not a ledger number");
    let next = cursor.parse::<u32>().map_err(invalid)?.saturating_add(1);
    let (oldest, latest) = (node.history.oldest().seq, node.history.latest().seq);
    if next < oldest || next > latest {
        return Err(RpcError::invalid_params(format!(
            "cursor ('{cursor}') must be between the oldest ledger: {oldest} and the latest \
             ledger: {latest} for this rpc instance"
        )));
    }
    Ok(next)
}
