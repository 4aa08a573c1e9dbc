//! Batches of many sizes, the largest that fits, and rounds of positions.
use anyhow::Result;
use serde_json::{json, Value};

use crate::{
    ledger::Usage,
    market::{Batch, Market, FIRST, SLOT_MINUTES},
    network::Limits,
    textbook,
};

/// Trades and members of each run.
const RUNS: [(u32, u32); 5] = [
    (10, 10),
    (100, 40),
    (1_000, 199),
    (2_000, 2_048),
    (10_000, 2_048),
];
/// Members and slots in one transaction.
const ROUNDS: [(u32, u32); 4] = [(1_001, 1), (1_001, 4), (2_001, 4), (8_001, 1)];
const LARGEST_MEMBERS: u32 = 2_048;
/// How finely the largest batch is looked for.
const STEP: u32 = 250;

pub fn report() -> Result<Value> {
    let mut runs = vec![];
    for (trades, members) in RUNS {
        runs.push(run(trades, members, Batch::trades, "one")?);
        runs.push(run(trades, members, Batch::priced_trades, "many")?);
    }
    let positions: Result<Vec<_>> = ROUNDS.into_iter().map(|(m, s)| round(m, s)).collect();
    let textbook = textbook::largest()?;
    let thousand = run(1_000, 199, Batch::trades, "one")?["stroops_per_trade"]
        .as_f64()
        .unwrap_or(f64::INFINITY);
    Ok(json!({
        "runs": runs,
        "largest_batch": largest()?,
        "positions": positions?,
        "textbook": textbook,
        "textbook_ratio": rounded(textbook["stroops_per_trade"].as_f64().unwrap_or(0.0) / thousand),
    }))
}

fn run(
    trades: u32,
    members: u32,
    pack: fn(Batch, u32, u32) -> Batch,
    prices: &str,
) -> Result<Value> {
    let market = Market::new(members)?;
    let usage = market.settle(&pack(Batch::new(members), FIRST, trades))?;
    let mut row = usage.json();
    row["trades"] = json!(trades);
    row["members"] = json!(members);
    row["prices"] = json!(prices);
    row["stroops_per_trade"] = json!(rounded(usage.fee as f64 / f64::from(trades)));
    Ok(row)
}

fn round(members: u32, slots: u32) -> Result<Value> {
    let market = Market::new(members)?;
    let batch = (0..slots).fold(Batch::new(members), |batch, n| {
        batch.positions(FIRST + n * SLOT_MINUTES)
    });
    let usage = market.settle(&batch)?;
    let counted = f64::from((members - 1) * slots);
    let mut row = usage.json();
    row["members"] = json!(members - 1);
    row["slots"] = json!(slots);
    row["stroops_per_member_slot"] = json!(rounded(usage.fee as f64 / counted));
    Ok(row)
}

/// The most trades that one transaction holds within mainnet's limits.
fn largest() -> Result<u32> {
    let market = Market::new(LARGEST_MEMBERS)?;
    let fits = |trades: u32| -> Result<bool> {
        let usage = market.settle(&Batch::new(LARGEST_MEMBERS).trades(FIRST, trades))?;
        Ok(is_within(&usage, &market.ledger.network.limits))
    };
    let (mut most, mut least_too_many) = (STEP, 40_000);
    while least_too_many - most > STEP {
        let middle = (most + least_too_many) / 2;
        if fits(middle)? {
            most = middle;
        } else {
            least_too_many = middle;
        }
    }
    Ok(most)
}

pub fn is_within(usage: &Usage, limits: &Limits) -> bool {
    let used = &usage.resources;
    used.instructions <= limits.instructions
        && used.write_entries <= limits.write_entries
        && used.write_bytes <= limits.write_bytes
        && used.contract_events_size_bytes <= limits.event_bytes
        && used.transaction_size_bytes <= limits.tx_bytes
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
