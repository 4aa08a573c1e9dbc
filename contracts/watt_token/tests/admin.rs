mod common;

use common::{code, token};
use foundation::StewardError;
use soroban_sdk::{
    testutils::{MockAuth, MockAuthInvoke},
    IntoVal, String,
};

#[test]
fn describes_itself() {
    let t = token();
    assert_eq!(t.client.decimals(), 7);
    assert_eq!(t.client.symbol(), String::from_str(&t.e, "WATT"));
    assert_eq!(t.client.name(), String::from_str(&t.e, "Stelltron WATT"));
}

#[test]
fn the_admin_is_not_the_issuer() {
    let t = token();
    let mint = (&t.ada, 1i128, t.reference(1)).into_val(&t.e);
    t.e.mock_auths(&[MockAuth {
        address: &t.admin,
        invoke: &MockAuthInvoke {
            contract: &t.id,
            fn_name: "mint",
            args: mint,
            sub_invokes: &[],
        },
    }]);
    assert!(t.client.try_mint(&t.ada, &1, &t.reference(1)).is_err());
}

#[test]
fn strangers_do_nothing() {
    let t = token();
    t.e.set_auths(&[]);
    assert!(t.client.try_mint(&t.ada, &1, &t.reference(1)).is_err());
    assert!(t.client.try_attest_reserves(&5, &t.reference(1)).is_err());
    assert!(t.client.try_set_allowed(&t.cal, &true).is_err());
    assert!(t.client.try_set_issuer(&t.cal).is_err());
    assert!(t.client.try_redeem(&t.ada, &1, &t.reference(1)).is_err());
}

#[test]
fn the_admin_names_the_issuer() {
    let t = token();
    t.client.set_issuer(&t.ben);
    assert_eq!(t.client.issuer(), t.ben);
}

#[test]
fn a_pause_stops_everything_that_moves() {
    let t = token();
    t.client.mint(&t.ada, &600, &t.reference(1));
    t.client.approve(&t.ada, &t.ben, &100, &1000);
    t.client.pause(&t.admin);
    let paused = StewardError::Paused as u32;
    let minted = t.client.try_mint(&t.ada, &1, &t.reference(2));
    assert_eq!(code(minted), paused);
    assert_eq!(code(t.client.try_transfer(&t.ada, &t.ben, &1)), paused);
    let moved = t.client.try_transfer_from(&t.ben, &t.ada, &t.ben, &1);
    assert_eq!(code(moved), paused);
    assert_eq!(code(t.client.try_burn(&t.ada, &1)), paused);
    assert_eq!(code(t.client.try_burn_from(&t.ben, &t.ada, &1)), paused);
    let redeemed = t.client.try_redeem(&t.ada, &1, &t.reference(2));
    assert_eq!(code(redeemed), paused);

    t.client.unpause();
    t.client.transfer(&t.ada, &t.ben, &1);
}
