mod common;

use common::{line, refusal, site, HOUR, PURSE};
use network_incentives::{
    pages::{Earnings, Status},
    report::Line,
    IncentiveError, Reported, MAX_RATE, REPORT_WITHIN,
};
use soroban_sdk::{
    testutils::{Events, Ledger},
    Bytes, BytesN, Event,
};

#[test]
fn a_hundred_packets_earn_a_stroop() {
    let s = site();
    s.fund(1_000);
    let report = s.bytes(&[line(1, 100), line(3, 250)]);
    s.client.report(&1, &report);
    let report_hash: BytesN<32> = s.e.crypto().sha256(&report).into();
    let event = Reported {
        period: 1,
        report_hash,
        nodes: 2,
        packets: 350,
        earned: 3,
    };
    assert_eq!(
        s.e.events().all().events().last(),
        Some(&event.to_xdr(&s.e, &s.id))
    );
    assert_eq!(s.earned(1), (1, 0));
    assert_eq!(s.earned(2), (0, 0));
    assert_eq!(s.earned(3), (2, 5_000));
    s.check_sums();
}

#[test]
fn reports_of_99_packets_lose_nothing() {
    let s = site();
    s.fund(1_000);
    for _ in 0..100 {
        s.report(&[line(1, 99)]);
    }
    assert_eq!(s.earned(1), (99, 0));
    s.check_sums();
}

fn percent(uptime: u16, latency: u16) -> u64 {
    let line = Line {
        node: 1,
        packets: 100,
        uptime,
        latency,
    };
    assert_eq!(line.parts(3), 3 * 100 * line.percent());
    line.percent()
}

#[test]
fn good_and_bad_nodes_earn_more_and_less() {
    assert_eq!(percent(9_000, 200), 100);
    assert_eq!(percent(9_501, 200), 110);
    assert_eq!(percent(9_500, 200), 100);
    assert_eq!(percent(8_000, 200), 100);
    assert_eq!(percent(7_999, 200), 80);
    assert_eq!(percent(9_000, 99), 105);
    assert_eq!(percent(9_000, 100), 100);
    // Bonuses and deduction add up.
    assert_eq!(percent(10_000, 0), 115);
    assert_eq!(percent(0, 99), 85);
    assert_eq!(percent(0, u16::MAX), 80);
}

#[test]
fn the_fractions_of_a_bonus_are_carried_too() {
    let s = site();
    s.fund(1_000);
    let good = Line {
        uptime: 9_900,
        latency: 20,
        ..line(1, 100)
    };
    for _ in 0..20 {
        s.report(&[good]);
    }
    // 115 % of 20 stroops.
    assert_eq!(s.earned(1), (23, 0));
    let bad = Line {
        uptime: 1_000,
        ..line(2, 100)
    };
    for _ in 0..5 {
        s.report(&[bad]);
    }
    assert_eq!(s.earned(2), (4, 0));
    s.check_sums();
}

#[test]
fn another_rate_holds_for_the_reports_after_it() {
    let s = site();
    s.fund(1_000);
    s.report(&[line(1, 250)]);
    s.client.set_rate(&4);
    s.report(&[line(1, 250)]);
    // 2.5 and 10.
    assert_eq!(s.earned(1), (12, 5_000));
}

#[test]
fn a_period_settles_once_and_in_order() {
    let s = site();
    s.fund(1_000);
    let report = s.bytes(&[line(1, 100)]);
    let settled = IncentiveError::PeriodSettled;
    assert_eq!(refusal(s.client.try_report(&0, &report)), settled);
    s.client.report(&7, &report);
    for period in [7, 6, 1] {
        assert_eq!(refusal(s.client.try_report(&period, &report)), settled);
    }
    s.client.report(&9, &report);
    assert_eq!(s.earned(1), (2, 0));
    assert_eq!(s.client.pool().period, 9);
}

#[test]
fn a_report_waits_for_a_pool_that_covers_it() {
    let s = site();
    s.fund(5);
    let report = s.bytes(&[line(1, 300), line(3, 350)]);
    let refused = refusal(s.client.try_report(&1, &report));
    assert_eq!(refused, IncentiveError::PoolInsufficient);
    // Nothing was settled and nothing is lost.
    assert_eq!((s.earned(1), s.earned(3)), ((0, 0), (0, 0)));
    assert_eq!(s.client.pool().period, 0);
    s.check_sums();
    s.fund(1);
    s.client.report(&1, &report);
    assert_eq!((s.earned(1), s.earned(3)), ((3, 0), (3, 5_000)));
    assert_eq!(s.client.pool().free, 0);
    s.check_sums();
}

#[test]
fn carried_parts_need_no_funds() {
    let s = site();
    s.report(&[line(1, 99)]);
    assert_eq!(s.earned(1), (0, 9_900));
    let next = s.client.try_report(&2, &s.bytes(&[line(1, 1)]));
    assert_eq!(refusal(next), IncentiveError::PoolInsufficient);
    s.fund(1);
    s.report(&[line(1, 1)]);
    assert_eq!(s.earned(1), (1, 0));
}

