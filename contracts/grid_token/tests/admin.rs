mod common;

use common::{code, token};
use foundation::StewardError;
use soroban_sdk::{
    testutils::{MockAuth, MockAuthInvoke},
    BytesN, IntoVal,
};

#[test]
fn only_the_admin_mints() {
    let t = token();
    let args = (&t.ada, 1i128).into_val(&t.e);
    let invoke = MockAuthInvoke {
        contract: &t.id,
        fn_name: "mint",
        args,
        sub_invokes: &[],
    };
    let signed_by = |address| MockAuth {
        address,
        invoke: &invoke,
    };
    t.e.mock_auths(&[signed_by(&t.treasury)]);
    assert!(t.client.try_mint(&t.ada, &1).is_err());
    t.e.mock_auths(&[signed_by(&t.admin)]);
    t.client.mint(&t.ada, &1);
    assert_eq!(t.client.balance(&t.ada), 1);
}

#[test]
fn nobody_moves_burns_or_replaces_unsigned() {
    let t = token();
    t.client.approve(&t.treasury, &t.ben, &100, &1000);
    t.e.set_auths(&[]);
    let (from, to) = (&t.treasury, &t.ada);
    assert!(t.client.try_transfer(from, to, &1).is_err());
    assert!(t.client.try_transfer_from(&t.ben, from, to, &1).is_err());
    assert!(t.client.try_burn(from, &1).is_err());
    assert!(t.client.try_burn_from(&t.ben, from, &1).is_err());
    let hash = BytesN::from_array(&t.e, &[0; 32]);
    assert!(t.client.try_upgrade(&hash).is_err());
}

#[test]
fn a_pause_stops_everything_that_moves() {
    let t = token();
    t.client.approve(&t.treasury, &t.ben, &100, &1000);
    t.client.pause(&t.admin);
    let paused = StewardError::Paused as u32;
    let (from, to) = (&t.treasury, &t.ada);
    assert_eq!(code(t.client.try_mint(to, &1)), paused);
    assert_eq!(code(t.client.try_transfer(from, to, &1)), paused);
    let moved = t.client.try_transfer_from(&t.ben, from, to, &1);
    assert_eq!(code(moved), paused);
    assert_eq!(code(t.client.try_burn(from, &1)), paused);
    assert_eq!(code(t.client.try_burn_from(&t.ben, from, &1)), paused);

    t.client.unpause();
    t.client.transfer(from, to, &1);
    t.client.transfer_from(&t.ben, from, to, &1);
    assert_eq!(t.client.balance(to), 2);
}
