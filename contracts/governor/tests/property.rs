//! Random commands against bookkeeping too simple to be wrong.
mod common;

use common::{lives, rules_of, site, Site, DAY, DEFAULT, GRACE, MEMBERS, NOW};
use governor::{Choice, Kind, Status, Weight, QUEUE_PERIOD};
use proptest::prelude::*;
use soroban_sdk::{Address, BytesN};

const KINDS: [Kind; 3] = [Kind::Parameter, Kind::Mechanism, Kind::Budget];
const CHOICES: [Choice; 3] = [Choice::No, Choice::Yes, Choice::Abstain];

#[derive(Clone, Debug)]
enum Command {
    Propose(usize, usize, i128),
    Vote(usize, usize, usize),
    AllVote(usize, usize),
    Queue(usize),
    Execute(usize),
    Withdraw(usize),
    Veto(usize),
    Join(usize),
    Leave(usize),
    Stake(usize, i128),
    /// Until the next moment at which something changes for a motion.
    Until(usize),
    Wait(u64),
    /// So many steps of a motion's whole way, so many voting no.
    Carry(usize, usize, usize),
}

fn a_command() -> impl Strategy<Value = Command> {
    let (who, which) = (0..MEMBERS, 0..3usize);
    let steps = prop_oneof![1..11usize, Just(10)];
    let value = prop_oneof![8 => 0..86_401i128, 1 => -5..0i128, 1 => 86_401..90_000i128];
    let seconds = prop_oneof![3 => 0..2u64, 1 => 2..90u64, 1 => DAY..4 * DAY];
    prop_oneof![
        6 => (who.clone(), 0..3usize, value).prop_map(|(a, b, c)| Command::Propose(a, b, c)),
        5 => (who.clone(), which.clone(), 0..3usize).prop_map(|(a, b, c)| Command::Vote(a, b, c)),
        4 => (which.clone(), 0..MEMBERS).prop_map(|(a, b)| Command::AllVote(a, b)),
        4 => which.clone().prop_map(Command::Queue),
        4 => which.clone().prop_map(Command::Execute),
        1 => which.clone().prop_map(Command::Withdraw),
        1 => which.clone().prop_map(Command::Veto),
        2 => which.clone().prop_map(Command::Until),
        12 => (which, 0..6usize, steps).prop_map(|(a, b, c)| Command::Carry(a, b, c)),
        1 => who.clone().prop_map(Command::Join),
        1 => who.clone().prop_map(Command::Leave),
        2 => (who, 1..2_000i128).prop_map(|(a, b)| Command::Stake(a, b)),
        3 => seconds.prop_map(Command::Wait),
    ]
}

/// Who is a member, and what each has at stake.
#[derive(Clone, Default)]
struct People {
    members: [bool; MEMBERS],
    staked: [i128; MEMBERS],
}

impl People {
    fn weight(&self, who: usize, weight: Weight) -> i128 {
        match weight {
            Weight::Members => self.members[who].into(),
            Weight::Stake if !self.members[who] => 0,
            Weight::Stake => self.staked[who],
        }
    }

    /// All that the quorum is of: of GRID also what is not the members'.
    fn eligible(&self, weight: Weight) -> i128 {
        match weight {
            Weight::Members => (0..MEMBERS).map(|who| self.weight(who, weight)).sum(),
            Weight::Stake => self.staked.iter().sum(),
        }
    }
}

struct Motion {
    kind: Kind,
    proposer: usize,
    value: i128,
    /// As they were just before.
    people: People,
    opens_at: u64,
    voted: [Option<Choice>; MEMBERS],
    queued_at: Option<u64>,
    operation: Option<BytesN<32>>,
    executed: bool,
    cancelled: bool,
}

impl Motion {
    fn closes_at(&self) -> u64 {
        self.opens_at + rules_of(self.kind).period
    }

    fn sum(&self, choice: Option<Choice>) -> i128 {
        let weight = rules_of(self.kind).weight;
        (0..MEMBERS)
            .filter(|who| self.voted[*who] == choice)
            .map(|who| self.people.weight(who, weight))
            .sum()
    }