#[test]
fn a_malformed_report_is_refused_as_a_whole() {
    let s = site();
    s.fund(1_000);
    let good = s.bytes(&[line(1, 100), line(3, 100)]);
    let with = |bytes: &[u8]| {
        let report = Bytes::from_slice(&s.e, bytes);
        refusal(s.client.try_report(&1, &report))
    };
    let malformed = IncentiveError::MalformedReport;
    assert_eq!(with(&[]), malformed);
    assert_eq!(with(&[0; 9]), malformed);
    let mut long = common::encode(&[line(1, 100)]);
    long.push(0);
    assert_eq!(with(&long), malformed);

    let order = IncentiveError::NodesOutOfOrder;
    for lines in [[line(3, 100), line(1, 100)], [line(1, 100), line(1, 100)]] {
        let refused = s.client.try_report(&1, &s.bytes(&lines));
        assert_eq!(refusal(refused), order);
    }
    let above = Line {
        uptime: 10_001,
        ..line(3, 100)
    };
    let refused = s.client.try_report(&1, &s.bytes(&[line(1, 100), above]));
    assert_eq!(refusal(refused), IncentiveError::InvalidUptime);

    assert_eq!(s.earned(1), (0, 0));
    s.client.report(&1, &good);
}

#[test]
fn only_active_nodes_earn() {
    let s = site();
    s.fund(1_000);
    let inactive = IncentiveError::NodeNotActive;
    for node in [0, 4, 127, 128, u16::MAX] {
        let report = s.bytes(&[line(node, 100)]);
        assert_eq!(refusal(s.client.try_report(&1, &report)), inactive);
    }
    s.client.retire(&3);
    let report = s.bytes(&[line(1, 100), line(3, 100)]);
    assert_eq!(refusal(s.client.try_report(&1, &report)), inactive);
    assert_eq!(s.earned(1), (0, 0));
}

#[test]
fn nodes_of_every_page_earn_in_one_report() {
    let s = site();
    s.fund(1_000_000);
    let mut lines = vec![line(1, 100), line(3, 300), line(200, 20_000)];
    for node in [255, 256, 40_000, 65_535] {
        s.client.register(&u32::from(node), &s.ben);
        lines.push(line(node, u32::from(node) * 100));
    }
    s.report(&lines);
    for line in &lines {
        let earned = i128::from(line.packets) / 100;
        assert_eq!(s.earned(line.node.into()), (earned, 0));
    }
    assert_eq!(s.earned(2), (0, 0));
    s.check_sums();
}

#[test]
fn the_busiest_node_at_the_highest_rate_is_counted() {
    let s = site();
    s.client.set_rate(&MAX_RATE);
    let report = Line {
        uptime: 10_000,
        latency: 1,
        ..line(1, u32::MAX)
    };
    assert_eq!(report.parts(MAX_RATE), 4_939_212_389_250_000);
    let refused = s.client.try_report(&1, &s.bytes(&[report]));
    assert_eq!(refusal(refused), IncentiveError::PoolInsufficient);
}

#[test]
fn earnings_beyond_what_a_record_holds_are_refused() {
    let mut full = Earnings {
        status: Status::Active,
        claimable: u64::MAX,
        carry: 9_999,
    };
    assert_eq!(full.earn(1), Err(IncentiveError::Overflow));
    assert_eq!(full.earn(u64::MAX), Err(IncentiveError::Overflow));
    assert_eq!(full.earn(0), Ok(0));
}

#[test]
fn a_period_is_reported_once_it_is_over_and_within_a_week() {
    let s = site();
    s.fund(PURSE);
    let report = s.bytes(&[line(1, 100)]);
    let at = |seconds: u64| s.e.ledger().set_timestamp(seconds);
    let end = |period: u64| (period + 1) * HOUR;
    at(end(500) - 1);
    for period in [500, 501, u32::MAX] {
        let refused = refusal(s.client.try_report(&period, &report));
        assert_eq!(refused, IncentiveError::PeriodRunning);
    }
    at(end(500));
    s.client.report(&500, &report);
    at(end(501) + REPORT_WITHIN + 1);
    let refused = refusal(s.client.try_report(&501, &report));
    assert_eq!(refused, IncentiveError::PeriodTooOld);
    at(end(501) + REPORT_WITHIN);
    s.client.report(&501, &report);
}

#[test]
fn what_is_carried_outlives_a_period_that_nobody_reported() {
    let s = site();
    s.fund(PURSE);
    s.report(&[line(1, 99)]);
    s.e.ledger().set_timestamp(1_001 * HOUR);
    s.client.report(&1_000, &s.bytes(&[line(1, 1)]));
    assert_eq!(s.earned(1), (1, 0));
}
