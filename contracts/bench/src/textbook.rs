//! The same trades in a contract as tutorials write it.
use anyhow::{bail, Result};
use serde_json::{json, Value};
use soroban_env_host::xdr::*;

use crate::{args, ledger::Ledger, settlement::is_within};

const WASM: &[u8] = include_bytes!("../textbook/textbook.wasm");
/// Each trade has a buyer and a seller of its own.
const MOST: u32 = 100;

/// The largest batch that fits one transaction.
pub fn largest() -> Result<Value> {
    let ledger = Ledger::new()?;
    let contract = ledger.deploy(WASM, 9, vec![ledger.address()])?;
    let members: Result<Vec<_>> = (0..2 * MOST).map(member).collect();
    ledger.call(
        &contract,
        "seed",
        vec![ScVal::U64(0), args::list(members?)?],
    )?;
    for trades in (1..=MOST).rev() {
        let batch: Result<Vec<_>> = (0..trades).map(trade).collect();
        let usage = ledger.measure(&contract, "settle", vec![args::list(batch?)?])?;
        if is_within(&usage, &ledger.network.limits) {
            let mut row = usage.json();
            row["trades"] = json!(trades);
            row["stroops_per_trade"] = json!(usage.fee as f64 / f64::from(trades));
            return Ok(row);
        }
    }
    bail!("not even one trade fits")
}

fn member(number: u32) -> Result<ScVal> {
    let mut key = [5; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    let account = AccountId(PublicKey::PublicKeyTypeEd25519(Uint256(key)));
    Ok(ScVal::Address(ScAddress::Account(account)))
}

fn trade(number: u32) -> Result<ScVal> {
    let order = |number: u32| ScVal::U64(number.into());
    args::record([
        ("buy", order(2 * number)),
        ("price", args::i128(1_500_000)),
        ("sell", order(2 * number + 1)),
        ("wh", args::i128(1 + i64::from(number) * 7)),
    ])
}
