mod common;

use common::{code, token, MIDNIGHT};
use soroban_sdk::String;
use stellar_tokens::fungible::FungibleTokenError;

#[test]
fn describes_itself() {
    let t = token();
    assert_eq!(t.client.decimals(), 3);
    assert_eq!(t.client.symbol(), String::from_str(&t.e, "KWH"));
    assert_eq!(
        t.client.name(),
        String::from_str(&t.e, "Stelltron kilowatt-hour")
    );
    assert_eq!(t.client.slot_minutes(), common::SLOT_MINUTES);
}

#[test]
fn moves_and_burns() {
    let t = token();
    t.attest(&[(MIDNIGHT, 0, 1000)]);
    t.client.transfer(&t.ada, &t.ben, &300);
    t.client.approve(&t.ada, &t.ben, &200, &1000);
    t.client.transfer_from(&t.ben, &t.ada, &t.ben, &150);
    t.client.burn_from(&t.ben, &t.ada, &50);
    t.client.burn(&t.ben, &450);
    assert_eq!(t.client.balance(&t.ada), 500);
    assert_eq!(t.client.balance(&t.ben), 0);
    assert_eq!(t.client.allowance(&t.ada, &t.ben), 0);
}

#[test]
fn nobody_spends_what_they_do_not_have() {
    let t = token();
    t.attest(&[(MIDNIGHT, 0, 1000)]);
    let short = FungibleTokenError::InsufficientBalance as u32;
    assert_eq!(code(t.client.try_transfer(&t.ada, &t.ben, &1001)), short);
    assert_eq!(code(t.client.try_burn(&t.ada, &1001)), short);
    assert_eq!(
        code(t.client.try_burn_from(&t.ben, &t.ada, &1)),
        FungibleTokenError::InsufficientAllowance as u32
    );
}
