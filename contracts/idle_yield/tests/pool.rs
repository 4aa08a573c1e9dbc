//! The pool: who pays in, who is paid, and who may do what.
mod common;

use common::{code, refusal, running, site, Site, BALANCE, DAY, NOW, PURSE, RATE, YEAR};
use foundation::StewardError;
use idle_yield::{
    Claimed, Funded, IdleYield, IdleYieldClient, Pool, TakenBack, Terms, YieldError,
    LONGEST_PROGRAMME, MAX_RATE_BPS, SETTLE_WITHIN,
};
use soroban_sdk::{testutils::Address as _, vec, Address, Env, Symbol};

#[test]
fn shows_what_it_was_deployed_with() {
    let s = site();
    let terms = Terms {
        rate_bps: RATE,
        ends_at: NOW + YEAR,
    };
    assert_eq!(s.client.terms(), terms);
    assert_eq!(s.client.token(), s.token.address);
    assert_eq!(s.client.market(), s.market.address);
    assert_eq!(s.client.pool(), Pool::default());
    assert_eq!(s.client.admin(), Some(s.admin.clone()));
    assert_eq!(s.client.schema_version(), 1);
}

#[test]
fn anybody_funds_the_pool_until_the_end() {
    let s = site();
    s.client.fund(&s.sun, &700);
    s.client.fund(&s.moon, &300);
    s.last_event(Funded {
        from: s.moon.clone(),
        amount: 300,
    });
    s.client.fund(&s.sun, &1);
    assert_eq!(s.client.funded_by(&s.sun), 701);
    assert_eq!(s.token.balance(&s.id), 1_001);
    for amount in [0, -1] {
        let refused = s.client.try_fund(&s.sun, &amount);
        assert_eq!(refusal(refused), YieldError::InvalidAmount);
    }
    let too_much = s.client.try_fund(&s.sun, &i128::from(u64::MAX));
    assert_eq!(refusal(too_much), YieldError::Overflow);
    s.wait(YEAR);
    let late = s.client.try_fund(&s.sun, &1);
    assert_eq!(refusal(late), YieldError::ProgrammeOver);
}

#[test]
fn a_member_is_paid_what_was_earned_and_once() {
    let s = running();
    assert_eq!(s.client.claim(&s.ada), 0);
    s.wait(DAY);
    s.touch(&s.ada);
    assert_eq!(s.client.claim(&s.ada), 5_000);
    s.last_event(Claimed {
        member: s.ada.clone(),
        amount: 5_000,
    });
    assert_eq!(s.client.claim(&s.ada), 0);
    assert_eq!(s.token.balance(&s.ada), 5_000);
    let pool = s.client.pool();
    assert_eq!((pool.paid, pool.reserved), (5_000, 0));
}

/// Ada has earned 5,000 on the last day, and the programme is closed.
fn closed() -> Site {
    let s = site();
    s.client.fund(&s.sun, &70_001);
    s.client.fund(&s.moon, &30_000);
    s.market.set(&s.ada, &BALANCE, &0);
    s.wait(YEAR - DAY);
    s.touch(&s.ada);
    s.wait(DAY);
    s.touch(&s.ada);
    s.wait(SETTLE_WITHIN);
    s
}

#[test]
fn after_the_end_funders_share_what_nobody_has_earned() {
    let s = closed();
    let before = s.token.balance(&s.moon);
    assert_eq!(s.client.take_back(&s.moon), 95_001 * 30_000 / 100_001);
    s.last_event(TakenBack {
        funder: s.moon.clone(),
        amount: 28_500,
    });
    assert_eq!(s.token.balance(&s.moon), before + 28_500);
    assert_eq!(s.client.take_back(&s.sun), 95_001 - 28_500);
    for funder in [&s.sun, &s.moon, &s.ada] {
        let refused = s.client.try_take_back(funder);
        assert_eq!(refusal(refused), YieldError::NothingToTakeBack);
    }
    // What was earned is still there to be claimed.
    assert_eq!(s.token.balance(&s.id), 5_000);
    assert_eq!(s.client.claim(&s.ada), 5_000);
    assert_eq!(s.token.balance(&s.id), 0);
}

