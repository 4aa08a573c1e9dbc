//! Random changes against a list of what was ever scheduled.
mod common;

use common::{lives, site, NOW, SLOT};
use proptest::prelude::*;
use soroban_sdk::{testutils::Address as _, Address};

#[derive(Clone, Debug)]
enum Command {
    Schedule(i128, u32),
    /// So many slots in a row.
    Fill(u32),
    Revert,
    TakeBack,
    Wait(u32),
}

fn a_command() -> impl Strategy<Value = Command> {
    let value = prop_oneof![-10..86_500i128, Just(i128::MIN), Just(i128::MAX)];
    prop_oneof![
        4 => (value, 0..40u32).prop_map(|(value, ahead)| Command::Schedule(value, ahead * 5)),
        1 => (1..40u32).prop_map(Command::Fill),
        1 => Just(Command::Revert),
        1 => Just(Command::TakeBack),
        2 => (1..100u32).prop_map(Command::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(lives(15, 30)))]

    #[test]
    fn values_stay_within_bounds_and_the_past_stays_as_it_was(
        commands in prop::collection::vec(a_command(), 1..30),
    ) {
        let s = site();
        let guardian = Address::generate(&s.e);
        let until = u64::from(NOW) * 60 + 300 * 86_400;
        s.client.set_guardian(&guardian, &until);
        let mut now = NOW;
        let mut seen = vec![(now, s.at(now))];
        for command in commands {
            match command {
                Command::Schedule(value, ahead) => {
                    let from = now / SLOT * SLOT + ahead;
                    let sound = (0..=86_400).contains(&value)
                        && from > now && from.is_multiple_of(SLOT);
                    let done = s.client.try_schedule(&s.grace, &value, &from);
                    // It may also have no room left; never the other way round.
                    prop_assert!(sound || done.is_err());
                    if done.is_ok() {
                        prop_assert_eq!(s.at(from), value);
                    }
                }
                Command::Fill(count) => {
                    for n in 1..=count {
                        let from = now / SLOT * SLOT + n * SLOT;
                        let value = i128::from(n);
                        let done = s.client.try_schedule(&s.grace, &value, &from);
                        prop_assert!(done.is_err() || s.at(from) == value);
                    }
                }
                Command::Revert => {
                    if let Ok(Ok(version)) = s.client.try_revert(&s.grace) {
                        prop_assert!(version.effective_from > now);
                        prop_assert_eq!(s.at(version.effective_from), version.value);
                    }
                }
                Command::TakeBack => {
                    let before = s.at(now);
                    if let Ok(Ok(version)) = s.client.try_take_back(&guardian, &s.grace) {
                        prop_assert!(version.effective_from > now);
                        prop_assert_eq!(s.at(version.effective_from), version.value);
                        prop_assert_eq!(s.at(now), before);
                        let twice = s.client.try_take_back(&guardian, &s.grace);
                        prop_assert!(twice.is_err());
                    }
                }
                Command::Wait(minutes) => {
                    now += minutes;
                    s.go_to(now);
                    seen.push((now, s.at(now)));
                }
            }
            let parameter = s.client.parameter(&s.grace);
            prop_assert!(parameter.versions.len() <= parameters::MAX_VERSIONS);
            let mut before = 0;
            for version in parameter.versions.iter() {
                prop_assert!((0..=86_400).contains(&version.value));
                prop_assert!(version.effective_from > before);
                before = version.effective_from;
            }
            prop_assert!(s.client.try_get(&s.grace, &now).is_ok());
            for (moment, value) in &seen {
                match s.client.try_get(&s.grace, moment) {
                    Ok(answer) => prop_assert_eq!(answer, Ok(*value)),
                    Err(_) => prop_assert!(parameter.forgot),
                }
            }
        }
    }
}
