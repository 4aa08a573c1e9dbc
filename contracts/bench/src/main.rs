//! What the contracts cost: the committed wasm in the real Soroban host, at
//! mainnet's rates.
//!
//!     cargo run --release -p bench              what settling costs, as JSON
//!     cargo run --release -p bench -- budgets   writes budgets.json anew

mod args;
mod budgets;
mod ledger;
mod market;
mod network;
mod settlement;
mod textbook;

fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("budgets") {
        return budgets::write();
    }
    let report = settlement::report()?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
