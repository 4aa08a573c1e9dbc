//! Random commands against bookkeeping too simple to be wrong.
mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{encode, lives, quiet_site, Site, HOUR, PURSE};
use network_incentives::{
    pages::{Earnings, Page, Status},
    report::{self, Line},
    MAX_RATE, REPORT_WITHIN,
};
use proptest::prelude::*;
use soroban_sdk::{testutils::Ledger, Bytes};

#[derive(Clone, Debug)]
enum Command {
    Register(u32, bool),
    Retire(u32),
    /// For the period so many hours ago.
    Report(u32, Vec<Line>),
    Claim(bool),
    Fund(i128),
    Rate(u32),
    Wait(u64),
}

/// Late enough for periods too old to report.
const START: u64 = 1_000 * HOUR;

/// Four exist from the start, on two pages.
const NODES: [u16; 7] = [0, 1, 2, 3, 127, 200, 256];

fn a_line() -> impl Strategy<Value = Line> {
    let packets = prop_oneof![0..300u32, 0..10_000_000u32];
    // Mostly what a report may say.
    let node = prop::sample::select(&[1, 2, 3, 200, 1, 2, 3, 200, 0, 127, 256][..]);
    (node, packets, 7_000..=10_010u16, 0..300u16).prop_map(|(node, packets, uptime, latency)| {
        Line {
            node,
            packets,
            uptime,
            latency,
        }
    })
}

fn a_report() -> impl Strategy<Value = Vec<Line>> {
    (prop::collection::vec(a_line(), 0..5), 0..10u8).prop_map(|(mut lines, mess)| {
        if mess > 0 {
            lines.sort_by_key(|line| line.node);
            lines.dedup_by_key(|line| line.node);
        }
        lines
    })
}

fn a_command() -> impl Strategy<Value = Command> {
    let node = prop::sample::select(&NODES[..]).prop_map(u32::from);
    let back = prop_oneof![9 => 0..4u32, 1 => 168..171u32];
    prop_oneof![
        2 => (node.clone(), any::<bool>()).prop_map(|(node, ben)| Command::Register(node, ben)),
        1 => node.prop_map(Command::Retire),
        8 => (back, a_report()).prop_map(|(back, lines)| Command::Report(back, lines)),
        4 => (0..3 * HOUR).prop_map(Command::Wait),
        3 => any::<bool>().prop_map(Command::Claim),
        3 => (-1..2_000_000i128).prop_map(Command::Fund),
        1 => (0..20u32).prop_map(Command::Rate),
    ]
}

#[derive(Clone)]
struct Naive {
    /// Node to whether it is Ben's, and to everything it ever earned, in
    /// 1 / 10,000 of a stroop.
    nodes: BTreeMap<u32, (bool, i128)>,
    active: BTreeSet<u32>,
    paid: BTreeMap<u32, i128>,
    received: i128,
    rate: i128,
    period: u32,
    now: u64,
}

impl Naive {
    fn claimable(&self, node: u32) -> i128 {
        self.nodes[&node].1 / 10_000 - self.paid.get(&node).unwrap_or(&0)
    }

    fn free(&self) -> i128 {
        let earned: i128 = self.nodes.values().map(|(_, parts)| parts / 10_000).sum();
        self.received - earned
    }

    fn report(&mut self, period: u32, lines: &[Line]) -> Option<()> {
        (period > self.period && !lines.is_empty()).then_some(())?;
        let end = (u64::from(period) + 1) * HOUR;
        (end..=end + REPORT_WITHIN)
            .contains(&self.now)
            .then_some(())?;
        for pair in lines.windows(2) {
            (pair[0].node < pair[1].node).then_some(())?;
        }
        for line in lines {
            (line.uptime <= 10_000).then_some(())?;
            let mut percent = 100;
            percent += if line.uptime > 9_500 { 10 } else { 0 };
            percent -= if line.uptime < 8_000 { 20 } else { 0 };
            percent += if line.latency < 100 { 5 } else { 0 };
            let node = u32::from(line.node);
            self.active.get(&node)?;
            self.nodes.get_mut(&node)?.1 += i128::from(line.packets) * self.rate * percent;
        }
        self.period = period;
        (self.free() >= 0).then_some(())
    }

