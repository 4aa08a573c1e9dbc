//! Random commands against a list of what was decided.
mod common;

use std::collections::BTreeMap;

use common::{lives, site, Site, DAY, NOW, TERM};
use foundation::{OperationState, GUARDIAN_GAP, GUARDIAN_PAUSE};
use proptest::prelude::*;
use soroban_sdk::{vec, Vec};
use timelock::LONGEST_DELAY;

#[derive(Clone, Debug)]
enum Command {
    /// A level for the lamp, or none to lift a pause.
    Schedule(u8, Option<u32>, u64),
    Execute(u8),
    Cancel(u8, By),
    Pause,
    Wait(u64),
}

#[derive(Clone, Copy, Debug)]
enum By {
    Governor,
    Guardian,
    Eve,
}

fn a_command() -> impl Strategy<Value = Command> {
    use Command::*;
    let id = || 0..12u8;
    let delay = prop_oneof![6 => 2 * DAY..6 * DAY, 1 => 0..3 * DAY, 1 => 29 * DAY..31 * DAY];
    let by = prop_oneof![Just(By::Governor), Just(By::Guardian), Just(By::Eve)];
    let wait = prop_oneof![4 => 0..2 * DAY, 2 => 2 * DAY..8 * DAY, 1 => Just(15 * DAY)];
    let what = prop::option::weighted(0.8, 0..100u32);
    prop_oneof![
        6 => (id(), what, delay).prop_map(|(id, level, delay)| Schedule(id, level, delay)),
        8 => id().prop_map(Execute),
        2 => (id(), by).prop_map(|(id, by)| Cancel(id, by)),
        1 => Just(Pause),
        5 => wait.prop_map(Wait),
    ]
}

struct Decision {
    level: Option<u32>,
    ready_at: u64,
    expires_at: u64,
    done: Option<OperationState>,
}

impl Decision {
    fn state(&self, now: u64) -> OperationState {
        match self.done {
            Some(state) => state,
            None if now < self.ready_at => OperationState::Waiting,
            None if now < self.expires_at => OperationState::Ready,
            None => OperationState::Expired,
        }
    }
}

struct Naive {
    decisions: BTreeMap<u8, Decision>,
    level: u32,
    paused_until: u64,
    guardian_paused_at: Option<u64>,
    now: u64,
}

impl Naive {
    /// Runs it on both; whether the timelock did it and should have.
    fn run(&mut self, s: &Site, command: &Command) -> (bool, bool) {
        let (now, guarded) = (self.now, self.now < NOW + TERM);
        match *command {
            Command::Schedule(number, level, delay) => {
                let lawful = (2 * DAY..=LONGEST_DELAY).contains(&delay);
                let ok = lawful && !self.decisions.contains_key(&number);
                let call = match level {
                    Some(level) => s.set_lamp(level),
                    None => s.call(&s.id, "unpause", Vec::new(&s.e)),
                };
                if ok {
                    let ready_at = now + delay;
                    let decision = Decision {
                        level,
                        ready_at,
                        expires_at: ready_at + 14 * DAY,
                        done: None,
                    };
                    self.decisions.insert(number, decision);
                }
                let calls = vec![&s.e, call];
                let done = s.client.try_schedule(&s.name(number), &calls, &delay);
                (done.is_ok(), ok)
            }
            Command::Execute(number) => {
                let runs = now >= self.paused_until;
                let decision = self.decisions.get_mut(&number);
                let decision = decision.filter(|decision| {
                    decision.state(now) == OperationState::Ready
                        && (runs || decision.level.is_none())
                });
                let ok = decision.is_some();
                if let Some(decision) = decision {
                    decision.done = Some(OperationState::Executed);
                    match decision.level {
                        Some(level) => self.level = level,
                        None => self.paused_until = 0,
                    }
                }
                (s.client.try_execute(&s.name(number)).is_ok(), ok)
            }
            Command::Cancel(number, by) => {
                let (caller, entitled) = match by {
                    By::Governor => (&s.governor, true),
                    By::Guardian => (&s.guardian, guarded),
                    By::Eve => (&s.eve, false),
                };
                let decision = self.decisions.get_mut(&number).filter(|decision| {
                    let state = decision.state(now);
                    matches!(state, OperationState::Waiting | OperationState::Ready) && entitled
                });
                let ok = decision.is_some();
                if let Some(decision) = decision {
                    decision.done = Some(OperationState::Cancelled);
                }
                let done = s.client.try_cancel(caller, &s.name(number));
                (done.is_ok(), ok)
            }
            Command::Pause => {
                let rested = self
                    .guardian_paused_at
                    .is_none_or(|at| now >= at + GUARDIAN_GAP);
                let ok = guarded && rested;
                if ok {
                    self.paused_until = self.paused_until.max(now + GUARDIAN_PAUSE);
                    self.guardian_paused_at = Some(now);
                }
                (s.client.try_pause(&s.guardian).is_ok(), ok)
            }
            Command::Wait(seconds) => {
                self.now += seconds;
                s.wait(seconds);
                (true, true)
            }
        }
    }

    fn check(&self, s: &Site) {
        assert_eq!(s.lamp.level(), self.level);
        assert_eq!(s.client.paused(), self.now < self.paused_until);
        for (number, decision) in &self.decisions {
            let state = s.client.state(&s.name(*number));
            assert_eq!(state, decision.state(self.now));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(lives(40, 40)))]

    #[test]
    fn nothing_is_executed_before_its_time_after_it_or_twice(
        commands in prop::collection::vec(a_command(), 20..60),
    ) {
        let s = site();
        let mut naive = Naive {
            decisions: BTreeMap::new(),
            level: 0,
            paused_until: 0,
            guardian_paused_at: None,
            now: NOW,
        };
        for command in commands {
            let (done, expected) = naive.run(&s, &command);
            prop_assert_eq!(done, expected, "{:?}", command);
            naive.check(&s);
        }
    }
}
