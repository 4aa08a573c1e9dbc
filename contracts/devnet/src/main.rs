//! A Stellar network on one machine: the real Soroban host over a persistent local ledger.

mod config;
mod fees;
mod history;
mod ledger;
mod log;
mod modules;
mod node;
mod queue;
mod rpc;
mod sim;
mod store;
mod tx;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use parking_lot::RwLock;
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tokio::time::MissedTickBehavior;

use config::{Config, LimitSet};
use node::Node;
use rpc::App;
use store::{Identity, Store};

/// Contracts and deeply nested XDR recurse on the native stack. Only touched pages cost memory.
const STACK_BYTES: usize = 100 << 20;
const BLOCKING_THREADS: usize = 32;

#[derive(Parser)]
#[command(name = "stelltron-devnet", version, about)]
struct Arguments {
    /// Port to listen on
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Folder that keeps the ledger
    #[arg(long)]
    data: PathBuf,
    /// Milliseconds between ledgers; 0 closes one at once for each transaction
    #[arg(long, default_value_t = 0)]
    close_ms: u64,
    /// Network passphrase
    #[arg(long, default_value = "Stelltron Devnet ; 2026")]
    passphrase: String,
    /// Whose limits and fees to apply
    #[arg(long, value_enum, default_value_t = LimitSet::Mainnet)]
    limits: LimitSet,
    /// Opens POST /admin/close?skip=N&seconds=S, for tests
    #[arg(long)]
    admin: bool,
    /// Logs refusals and failures of transactions
    #[arg(long)]
    verbose: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    log::set_verbose(arguments.verbose);
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .max_blocking_threads(BLOCKING_THREADS)
        .build()?
        .block_on(run(arguments))
}

async fn run(arguments: Arguments) -> Result<()> {
    // Listening first: a port that is taken must not leave a lock or a ledger behind.
    let address = (arguments.host.as_str(), arguments.port);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {}:{}", arguments.host, arguments.port))?;
    let address = listener.local_addr()?;
    let node = Arc::new(RwLock::new(open_node(&arguments)?));
    if arguments.close_ms > 0 {
        let interval = Duration::from_millis(arguments.close_ms);
        tokio::spawn(close_on_time(node.clone(), interval));
    }
    let app = App {
        node: node.clone(),
        friendbot_url: format!("http://{address}/friendbot"),
    };
    let mut stop = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    eprintln!("listening on http://{address}");
    let server = axum::serve(listener, rpc::router(app, arguments.admin));
    tokio::select! {
        served = server => served?,
        _ = stop.0.recv() => {}
        _ = stop.1.recv() => {}
    }
    // The lock waits for a ledger that is closing; holding it keeps the next one from starting.
    let mut node = node.write();
    node.shut_down()?;
    std::process::exit(0)
}

fn open_node(arguments: &Arguments) -> Result<Node> {
    let config = Arc::new(Config::load(arguments.limits)?);
    let identity = Identity {
        passphrase: arguments.passphrase.clone(),
        limits: format!("{:?}", arguments.limits).to_lowercase(),
    };
    let passphrase = identity.passphrase.clone();
    let (store, ledger, history) = Store::open(&arguments.data, identity, config)?;
    let instant = arguments.close_ms == 0;
    Ok(Node::new(ledger, history, store, passphrase, instant))
}

async fn close_on_time(node: Arc<RwLock<Node>>, interval: Duration) {
    let mut timer = tokio::time::interval(interval);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        let node = node.clone();
        // Closing never panics: it stops the process instead.
        let _ = tokio::task::spawn_blocking(move || node.write().close()).await;
    }
}