    fn run(&mut self, s: &Site, command: &Command) -> (bool, bool) {
        let before = self.clone();
        let owner = |ben: bool| if ben { &s.ben } else { &s.ada };
        let (done, expected) = match command {
            Command::Register(node, ben) => {
                let fresh = !self.nodes.contains_key(node);
                self.nodes.entry(*node).or_insert((*ben, 0));
                self.active.extend(fresh.then_some(*node));
                (s.client.try_register(node, owner(*ben)).is_ok(), fresh)
            }
            Command::Retire(node) => {
                let active = self.active.remove(node);
                (s.client.try_retire(node).is_ok(), active)
            }
            Command::Report(back, lines) => {
                let period = (self.now / HOUR) as u32 - back;
                let expected = self.report(period, lines).is_some();
                let report = Bytes::from_slice(&s.e, &encode(lines));
                (s.client.try_report(&period, &report).is_ok(), expected)
            }
            Command::Claim(ben) => {
                let mut due = 0;
                for (node, (of_ben, _)) in &self.nodes {
                    if of_ben == ben {
                        due += self.claimable(*node);
                    }
                }
                assert_eq!(s.client.claim(owner(*ben)), due);
                assert_eq!(s.client.claim(owner(*ben)), 0);
                for (node, (of_ben, parts)) in &self.nodes {
                    if of_ben == ben {
                        self.paid.insert(*node, parts / 10_000);
                    }
                }
                (true, true)
            }
            Command::Fund(amount) => {
                let expected = *amount > 0 && self.received + amount <= PURSE;
                self.received += amount;
                (s.client.try_fund(&s.treasury, amount).is_ok(), expected)
            }
            Command::Rate(rate) => {
                self.rate = i128::from(*rate);
                (s.client.try_set_rate(rate).is_ok(), *rate > 0)
            }
            Command::Wait(seconds) => {
                self.now += seconds;
                s.e.ledger().set_timestamp(self.now);
                (true, true)
            }
        };
        if !expected {
            *self = before;
        }
        (done, expected)
    }

    fn check(&self, s: &Site) {
        s.check_sums();
        let pool = s.client.pool();
        assert_eq!(pool.received, self.received);
        assert_eq!(pool.free, self.free());
        assert_eq!(pool.paid, self.paid.values().sum::<i128>());
        assert_eq!(pool.period, self.period);
        for (number, (ben, parts)) in &self.nodes {
            let node = s.client.node(number).unwrap();
            assert_eq!(node.claimable, self.claimable(*number));
            assert_eq!(i128::from(node.carry), parts % 10_000);
            assert_eq!(node.active, self.active.contains(number));
            assert_eq!(&node.owner, if *ben { &s.ben } else { &s.ada });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(lives(20, 150)))]

    #[test]
    fn every_stroop_is_accounted_for(
        commands in prop::collection::vec(a_command(), 1..40),
    ) {
        let s = quiet_site();
        let nodes = [(1, false), (2, false), (3, true), (200, true)];
        let mut naive = Naive {
            nodes: nodes.into_iter().map(|(node, ben)| (node, (ben, 0))).collect(),
            active: nodes.into_iter().map(|(node, _)| node).collect(),
            paid: BTreeMap::new(),
            received: 0,
            rate: 1,
            period: 0,
            now: START,
        };
        s.e.ledger().set_timestamp(START);
        for command in commands {
            let (done, expected) = naive.run(&s, &command);
            prop_assert_eq!(done, expected, "{:?}", command);
            naive.check(&s);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn splitting_a_report_changes_no_total(
        packets in prop::collection::vec(any::<u32>(), 1..20),
        uptime in 0..=10_000u16,
        latency: u16,
        rate in 1..=MAX_RATE,
    ) {
        let mut earnings = Earnings::default();
        let (mut whole, mut all) = (0, 0);
        for packets in packets {
            let line = Line { node: 0, packets, uptime, latency };
            whole += earnings.earn(line.parts(rate)).unwrap();
            all += u128::from(packets) * u128::from(rate) * u128::from(line.percent());
        }
        prop_assert_eq!(u128::from(whole), all / 10_000);
        prop_assert_eq!(u128::from(earnings.carry), all % 10_000);
        prop_assert_eq!(earnings.claimable, whole);
    }

    #[test]
    fn a_record_survives_its_packing_and_leaves_its_neighbours_alone(
        node: u16,
        status in prop::sample::select(&[Status::Free, Status::Active, Status::Retired][..]),
        claimable: u64,
        carry in 0..10_000u16,
    ) {
        let earnings = Earnings { status, claimable, carry };
        let mut page = Page::default();
        page.set(node, &earnings);
        prop_assert_eq!(page.get(node), earnings);
        for other in (0..128).filter(|other| *other != node % 128) {
            prop_assert_eq!(page.get(other), Earnings::default());
        }
    }

    #[test]
    fn no_bytes_crash_the_decoder(bytes: Vec<u8>) {
        let lines = report::lines(&bytes).and_then(|lines| lines.collect::<Result<Vec<Line>, _>>());
        if let Ok(lines) = lines {
            prop_assert_eq!(&encode(&lines), &bytes);
        }
    }
}
