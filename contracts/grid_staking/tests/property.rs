//! Random commands against bookkeeping too simple to be wrong.
mod common;

use common::{lives, quiet_site, Site, DAY, DELAY, NOW, PURSE};
use grid_staking::pool::{Pool, Stake, SCALE};
use proptest::prelude::*;
use soroban_sdk::Address;

#[derive(Clone, Debug)]
enum Command {
    Stake(usize, i128),
    Unstake(usize, i128),
    Withdraw(usize),
    Claim(usize),
    Fund(i128),
    Rate(u32),
    End(u64),
    Wait(u64),
}

fn a_command() -> impl Strategy<Value = Command> {
    let who = 0..3usize;
    let amount = prop_oneof![-1..100i128, 0..PURSE / 2];
    let seconds = prop_oneof![Just(0), 1..90u64, DAY..400 * DAY];
    prop_oneof![
        3 => (who.clone(), amount.clone()).prop_map(|(who, n)| Command::Stake(who, n)),
        3 => (who.clone(), amount.clone()).prop_map(|(who, n)| Command::Unstake(who, n)),
        2 => who.clone().prop_map(Command::Withdraw),
        2 => who.prop_map(Command::Claim),
        2 => amount.prop_map(Command::Fund),
        1 => (0..2_200u32).prop_map(Command::Rate),
        1 => (0..4_000 * DAY).prop_map(|after| Command::End(NOW + after)),
        4 => seconds.prop_map(Command::Wait),
    ]
}

/// Stakes, queues and checkpoints kept as lists, without any index.
#[derive(Default)]
struct Naive {
    staked: [i128; 3],
    unstaking: [i128; 3],
    ready_at: [u64; 3],
    purse: [i128; 3],
    funded: i128,
    claimed: i128,
    /// What a member may have earned at most: the terms' rate on the stake, in
    /// 1 / (10,000 x a year in seconds) of a stroop.
    ceiling: [i128; 3],
    rate: i128,
    ends_at: u64,
    seen: Vec<(u64, [i128; 3])>,
}

const PARTS: i128 = 10_000 * 365 * 86_400;
/// What one part of the index is worth to the largest stake.
const SLACK: i128 = PURSE * PARTS / SCALE;

impl Naive {
    fn run(&mut self, s: &Site, members: [&Address; 3], command: &Command) -> (bool, bool) {
        match *command {
            Command::Stake(who, amount) => {
                let expected = amount > 0 && amount <= self.purse[who];
                if expected {
                    self.staked[who] += amount;
                    self.purse[who] -= amount;
                }
                (s.client.try_stake(members[who], &amount).is_ok(), expected)
            }
            Command::Unstake(who, amount) => {
                let expected = amount > 0 && amount <= self.staked[who];
                if expected {
                    self.staked[who] -= amount;
                    self.unstaking[who] += amount;
                    self.ready_at[who] = s.now() + DELAY;
                }
                let done = s.client.try_request_unstake(members[who], &amount);
                (done.is_ok(), expected)
            }
            Command::Withdraw(who) => {
                let expected = self.unstaking[who] > 0 && s.now() >= self.ready_at[who];
                let done = s.client.try_withdraw_unstaked(members[who]);
                if expected {
                    assert_eq!(done, Ok(Ok(self.unstaking[who])));
                    self.purse[who] += std::mem::take(&mut self.unstaking[who]);
                }
                (done.is_ok(), expected)
            }
            Command::Claim(who) => {
                let shown = s.client.position(members[who]).claimable;
                let paid = s.client.claim(members[who]);
                assert_eq!(paid, shown);
                assert_eq!(s.client.claim(members[who]), 0);
                self.purse[who] += paid;
                self.claimed += paid;
                self.ceiling[who] -= paid * PARTS;
                assert!(self.ceiling[who] >= -SLACK, "paid more than the rate");
                (true, true)
            }
            Command::Fund(amount) => {
                let expected = amount > 0;
                self.funded += if expected { amount } else { 0 };
                (s.client.try_fund(&s.treasury, &amount).is_ok(), expected)
            }
            Command::Rate(rate) => {
                let expected = rate <= 2_000;
                self.rate = if expected { rate.into() } else { self.rate };
                (s.client.try_set_rate(&rate).is_ok(), expected)
            }
            Command::End(ends_at) => {
                self.ends_at = ends_at;
                (s.client.try_set_end(&ends_at).is_ok(), true)
            }
            Command::Wait(seconds) => {
                self.seen.push((s.now(), self.staked));
                let paid = (s.now() + seconds).min(self.ends_at);
                let paid = i128::from(paid.saturating_sub(s.now()));
                for (ceiling, staked) in self.ceiling.iter_mut().zip(self.staked) {
                    *ceiling += staked * self.rate * paid;
                }
                s.wait(seconds);
                (true, true)
            }
        }
    }

