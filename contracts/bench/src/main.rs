//! Prints what settling costs, as JSON.
//!
//!     cargo run --release -p bench

mod ledger;
mod market;
mod network;
mod settlement;
mod textbook;

fn main() -> anyhow::Result<()> {
    let report = settlement::report()?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
