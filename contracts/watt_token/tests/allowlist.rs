mod common;

use common::{code, token};
use stellar_tokens::fungible::FungibleTokenError;

const NOT_ALLOWED: u32 = FungibleTokenError::UserNotAllowed as u32;

#[test]
fn only_allowed_addresses_receive() {
    let t = token();
    t.client.mint(&t.ada, &600, &t.reference(1));
    let minted = t.client.try_mint(&t.cal, &1, &t.reference(2));
    assert_eq!(code(minted), NOT_ALLOWED);
    assert_eq!(code(t.client.try_transfer(&t.ada, &t.cal, &1)), NOT_ALLOWED);
    t.client.approve(&t.ada, &t.ben, &100, &1000);
    let moved = t.client.try_transfer_from(&t.ben, &t.ada, &t.cal, &1);
    assert_eq!(code(moved), NOT_ALLOWED);

    t.client.set_allowed(&t.cal, &true);
    assert!(t.client.allowed(&t.cal));
    t.client.transfer(&t.ada, &t.cal, &1);
    t.client.transfer_from(&t.ben, &t.ada, &t.cal, &1);
    assert_eq!(t.client.balance(&t.cal), 2);
}

#[test]
fn a_holder_taken_off_the_list_holds_still() {
    let t = token();
    t.client.mint(&t.ada, &600, &t.reference(1));
    t.client.set_allowed(&t.ada, &false);
    assert_eq!(code(t.client.try_transfer(&t.ada, &t.ben, &1)), NOT_ALLOWED);
    assert_eq!(code(t.client.try_burn(&t.ada, &1)), NOT_ALLOWED);
    let redeemed = t.client.try_redeem(&t.ada, &1, &t.reference(2));
    assert_eq!(code(redeemed), NOT_ALLOWED);
    assert_eq!(t.client.balance(&t.ada), 600);
}
