mod common;

use common::{code, refusal, site, tiers, DELAY, GRID, YEAR};
use foundation::StewardError;
use grid_staking::{StakingError, TermsSet};
use soroban_sdk::{
    testutils::{Events, MockAuth, MockAuthInvoke},
    BytesN, Event, IntoVal, Symbol,
};

#[test]
fn shows_what_it_was_deployed_with() {
    let s = site();
    assert_eq!(s.client.terms(), common::terms(&s.e));
    assert_eq!(s.client.token(), s.grid.address);
    assert_eq!(s.client.admin(), Some(s.admin));
    assert_eq!(s.client.schema_version(), 1);
}

#[test]
fn only_the_admin_changes_the_terms() {
    let s = site();
    s.e.set_auths(&[]);
    assert!(s.client.try_set_rate(&1).is_err());
    assert!(s.client.try_set_end(&1).is_err());
    assert!(s.client.try_set_unstake_delay(&1).is_err());
    assert!(s.client.try_set_licence_stake(&1).is_err());
    assert!(s.client.try_set_tiers(&tiers(&s.e, &[])).is_err());
    let hash = BytesN::from_array(&s.e, &[0; 32]);
    assert!(s.client.try_upgrade(&hash).is_err());

    let args = (900u32,).into_val(&s.e);
    let invoke = MockAuthInvoke {
        contract: &s.id,
        fn_name: "set_rate",
        args,
        sub_invokes: &[],
    };
    let signed_by = |address| MockAuth {
        address,
        invoke: &invoke,
    };
    s.e.mock_auths(&[signed_by(&s.ada)]);
    assert!(s.client.try_set_rate(&900).is_err());
    s.e.mock_auths(&[signed_by(&s.admin)]);
    s.client.set_rate(&900);
    let event = TermsSet {
        terms: s.client.terms(),
    };
    assert_eq!(event.terms.rate_bps, 900);
}

#[test]
fn a_change_tells_all_the_terms() {
    let s = site();
    s.client.set_rate(&900);
    let mut terms = common::terms(&s.e);
    terms.rate_bps = 900;
    let event = TermsSet { terms };
    assert_eq!(
        s.e.events().all().events().last(),
        Some(&event.to_xdr(&s.e, &s.id))
    );
}

#[test]
fn only_members_themselves_move_their_stake() {
    let s = site();
    s.client.fund(&s.treasury, &(100 * GRID));
    s.client.stake(&s.ada, &(100 * GRID));
    s.client.request_unstake(&s.ada, &GRID);
    s.wait(DELAY);
    s.e.set_auths(&[]);
    assert!(s.client.try_stake(&s.ada, &1).is_err());
    assert!(s.client.try_request_unstake(&s.ada, &1).is_err());
    assert!(s.client.try_withdraw_unstaked(&s.ada).is_err());
    assert!(s.client.try_claim(&s.ada).is_err());
    assert!(s.client.try_fund(&s.ada, &1).is_err());
    s.check_sums();
}

#[test]
fn a_pause_stops_stakes_and_rewards_and_never_the_way_out() {
    let s = site();
    s.client.fund(&s.treasury, &(100 * GRID));
    s.client.stake(&s.ada, &(100 * GRID));
    s.wait(YEAR);
    s.client.pause(&s.admin);
    let paused = StewardError::Paused as u32;
    assert_eq!(code(s.client.try_stake(&s.ada, &1)), paused);
    assert_eq!(code(s.client.try_claim(&s.ada)), paused);
    assert_eq!(code(s.client.try_fund(&s.ada, &1)), paused);
    s.client.request_unstake(&s.ada, &(100 * GRID));
    s.wait(DELAY);
    assert_eq!(s.client.withdraw_unstaked(&s.ada), 100 * GRID);
    s.client.unpause();
    assert_eq!(s.client.claim(&s.ada), 8 * GRID);
}

#[test]
fn without_its_settings_it_does_nothing() {
    let s = site();
    let without = |name| {
        s.e.as_contract(&s.id, || {
            let key = (Symbol::new(&s.e, name),);
            s.e.storage().instance().remove(&key);
            s.e.storage().persistent().remove(&key);
        });
        StakingError::NotConfigured
    };
    assert_eq!(without("Token"), refusal(s.client.try_stake(&s.ada, &1)));
    assert_eq!(without("Terms"), refusal(s.client.try_terms()));
    assert_eq!(without("Pool"), refusal(s.client.try_pool()));
}
