mod common;

use common::{line, refusal, site};
use network_incentives::{IncentiveError, Node, NodeRegistered, NodeRetired, MAX_NODES_EACH};
use soroban_sdk::{
    testutils::{storage::Persistent, Events},
    vec, Event, Symbol,
};

#[test]
fn a_node_is_registered_with_its_owner() {
    let s = site();
    s.client.register(&70, &s.ada);
    let event = NodeRegistered {
        owner: s.ada.clone(),
        node: 70,
    };
    assert_eq!(
        s.e.events().all().events().last(),
        Some(&event.to_xdr(&s.e, &s.id))
    );
    let node = Node {
        owner: s.ada.clone(),
        active: true,
        claimable: 0,
        carry: 0,
    };
    assert_eq!(s.client.node(&70), Some(node));
    assert_eq!(s.client.nodes_of(&s.ada), vec![&s.e, 1, 2, 70]);
    assert_eq!(s.client.node(&71), None);
}

#[test]
fn a_number_is_given_once_for_all() {
    let s = site();
    let taken = IncentiveError::NodeTaken;
    assert_eq!(refusal(s.client.try_register(&1, &s.ben)), taken);
    assert_eq!(refusal(s.client.try_register(&1, &s.ada)), taken);
    s.client.retire(&1);
    assert_eq!(refusal(s.client.try_register(&1, &s.ben)), taken);
    assert_eq!(s.client.node(&1).unwrap().owner, s.ada);
}

#[test]
fn numbers_are_of_sixteen_bits() {
    let s = site();
    s.client.register(&65_535, &s.ada);
    for node in [65_536, u32::MAX] {
        let refused = refusal(s.client.try_register(&node, &s.ada));
        assert_eq!(refused, IncentiveError::InvalidNode);
        let refused = refusal(s.client.try_retire(&node));
        assert_eq!(refused, IncentiveError::NodeNotActive);
    }
}

#[test]
fn an_owner_has_a_bounded_number_of_nodes() {
    let s = site();
    for node in 1_000..1_000 + MAX_NODES_EACH - 2 {
        s.client.register(&node, &s.ada);
    }
    let refused = refusal(s.client.try_register(&5_000, &s.ada));
    assert_eq!(refused, IncentiveError::TooManyNodes);
    assert_eq!(s.client.node(&5_000), None);
    // A retired one makes room once it has been paid.
    s.client.retire(&1);
    s.client.claim(&s.ada);
    s.client.register(&5_000, &s.ada);
    assert_eq!(s.client.nodes_of(&s.ada).len(), MAX_NODES_EACH);
}

#[test]
fn a_retired_node_is_paid_what_it_earned_and_then_forgotten() {
    let s = site();
    s.fund(100);
    s.report(&[line(1, 500), line(2, 300)]);
    s.client.retire(&1);
    let event = NodeRetired {
        owner: s.ada.clone(),
        node: 1,
    };
    assert_eq!(
        s.e.events().all().events().last(),
        Some(&event.to_xdr(&s.e, &s.id))
    );
    assert!(!s.client.node(&1).unwrap().active);
    assert_eq!(s.client.claimable(&s.ada), 8);
    assert_eq!(s.client.claim(&s.ada), 8);
    assert_eq!(s.client.nodes_of(&s.ada), vec![&s.e, 2]);
    s.check_sums();
}

#[test]
fn a_node_retires_once() {
    let s = site();
    s.client.retire(&1);
    for node in [1, 70] {
        let refused = refusal(s.client.try_retire(&node));
        assert_eq!(refused, IncentiveError::NodeNotActive);
    }
}

#[test]
fn earnings_live_for_30_days_and_what_an_owner_has_for_120() {
    let s = site();
    let days = |e: &soroban_sdk::Env| {
        let storage = e.storage().persistent();
        let name = |name| Symbol::new(e, name);
        [
            storage.get_ttl(&(name("Pool"),)) / 17_280,
            storage.get_ttl(&(name("Page"), 0u32)) / 17_280,
            storage.get_ttl(&(name("Owner"), 1u32)) / 17_280,
            storage.get_ttl(&(name("Nodes"), &s.ada)) / 17_280,
        ]
    };
    let found = s.e.as_contract(&s.id, || days(&s.e));
    assert_eq!(found, [30, 30, 120, 120]);
}