#[test]
fn a_pool_that_was_used_up_gives_nothing_back() {
    let s = site();
    s.client.fund(&s.sun, &10);
    s.market.set(&s.ada, &BALANCE, &0);
    s.touch(&s.ada);
    s.wait(DAY);
    assert_eq!(s.touch(&s.ada), 10);
    s.wait(YEAR + SETTLE_WITHIN);
    assert_eq!(s.client.take_back(&s.sun), 0);
    assert_eq!(s.client.claim(&s.ada), 10);
}

#[test]
fn nobody_takes_back_before_the_end_is_settled() {
    let s = running();
    for wait in [0, YEAR, SETTLE_WITHIN - 1] {
        s.wait(wait);
        let early = s.client.try_take_back(&s.sun);
        assert_eq!(refusal(early), YieldError::ProgrammeRunning);
    }
    s.wait(1);
    assert_eq!(s.client.take_back(&s.sun), PURSE);
}

#[test]
fn members_and_funders_sign_and_looking_is_anybodys() {
    let s = running();
    s.wait(DAY);
    s.e.set_auths(&[]);
    s.client.touch(&vec![&s.e, s.ada.clone()]);
    assert!(s.client.try_claim(&s.ada).is_err());
    assert!(s.client.try_fund(&s.sun, &1).is_err());
    s.wait(YEAR + SETTLE_WITHIN);
    assert!(s.client.try_take_back(&s.sun).is_err());
}

#[test]
fn a_pause_stops_all_but_what_is_owed() {
    let s = running();
    s.wait(DAY);
    s.touch(&s.ada);
    s.client.pause(&s.admin);
    let paused = StewardError::Paused as u32;
    let touched = s.client.try_touch(&vec![&s.e, s.ada.clone()]);
    assert_eq!(code(touched), paused);
    assert_eq!(code(s.client.try_fund(&s.sun, &1)), paused);
    assert_eq!(s.client.claim(&s.ada), 5_000);
    s.wait(YEAR + SETTLE_WITHIN);
    s.client.take_back(&s.sun);
}

fn deploy(rate_bps: u32, ends_at: u64) -> Option<u32> {
    let begun = std::panic::catch_unwind(|| {
        let e = Env::default();
        soroban_sdk::testutils::Ledger::set_timestamp(&e.ledger(), NOW);
        let any = Address::generate(&e);
        let terms = Terms { rate_bps, ends_at };
        let id = e.register(IdleYield, (&any, &any, &any, terms));
        IdleYieldClient::new(&e, &id).terms().rate_bps
    });
    begun.ok()
}

#[test]
fn a_programme_begins_with_terms_within_their_bounds() {
    let longest = NOW + LONGEST_PROGRAMME;
    assert_eq!(deploy(1, NOW + 1), Some(1));
    assert_eq!(deploy(MAX_RATE_BPS, longest), Some(MAX_RATE_BPS));
    for (rate, ends_at) in [
        (0, NOW + 1),
        (MAX_RATE_BPS + 1, NOW + 1),
        (1, NOW),
        (1, longest + 1),
        (1, u64::MAX),
    ] {
        assert_eq!(deploy(rate, ends_at), None, "{rate} {ends_at}");
    }
}

#[test]
fn without_its_settings_it_does_nothing() {
    let s = running();
    s.e.as_contract(&s.id, || {
        let key = (Symbol::new(&s.e, "Pool"),);
        s.e.storage().persistent().remove(&key);
        let key = (Symbol::new(&s.e, "Token"),);
        s.e.storage().instance().remove(&key);
    });
    let missing = YieldError::NotConfigured;
    assert_eq!(refusal(s.client.try_fund(&s.sun, &1)), missing);
    assert_eq!(refusal(s.client.try_token()), missing);
}
