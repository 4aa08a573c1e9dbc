mod common;

use common::{code, token, MIDNIGHT};
use foundation::StewardError;

#[test]
fn only_the_admin_names_meters() {
    let t = token();
    t.e.set_auths(&[]);
    assert!(t.client.try_set_meter(&t.ben, &true).is_err());
}

#[test]
fn a_pause_stops_everything_that_moves() {
    let t = token();
    t.attest(&[(MIDNIGHT, 0, 1000)]);
    t.client.approve(&t.ada, &t.ben, &200, &1000);
    t.client.pause(&t.admin);
    assert!(t.client.paused());
    let paused = StewardError::Paused as u32;
    assert_eq!(t.refused(&[(MIDNIGHT, 1, 1)]), paused);
    assert_eq!(code(t.client.try_transfer(&t.ada, &t.ben, &1)), paused);
    let moved = t.client.try_transfer_from(&t.ben, &t.ada, &t.ben, &1);
    assert_eq!(code(moved), paused);
    assert_eq!(code(t.client.try_burn(&t.ada, &1)), paused);
    assert_eq!(code(t.client.try_burn_from(&t.ben, &t.ada, &1)), paused);

    t.client.unpause();
    t.client.transfer(&t.ada, &t.ben, &1);
}
