//! The committed wasm at the size that it is built for.
mod common;

use common::{encode, line, HOUR, NOW, PURSE};
use grid_token::GridTokenClient;
use network_incentives::{NetworkIncentivesClient, MAX_NODES_EACH};
use soroban_sdk::{
    testutils::{Address as _, Ledger},
    Address, Bytes, Env,
};

const TOKEN: &[u8] = include_bytes!("../../wasm/grid_token.wasm");
const INCENTIVES: &[u8] = include_bytes!("../../wasm/network_incentives.wasm");

const NODES: u16 = 512;
/// What a report of 512 nodes may cost without rent, for each node.
const STROOPS_A_NODE: u64 = 105;

#[test]
fn the_wasm_rewards_512_nodes_in_one_report() {
    let e = Env::default();
    e.mock_all_auths();
    e.cost_estimate().budget().reset_unlimited();
    let admin = Address::generate(&e);
    let token = e.register(TOKEN, (&admin, &admin, PURSE, PURSE));
    let token = GridTokenClient::new(&e, &token);
    let id = e.register(
        INCENTIVES,
        (&admin, &admin, &admin, &token.address, 1u32, HOUR),
    );
    let client = NetworkIncentivesClient::new(&e, &id);
    client.fund(&admin, &PURSE);
    let mut owner = Address::generate(&e);
    for node in 0..u32::from(NODES) {
        if node % MAX_NODES_EACH == 0 {
            owner = Address::generate(&e);
        }
        client.register(&node, &owner);
    }

    let lines: Vec<_> = (0..NODES).map(|node| line(node, 30_000)).collect();
    let report = Bytes::from_slice(&e, &encode(&lines));
    e.ledger().set_timestamp(NOW);
    client.report(&1, &report);
    let used = e.cost_estimate().resources();
    // Mainnet's rates; the reporter is the transaction's source and needs no
    // nonce entry, which the mocked signature has written.
    let written = u64::from(used.write_entries) - 1;
    let size = u64::from(report.len()) + 500 + 70 * u64::from(used.memory_read_entries);
    let kb = |rate: u64, bytes: u64| (rate * bytes).div_ceil(1024);
    let fee = used.instructions as u64 * 7 / 10_000
        + 2_500 * written
        + kb(875, u64::from(used.write_bytes))
        + kb(4_059, size + 300)
        + kb(406, size)
        + kb(5_000, u64::from(used.contract_events_size_bytes));
    println!("{used:?}\n{fee} stroops, {} a node", fee / u64::from(NODES));
    assert!(used.instructions < 8_000_000);
    assert!(fee / u64::from(NODES) <= STROOPS_A_NODE);

    // The last owner's nodes are as many as one may have.
    assert_eq!(client.claim(&owner), 32 * 300);
    let used = e.cost_estimate().resources();
    println!("claim: {used:?}");
    assert!(used.instructions < 25_000_000);
    assert_eq!(token.balance(&owner), 32 * 300);
}

#[test]
fn a_claim_reaches_over_as_many_pages_as_an_owner_has_nodes() {
    let e = Env::default();
    e.mock_all_auths();
    let admin = Address::generate(&e);
    let token = e.register(TOKEN, (&admin, &admin, PURSE, PURSE));
    let token = GridTokenClient::new(&e, &token);
    let id = e.register(
        INCENTIVES,
        (&admin, &admin, &admin, &token.address, 1u32, HOUR),
    );
    let client = NetworkIncentivesClient::new(&e, &id);
    client.fund(&admin, &(PURSE / 2));
    let owner = Address::generate(&e);
    let lines: Vec<_> = (0..MAX_NODES_EACH as u16)
        .map(|page| line(page * 128 + 127, 500))
        .collect();
    for line in &lines {
        client.register(&u32::from(line.node), &owner);
    }
    e.ledger().set_timestamp(NOW);
    client.report(&1, &Bytes::from_slice(&e, &encode(&lines)));
    assert_eq!(client.claim(&owner), 32 * 5);
    let used = e.cost_estimate().resources();
    println!("claim: {used:?}");
    assert!(used.instructions < 25_000_000);
    assert!(used.write_bytes < 132_096 && used.write_entries < 200);
}