    fn passes(&self) -> bool {
        let rules = rules_of(self.kind);
        let sums = CHOICES.map(|choice| self.sum(Some(choice)));
        let (no, yes, cast) = (sums[0], sums[1], sums.iter().sum::<i128>());
        let all = self.people.eligible(rules.weight);
        // Basis points, rounded against the motion.
        let quorum = cast * 10_000 / all >= i128::from(rules.quorum_bps);
        quorum && yes > no && yes * 10_000 / (yes + no) >= i128::from(rules.majority_bps)
    }

    fn votes(&self, who: usize, now: u64) -> bool {
        !self.cancelled
            && (self.opens_at..self.closes_at()).contains(&now)
            && self.voted[who].is_none()
            && self.people.weight(who, rules_of(self.kind).weight) > 0
    }

    fn queues(&self, now: u64) -> bool {
        let window = self.closes_at()..self.closes_at() + QUEUE_PERIOD;
        !self.cancelled && self.queued_at.is_none() && window.contains(&now) && self.passes()
    }

    fn executes(&self, now: u64) -> bool {
        let Some(queued_at) = self.queued_at else {
            return false;
        };
        let ready = queued_at + rules_of(self.kind).delay;
        !self.cancelled
            && !self.executed
            && (ready..ready + GRACE).contains(&now)
            && (0..=86_400).contains(&self.value)
            && now < NOW + 60 * DAY
    }

    fn next_moment(&self, now: u64) -> Option<u64> {
        let delay = rules_of(self.kind).delay;
        let ready = self.queued_at.map(|at| at + delay);
        [
            Some(self.opens_at),
            Some(self.closes_at()),
            ready,
            ready.map(|at| at + GRACE),
        ]
        .into_iter()
        .flatten()
        .find(|moment| *moment > now)
    }

    fn live(&self, now: u64) -> bool {
        let expired = match self.queued_at {
            Some(at) => now >= at + rules_of(self.kind).delay + GRACE,
            None => {
                now >= self.closes_at()
                    && (!self.passes() || now >= self.closes_at() + QUEUE_PERIOD)
            }
        };
        !self.cancelled && !self.executed && !expired
    }
}

struct Naive {
    people: People,
    /// At the end of the second before.
    before: People,
    motions: Vec<Motion>,
    value: i128,
}