    fn check(&self, s: &Site, members: [&Address; 3]) {
        s.check_sums();
        let pool = s.client.pool();
        assert_eq!(pool.staked, self.staked.iter().sum::<i128>());
        assert_eq!(pool.unstaking, self.unstaking.iter().sum::<i128>());
        assert_eq!((pool.funded, pool.claimed), (self.funded, self.claimed));
        let mut claimable = 0;
        for (who, member) in members.into_iter().enumerate() {
            let position = s.client.position(member);
            assert_eq!(position.staked, self.staked[who]);
            assert_eq!(position.unstaking, self.unstaking[who]);
            assert_eq!(s.grid.balance(member), self.purse[who]);
            assert!(position.claimable * PARTS <= self.ceiling[who] + SLACK);
            claimable += position.claimable;
        }
        // Less than a stroop a member waits in carries.
        assert!((claimable..=claimable + 3).contains(&pool.owed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(lives(20, 100)))]

    #[test]
    fn every_stroop_is_accounted_for(
        commands in prop::collection::vec(a_command(), 1..40),
    ) {
        let s = quiet_site();
        let members = [&s.ada, &s.ben, &s.cal];
        let mut naive = Naive {
            purse: [PURSE; 3],
            rate: 800,
            ends_at: s.client.terms().ends_at,
            ..Naive::default()
        };
        let mut index = 0;
        for command in commands {
            let (done, expected) = naive.run(&s, members, &command);
            prop_assert_eq!(done, expected, "{:?}", command);
            naive.check(&s, members);
            let grown = s.client.pool().index;
            prop_assert!(grown >= index);
            index = grown;
        }
        s.wait(1);
        naive.seen.push((s.now() - 1, naive.staked));
        for (moment, _) in &naive.seen {
            // What was noted last for a second is what counts.
            let (_, staked) = naive.seen.iter().rfind(|(time, _)| time == moment).unwrap();
            prop_assert_eq!(s.client.total_at(moment), staked.iter().sum::<i128>());
            for (who, member) in members.into_iter().enumerate() {
                prop_assert_eq!(s.client.weight_at(member, moment), staked[who]);
            }
        }
    }
}

/// With a pool that suffices, each member earns exactly the rate on the stake.
fn exact(staked: &[i128], spans: &[(u32, u64)]) -> Vec<i128> {
    let parts: i128 = spans
        .iter()
        .map(|(rate, seconds)| i128::from(*rate) * i128::from(*seconds))
        .sum();
    staked.iter().map(|staked| staked * parts / PARTS).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_index_splits_as_dividing_by_hand_does(
        staked in prop::collection::vec(1..10_000_000_000_000i128, 1..6),
        spans in prop::collection::vec((0..2_000u32, 0..200 * DAY), 1..30),
    ) {
        let mut pool = Pool { updated: NOW, ..Pool::default() };
        pool.fund(i128::from(u64::MAX)).unwrap();
        let mut stakes = vec![Stake::default(); staked.len()];
        for (stake, amount) in stakes.iter_mut().zip(&staked) {
            stake.add(&mut pool, *amount).unwrap();
        }
        let mut now = NOW;
        for (n, (rate, seconds)) in spans.iter().enumerate() {
            now += seconds;
            pool.accrue(*rate, u64::MAX, now).unwrap();
            // Some settle often, some only at the end.
            let who = n % (2 * stakes.len());
            if let Some(stake) = stakes.get_mut(who) {
                stake.settle(pool.index).unwrap();
            }
        }
        for (stake, exact) in stakes.iter_mut().zip(exact(&staked, &spans)) {
            stake.settle(pool.index).unwrap();
            // Below by less than one stroop, never above.
            prop_assert!((exact - 1..=exact).contains(&stake.earned));
        }
    }

    #[test]
    fn calling_often_changes_nothing_at_all(
        staked in 1..1_000_000_000_000_000_000i128,
        rate in 0..=2_000u32,
        pieces in prop::collection::vec(0..5 * DAY, 1..60),
    ) {
        let mut once = Pool { updated: NOW, ..Pool::default() };
        once.fund(i128::from(u64::MAX)).unwrap();
        let mut stake = Stake::default();
        stake.add(&mut once, staked).unwrap();
        let (mut often, mut settled) = (once.clone(), stake.clone());
        let mut now = NOW;
        for seconds in pieces {
            now += seconds;
            often.accrue(rate, u64::MAX, now).unwrap();
            settled.settle(often.index).unwrap();
        }
        once.accrue(rate, u64::MAX, now).unwrap();
        stake.settle(once.index).unwrap();
        prop_assert_eq!(once, often);
        prop_assert_eq!(stake, settled);
    }

    #[test]
    fn nothing_is_lost_between_the_divisions(
        steps in prop::collection::vec(
            (0..4usize, -5_000_000..10_000_000i128, 0..2_000u32, 0..500 * DAY, 0..100_000i128),
            1..60,
        ),
    ) {
        let mut pool = Pool { updated: NOW, ..Pool::default() };
        let mut stakes = vec![Stake::default(); 4];
        let mut now = NOW;
        for (who, amount, rate, seconds, funds) in steps {
            now += seconds;
            pool.accrue(rate, u64::MAX, now).unwrap();
            pool.fund(funds).unwrap();
            let stake = &mut stakes[who];
            if amount > 0 {
                stake.add(&mut pool, amount).unwrap();
            } else if stake.staked >= -amount {
                stake.take(&mut pool, -amount, now).unwrap();
                stake.claim(&mut pool).unwrap();
            }
            let mut parts = 0;
            for stake in &stakes {
                let mut settled = stake.clone();
                settled.settle(pool.index).unwrap();
                parts += settled.earned * SCALE + settled.carry;
            }
            prop_assert_eq!(parts, pool.owed * SCALE + pool.owed_carry);
            prop_assert_eq!(pool.funded, pool.free + pool.owed + pool.claimed);
        }
    }
}
