//! What goes into a ledger: the best offers first, and in a full ledger the price of the cheapest.

use std::cmp::Ordering;

use super::clusters::Clusters;
use super::room::Needs;
use crate::config::LedgerLimits;
use crate::ledger::BASE_FEE;
use crate::tx::SignedTx;

/// What inclusion of an operation costs in a ledger, for each of the two kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseFees {
    pub classic: i64,
    pub soroban: i64,
}

impl Default for BaseFees {
    fn default() -> Self {
        Self {
            classic: BASE_FEE,
            soroban: BASE_FEE,
        }
    }
}

impl BaseFees {
    pub fn of(&self, tx: &SignedTx) -> i64 {
        match tx.soroban() {
            Some(_) => self.soroban,
            None => self.classic,
        }
    }
}

#[derive(Default)]
pub struct Selection {
    pub transactions: Vec<SignedTx>,
    pub base_fees: BaseFees,
}

impl Selection {
    /// Takes from `waiting`, which stands in the order of arrival, and gives back what is left.
    pub fn fill(waiting: Vec<SignedTx>, limits: &LedgerLimits) -> (Self, Vec<SignedTx>) {
        let mut order: Vec<usize> = (0..waiting.len()).collect();
        // A stable sort: among equal offers, the first to come.
        order.sort_by(|one, other| by_rate(&waiting[*one], &waiting[*other]));
        let mut classic = Lane::new(Needs::classic(), None);
        let clusters = Clusters::new(limits.clusters, limits.instructions);
        let mut soroban = Lane::new(Needs::soroban(limits), Some(clusters));
        let mut taken = vec![false; waiting.len()];
        for index in order {
            let tx = &waiting[index];
            let lane = match tx.soroban() {
                Some(_) => &mut soroban,
                None => &mut classic,
            };
            taken[index] = lane.take(tx);
        }
        let mut transactions = Vec::new();
        let mut left = Vec::new();
        for (tx, taken) in waiting.into_iter().zip(taken) {
            let place = if taken { &mut transactions } else { &mut left };
            place.push(tx);
        }
        // Classic transactions are a phase of their own, before the Soroban ones.
        transactions.sort_by_key(|tx| tx.soroban().is_some());
        let base_fees = BaseFees {
            classic: classic.base_fee(),
            soroban: soroban.base_fee(),
        };
        let selection = Self {
            transactions,
            base_fees,
        };
        (selection, left)
    }
}

/// The better offer for a unit of inclusion first.
pub fn by_rate(one: &SignedTx, other: &SignedTx) -> Ordering {
    let rate = |tx: &SignedTx, units: i64| i128::from(tx.inclusion_bid()) * i128::from(units);
    rate(other, one.fee_units()).cmp(&rate(one, other.fee_units()))
}

struct Lane {
    room: Needs,
    taken: Needs,
    clusters: Option<Clusters>,
    full: bool,
    /// Of those taken, for a unit.
    lowest_bid: Option<i64>,
}

impl Lane {
    fn new(room: Needs, clusters: Option<Clusters>) -> Self {
        Self {
            room,
            taken: Needs::default(),
            clusters,
            full: false,
            lowest_bid: None,
        }
    }

    fn take(&mut self, tx: &SignedTx) -> bool {
        let mut taken = self.taken.clone();
        taken.add(&Needs::of(tx));
        if !taken.fit(&self.room) || !self.find_lane(tx) {
            self.full = true;
            return false;
        }
        self.taken = taken;
        self.lowest_bid = Some(tx.inclusion_bid() / tx.fee_units());
        true
    }

    fn find_lane(&mut self, tx: &SignedTx) -> bool {
        match (&mut self.clusters, tx.soroban()) {
            (Some(clusters), Some(data)) => clusters.take(data),
            _ => true,
        }
    }

    fn base_fee(&self) -> i64 {
        match self.lowest_bid {
            Some(bid) if self.full => bid.max(BASE_FEE),
            _ => BASE_FEE,
        }
    }
}
