mod common;

use common::{code, token, MIDNIGHT};
use energy_token::EnergyError;
use soroban_sdk::BytesN;

#[test]
fn the_admin_role_moves_in_two_steps() {
    let t = token();
    t.client.transfer_admin(&t.ben, &1000);
    assert_eq!(t.client.admin(), Some(t.admin.clone()));
    t.client.accept_admin();
    assert_eq!(t.client.admin(), Some(t.ben.clone()));
}

#[test]
fn only_the_admin_administers() {
    let t = token();
    t.e.set_auths(&[]);
    assert!(t.client.try_set_meter(&t.ben, &true).is_err());
    assert!(t.client.try_pause().is_err());
    assert!(t.client.try_unpause().is_err());
    assert!(t.client.try_transfer_admin(&t.ben, &1000).is_err());
    assert!(t
        .client
        .try_upgrade(&BytesN::from_array(&t.e, &[0; 32]))
        .is_err());
    assert_eq!(t.client.schema_version(), 1);
}

#[test]
fn a_pause_stops_everything_that_moves() {
    let t = token();
    t.attest(&[(MIDNIGHT, 0, 1000)]);
    t.client.approve(&t.ada, &t.ben, &200, &1000);
    t.client.pause();
    assert!(t.client.paused());
    let paused = EnergyError::Paused as u32;
    assert_eq!(t.refused(&[(MIDNIGHT, 1, 1)]), paused);
    assert_eq!(code(t.client.try_transfer(&t.ada, &t.ben, &1)), paused);
    let moved = t.client.try_transfer_from(&t.ben, &t.ada, &t.ben, &1);
    assert_eq!(code(moved), paused);
    assert_eq!(code(t.client.try_burn(&t.ada, &1)), paused);
    assert_eq!(code(t.client.try_burn_from(&t.ben, &t.ada, &1)), paused);

    t.client.unpause();
    t.client.transfer(&t.ada, &t.ben, &1);
}
