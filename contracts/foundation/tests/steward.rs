use foundation::{Guardian, StewardError, Stewarded, GUARDIAN_GAP, GUARDIAN_PAUSE, LONGEST_TERM};
use soroban_sdk::{
    contract, contractimpl,
    testutils::{Address as _, Ledger},
    Address, BytesN, Env,
};

const NOW: u64 = 1_780_000_000;

#[contract]
struct House;

#[contractimpl]
impl House {
    pub fn __constructor(e: &Env, admin: Address) {
        foundation::begin(e, &admin, 3);
    }

    pub fn work(e: &Env) {
        foundation::enforce_running(e);
    }

    pub fn migrate(e: &Env, schema: u32) {
        foundation::begin_migration(e, schema);
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for House {}

struct Site {
    e: Env,
    admin: Address,
    eve: Address,
    house: HouseClient<'static>,
}

fn site() -> Site {
    let e = Env::default();
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let admin = Address::generate(&e);
    let house = e.register(House, (&admin,));
    Site {
        eve: Address::generate(&e),
        house: HouseClient::new(&e, &house),
        admin,
        e,
    }
}

impl Site {
    fn wait(&self, seconds: u64) {
        let now = self.e.ledger().timestamp();
        self.e.ledger().set_timestamp(now + seconds);
    }

    fn works(&self) -> bool {
        self.house.try_work().is_ok()
    }
}

#[test]
fn the_admin_role_moves_in_two_steps() {
    let s = site();
    s.house.transfer_admin(&s.eve, &1000);
    assert_eq!(s.house.admin(), Some(s.admin.clone()));
    s.house.accept_admin();
    assert_eq!(s.house.admin(), Some(s.eve.clone()));
}

#[test]
fn nobody_administers_unsigned() {
    let s = site();
    s.e.set_auths(&[]);
    assert!(s.house.try_pause(&s.admin).is_err());
    assert!(s.house.try_unpause().is_err());
    assert!(s.house.try_set_guardian(&s.eve, &(NOW + 1)).is_err());
    assert!(s.house.try_transfer_admin(&s.eve, &1000).is_err());
    let hash = BytesN::from_array(&s.e, &[0; 32]);
    assert!(s.house.try_upgrade(&hash).is_err());
    assert!(s.works());
    assert_eq!(s.house.schema_version(), 3);
}

#[test]
fn the_admins_pause_lasts_until_it_is_lifted() {
    let s = site();
    s.house.pause(&s.admin);
    assert_eq!(s.house.try_work(), Err(Ok(StewardError::Paused.into())));
    s.wait(10 * LONGEST_TERM);
    assert!(s.house.paused());
    s.house.unpause();
    assert!(s.works());
}

#[test]
fn the_guardians_pause_ends_by_itself() {
    let s = site();
    s.house.set_guardian(&s.eve, &(NOW + LONGEST_TERM));
    let named = Guardian {
        address: s.eve.clone(),
        until: NOW + LONGEST_TERM,
    };
    assert_eq!(s.house.guardian(), Some(named));
    s.house.pause(&s.eve);
    s.wait(GUARDIAN_PAUSE - 1);
    assert!(!s.works());
    s.wait(1);
    assert!(s.works());
}

#[test]
fn the_guardian_neither_shortens_the_admins_pause_nor_lifts_any() {
    let s = site();
    s.house.set_guardian(&s.eve, &(NOW + LONGEST_TERM));
    s.house.pause(&s.admin);
    s.house.pause(&s.eve);
    s.wait(GUARDIAN_PAUSE);
    assert!(s.house.paused());
    s.e.set_auths(&[]);
    assert!(s.house.try_unpause().is_err());
}

#[test]
fn guardians_stop_seven_days_in_any_thirty() {
    let s = site();
    s.house.set_guardian(&s.eve, &(NOW + LONGEST_TERM));
    s.house.pause(&s.eve);
    let refused = Err(Ok(StewardError::PausedLately.into()));
    assert_eq!(s.house.try_pause(&s.eve), refused);
    s.wait(GUARDIAN_GAP - 1);
    assert!(s.works());
    assert_eq!(s.house.try_pause(&s.eve), refused);
    // Another guardian does not begin the count anew, and the admin is not counted.
    let other = Address::generate(&s.e);
    s.house.set_guardian(&other, &(NOW + LONGEST_TERM));
    assert_eq!(s.house.try_pause(&other), refused);
    s.house.pause(&s.admin);
    s.house.unpause();
    s.wait(1);
    s.house.pause(&other);
    s.wait(GUARDIAN_PAUSE);
    assert!(s.works());
}

#[test]
fn the_admin_replaces_a_guardian_who_has_paused() {
    let s = site();
    s.house.set_guardian(&s.eve, &(NOW + LONGEST_TERM));
    s.house.pause(&s.eve);
    let other = Address::generate(&s.e);
    s.house.set_guardian(&other, &(NOW + LONGEST_TERM));
    s.house.unpause();
    assert!(s.works());
    let stranger = Err(Ok(StewardError::NotSteward.into()));
    assert_eq!(s.house.try_pause(&s.eve), stranger);
}

#[test]
fn a_guardian_whose_term_is_over_and_a_stranger_pause_nothing() {
    let s = site();
    let refused = Err(Ok(StewardError::NotSteward.into()));
    assert_eq!(s.house.try_pause(&s.eve), refused);
    s.house.set_guardian(&s.eve, &(NOW + 60));
    s.wait(60);
    assert_eq!(s.house.try_pause(&s.eve), refused);
}

#[test]
fn a_guardians_term_ends_within_a_year() {
    let s = site();
    let refused = Err(Ok(StewardError::InvalidTerm.into()));
    assert_eq!(s.house.try_set_guardian(&s.eve, &NOW), refused);
    let late = NOW + LONGEST_TERM + 1;
    assert_eq!(s.house.try_set_guardian(&s.eve, &late), refused);
}

#[test]
fn a_migration_runs_once_and_only_from_the_version_before() {
    let s = site();
    let wrong = Err(Ok(StewardError::WrongSchema.into()));
    for schema in [0, 2, 3, 5, u32::MAX] {
        assert_eq!(s.house.try_migrate(&schema), wrong);
    }
    s.house.migrate(&4);
    assert_eq!(s.house.schema_version(), 4);
    assert_eq!(s.house.try_migrate(&4), wrong);
    s.e.set_auths(&[]);
    assert!(s.house.try_migrate(&5).is_err());
}