impl Naive {
    /// Whether the contract did it, and whether it should have.
    fn run(&mut self, s: &Site, command: &Command) -> (bool, bool) {
        let now = s.now();
        let member = |who: usize| -> &Address { &s.members[who] };
        match *command {
            Command::Propose(who, kind, value) => {
                let kind = KINDS[kind];
                let rules = rules_of(kind);
                let all = self.before.eligible(rules.weight);
                let expected = self.before.members[who] && all > 0;
                let calls = soroban_sdk::vec![&s.e, s.set_parameter(value)];
                let done = s.client.try_propose(member(who), &kind, &calls, &s.text());
                if expected {
                    self.motions.push(Motion {
                        kind,
                        proposer: who,
                        value,
                        people: self.before.clone(),
                        opens_at: now + rules.notice,
                        voted: [None; MEMBERS],
                        queued_at: None,
                        operation: None,
                        executed: false,
                        cancelled: false,
                    });
                }
                (done.is_ok(), expected)
            }
            Command::Vote(who, which, choice) => self.with(which, |motion, id| {
                let expected = motion.votes(who, now);
                let choice = CHOICES[choice];
                let done = s.client.try_vote(member(who), &id, &choice).is_ok();
                if expected {
                    motion.voted[who] = Some(choice);
                }
                (done, expected)
            }),
            // So many vote no, the others yes.
            Command::AllVote(which, no) => self.with(which, |motion, id| {
                let mut agree = true;
                for who in 0..MEMBERS {
                    let expected = motion.votes(who, now);
                    let choice = CHOICES[usize::from(who >= no)];
                    let done = s.client.try_vote(member(who), &id, &choice).is_ok();
                    agree &= done == expected;
                    if expected {
                        motion.voted[who] = Some(choice);
                    }
                }
                (agree, true)
            }),
            Command::Queue(which) => self.with(which, |motion, id| {
                let expected = motion.queues(now);
                let done = s.client.try_queue(&id);
                if let (true, Ok(Ok(operation))) = (expected, &done) {
                    motion.queued_at = Some(now);
                    motion.operation = Some(operation.clone());
                }
                (done.is_ok(), expected)
            }),
            Command::Execute(which) => {
                let mut value = self.value;
                let result = self.with(which, |motion, id| {
                    let expected = motion.executes(now);
                    let operation = s.client.operation_id(&id);
                    let done = s.timelock.try_execute(&operation).is_ok();
                    if expected {
                        motion.executed = true;
                        value = motion.value;
                    }
                    (done, expected)
                });
                self.value = value;
                result
            }
            Command::Withdraw(which) => self.with(which, |motion, id| {
                let voting = !motion.cancelled && now < motion.closes_at();
                let proposer = member(motion.proposer);
                motion.cancelled |= voting;
                (s.client.try_cancel(proposer, &id).is_ok(), voting)
            }),
            Command::Veto(which) => self.with(which, |motion, id| {
                let live = motion.live(now);
                motion.cancelled |= live;
                (s.client.try_cancel(&s.guardian, &id).is_ok(), live)
            }),
            Command::Join(who) => {
                let expected = !self.people.members[who];
                self.people.members[who] = true;
                (s.registry.try_join(member(who)).is_ok(), expected)
            }
            Command::Leave(who) => {
                let expected = self.people.members[who];
                self.people.members[who] = false;
                let left = s.registry.try_leave(member(who), member(who));
                (left.is_ok(), expected)
            }
            Command::Stake(who, amount) => {
                let expected = self.people.staked[who] + amount <= 10_000;
                if expected {
                    self.people.staked[who] += amount;
                }
                (s.staking.try_stake(member(who), &amount).is_ok(), expected)
            }
            Command::Until(which) => {
                let mut next = None;
                self.with(which, |motion, _| {
                    next = motion.next_moment(now);
                    (true, true)
                });
                match next {
                    Some(next) => self.run(s, &Command::Wait(next - now)),
                    None => (true, true),
                }
            }
            Command::Carry(which, no, steps) => {
                let way = [
                    Command::AllVote(which, no),
                    Command::Until(which),
                    Command::AllVote(which, no),
                    Command::Queue(which),
                    Command::Until(which),
                    Command::Queue(which),
                    Command::Execute(which),
                    Command::Execute(which),
                    Command::Until(which),
                    Command::Execute(which),
                    Command::Execute(which),
                ];
                let agree = way.iter().take(steps + 1).all(|step| {
                    let (done, expected) = self.run(s, step);
                    done == expected
                });
                (agree, true)
            }
            Command::Wait(seconds) => {
                if seconds > 0 {
                    self.before = self.people.clone();
                    s.wait(seconds);
                }
                (true, true)
            }
        }
    }

    fn with(
        &mut self,
        which: usize,
        act: impl FnOnce(&mut Motion, u32) -> (bool, bool),
    ) -> (bool, bool) {
        // The latest ones: the others are over.
        let Some(place) = self.motions.len().checked_sub(which + 1) else {
            return (true, true);
        };
        act(&mut self.motions[place], place as u32 + 1)
    }

    fn check(&self, s: &Site) {
        assert_eq!(s.value(), self.value);
        assert!((0..=86_400).contains(&self.value));
        assert_eq!(s.client.count() as usize, self.motions.len());
        for (place, motion) in self.motions.iter().enumerate().rev().take(4) {
            let detail = s.client.proposal(&(place as u32 + 1));
            let tally = detail.proposal.tally;
            let sums = CHOICES.map(|choice| motion.sum(Some(choice)));
            assert_eq!([tally.no, tally.yes, tally.abstain], sums);
            assert!(tally.cast() <= tally.eligible);
            let rules = rules_of(motion.kind);
            assert_eq!(tally.eligible, motion.people.eligible(rules.weight));
            let executed = detail.status == Status::Executed;
            assert_eq!(executed, motion.executed);
            assert!(!executed || motion.passes());
            assert_eq!(detail.status == Status::Cancelled, motion.cancelled);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(lives(30, 50)))]

    #[test]
    fn nothing_happens_that_was_not_decided(
        commands in prop::collection::vec(a_command(), 1..60),
    ) {
        let s = site();
        let people = People { members: [true; MEMBERS], ..People::default() };
        let mut naive = Naive {
            before: people.clone(),
            people,
            motions: Vec::new(),
            value: DEFAULT,
        };
        for command in commands {
            let (done, expected) = naive.run(&s, &command);
            prop_assert_eq!(done, expected, "{:?}", command);
            naive.check(&s);
        }
    }
}
