//! What each kind of proposal has to meet.
mod common;

use common::{refusal, rules_of, site, DAY, NOW, TERM};
use governor::{
    Governor, GovernorError, Grant, Kind, Rules, RulesSet, ScopeSet, Weight, KINDS, LONGEST_DELAY,
    LONGEST_NOTICE, LONGEST_PERIOD, MAX_GRANTS, QUEUE_PERIOD, SHORTEST_PERIOD,
};
use soroban_sdk::{
    testutils::{storage::Persistent, Events},
    Event, Symbol, Vec,
};

#[test]
fn each_kind_has_its_own() {
    let s = site();
    for kind in KINDS {
        assert_eq!(s.client.rules(&kind), rules_of(kind));
    }
    assert_eq!(s.client.admin(), Some(s.timelock.address.clone()));
    assert_eq!(s.client.house().timelock, s.timelock.address);
}

#[test]
fn unsound_rules_are_refused() {
    let s = site();
    let unsound: [fn(&mut Rules); 10] = [
        |rules| rules.quorum_bps = 0,
        |rules| rules.quorum_bps = 10_001,
        |rules| rules.majority_bps = 4_999,
        |rules| rules.majority_bps = 10_001,
        |rules| rules.notice = LONGEST_NOTICE + 1,
        |rules| rules.period = SHORTEST_PERIOD - 1,
        |rules| rules.period = LONGEST_PERIOD + 1,
        |rules| rules.period = u64::MAX,
        |rules| rules.delay = LONGEST_DELAY + 1,
        |rules| rules.weight = Weight::Stake,
    ];
    for spoil in unsound {
        let mut rules = rules_of(Kind::Upgrade);
        spoil(&mut rules);
        let refused = s.client.try_set_rules(&Kind::Upgrade, &rules);
        assert_eq!(refusal(refused), GovernorError::InvalidRules);
    }
}

#[test]
#[should_panic(expected = "#621")]
fn the_constructor_takes_rules_for_every_kind() {
    let s = site();
    let rules = Vec::from_iter(&s.e, KINDS.map(rules_of).into_iter().take(5));
    let scopes = Vec::from_iter(&s.e, KINDS.map(|_| Vec::<Grant>::new(&s.e)));
    let made = (s.client.house(), rules, scopes, &s.guardian, NOW + TERM);
    s.e.register(Governor, made);
}

#[test]
#[should_panic(expected = "#622")]
fn the_constructor_takes_a_scope_for_every_kind() {
    let s = site();
    let rules = Vec::from_iter(&s.e, KINDS.map(rules_of));
    let scopes = Vec::<Vec<Grant>>::new(&s.e);
    let made = (s.client.house(), rules, scopes, &s.guardian, NOW + TERM);
    s.e.register(Governor, made);
}

#[test]
#[should_panic(expected = "#622")]
fn the_constructor_grants_nothing_to_texts() {
    let s = site();
    let rules = Vec::from_iter(&s.e, KINDS.map(rules_of));
    let granted = s.client.scope(&Kind::Parameter);
    let scopes = Vec::from_iter(&s.e, KINDS.map(|_| granted.clone()));
    let made = (s.client.house(), rules, scopes, &s.guardian, NOW + TERM);
    s.e.register(Governor, made);
}

#[test]
fn kinds_begin_with_what_they_were_granted() {
    let s = site();
    assert_eq!(s.client.scope(&Kind::Parameter).len(), 2);
    assert!(s.client.scope(&Kind::Membership).is_empty());
}

#[test]
fn a_proposal_keeps_the_rules_that_it_began_with() {
    let s = site();
    let id = s.propose(Kind::Parameter);
    let mut rules = rules_of(Kind::Parameter);
    rules.quorum_bps = 10_000;
    rules.period = 10 * DAY;
    s.client.set_rules(&Kind::Parameter, &rules);
    let event = RulesSet {
        kind: Kind::Parameter,
        rules: rules.clone(),
    };
    let told = event.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
    s.votes(id, 3, 0, 0);
    s.wait(common::PERIOD);
    s.client.queue(&id);
    let next = s.propose(Kind::Parameter);
    assert_eq!(s.client.proposal(&next).proposal.rules, rules);
}

#[test]
fn scopes_are_bounded_and_not_for_upgrades_or_texts() {
    let s = site();
    let grant = Grant {
        target: s.parameters.address.clone(),
        function: Symbol::new(&s.e, "revert"),
    };
    let many = |count| Vec::from_iter(&s.e, (0..count).map(|_| grant.clone()));
    for (kind, scope) in [
        (Kind::Parameter, many(MAX_GRANTS + 1)),
        (Kind::Upgrade, many(1)),
        (Kind::Text, many(1)),
    ] {
        let refused = s.client.try_set_scope(&kind, &scope);
        assert_eq!(refusal(refused), GovernorError::InvalidScope);
    }
    let (kind, scope) = (Kind::Membership, many(MAX_GRANTS));
    s.client.set_scope(&kind, &scope);
    let event = ScopeSet {
        kind,
        scope: scope.clone(),
    };
    let told = event.to_xdr(&s.e, &s.id);
    assert_eq!(s.e.events().all().events().last(), Some(&told));
    assert_eq!(s.client.scope(&kind), scope);
    assert_eq!(s.client.scope(&Kind::Text).len(), 0);
}

#[test]
fn only_the_timelock_changes_rules_and_scopes() {
    let s = site();
    s.e.set_auths(&[]);
    let rules = rules_of(Kind::Text);
    assert!(s.client.try_set_rules(&Kind::Text, &rules).is_err());
    let scope = Vec::new(&s.e);
    assert!(s.client.try_set_scope(&Kind::Budget, &scope).is_err());
}

#[test]
fn what_is_stored_outlives_the_longest_way_of_a_proposal() {
    let s = site();
    let id = s.passed(Kind::Parameter);
    let longest =
        LONGEST_NOTICE + LONGEST_PERIOD + QUEUE_PERIOD + LONGEST_DELAY + timelock::LONGEST_GRACE;
    let name = |name| Symbol::new(&s.e, name);
    s.e.as_contract(&s.id, || {
        let entries = s.e.storage().persistent();
        let lives = [
            entries.get_ttl(&(name("Proposal"), id)),
            entries.get_ttl(&(name("Calls"), id)),
            entries.get_ttl(&(name("Vote"), id, s.members[0].clone())),
        ];
        for ledgers in lives {
            assert!(u64::from(ledgers) * 5 > longest);
        }
    });
}

#[test]
fn without_its_settings_it_does_nothing() {
    let s = site();
    s.e.as_contract(&s.id, || {
        let house = (Symbol::new(&s.e, "House"),);
        s.e.storage().instance().remove(&house);
        let rules = (Symbol::new(&s.e, "Rules"), 0u32);
        s.e.storage().instance().remove(&rules);
    });
    let unset = GovernorError::NotConfigured;
    assert_eq!(refusal(s.client.try_house()), unset);
    assert_eq!(refusal(s.client.try_rules(&Kind::Text)), unset);
}
