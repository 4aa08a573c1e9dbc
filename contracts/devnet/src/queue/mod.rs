//! Transactions that wait for a ledger.

mod clusters;
mod room;
pub mod select;
#[cfg(test)]
mod tests;

use soroban_env_host::xdr::*;
use TransactionResultResult as Code;

use crate::config::LedgerLimits;
use crate::tx::result::result;
use crate::tx::validate::Refusal;
use crate::tx::SignedTx;
use room::Needs;
use select::{by_rate, Selection};

/// As core does, the queue keeps what two ledgers can hold.
const QUEUED_LEDGERS: u64 = 2;
/// What a waiting transaction's inclusion fee has to be multiplied by to take its place.
const REPLACE_FACTOR: i128 = 10;

#[derive(Default)]
pub struct Queue {
    /// In the order they came.
    waiting: Vec<SignedTx>,
}

pub enum Submission {
    Pending,
    Duplicate,
    TryAgainLater,
    Refused(Box<Refusal>),
}

/// Waiting transactions that one more would push out.
pub type Displaced = Vec<[u8; 32]>;

impl Queue {
    /// Whether `tx` may join: what it would displace, or the answer it gets instead.
    pub fn admit(&self, tx: &SignedTx, limits: &LedgerLimits) -> Result<Displaced, Submission> {
        let source = tx.source();
        let replaced = match self.waiting.iter().find(|other| other.source() == source) {
            Some(other) => Some(replace(other, tx)?),
            None => None,
        };
        let mut displaced = self.make_room(tx, limits, replaced)?;
        displaced.extend(replaced);
        Ok(displaced)
    }

    pub fn push(&mut self, tx: SignedTx, displaced: &Displaced) {
        self.waiting
            .retain(|other| !displaced.contains(&other.hash));
        self.waiting.push(tx);
    }

    /// What the waiting transactions may cost this payer, but for those that are displaced.
    pub fn owed_by(&self, payer: &AccountId, displaced: &Displaced) -> i64 {
        let stays = |tx: &&SignedTx| !displaced.contains(&tx.hash) && tx.fee_source() == *payer;
        self.waiting
            .iter()
            .filter(stays)
            .map(SignedTx::full_fee)
            .sum()
    }

    /// Takes what the next ledger holds; the rest waits on.
    pub fn take(
        &mut self,
        limits: &LedgerLimits,
        is_valid: impl Fn(&SignedTx) -> bool,
    ) -> Selection {
        let mut waiting = std::mem::take(&mut self.waiting);
        // Its time may have run out, or its balance gone, while it waited: core drops it too.
        waiting.retain(is_valid);
        let (selection, left) = Selection::fill(waiting, limits);
        self.waiting = left;
        selection
    }

    /// The cheapest transactions that have to go so that `tx` fits, all of them cheaper than `tx`.
    fn make_room(
        &self,
        tx: &SignedTx,
        limits: &LedgerLimits,
        replaced: Option<[u8; 32]>,
    ) -> Result<Displaced, Submission> {
        let lane = |other: &&SignedTx| {
            other.soroban().is_some() == tx.soroban().is_some() && Some(other.hash) != replaced
        };
        let mut rivals: Vec<_> = self.waiting.iter().filter(lane).collect();
        rivals.sort_by(|one, other| by_rate(other, one));
        let room = Needs::of_ledgers(tx, limits, QUEUED_LEDGERS);
        let mut taken = Needs::of(tx);
        rivals.iter().for_each(|other| taken.add(&Needs::of(other)));
        let mut displaced = Displaced::new();
        for rival in rivals {
            if taken.fit(&room) {
                break;
            }
            if by_rate(tx, rival).is_ge() {
                return Err(outbid_by(rival, tx));
            }
            taken.subtract(&Needs::of(rival));
            displaced.push(rival.hash);
        }
        Ok(displaced)
    }
}

/// One account has one transaction waiting. Only a fee bump with the same sequence number and ten
/// times the fee takes its place.
fn replace(waiting: &SignedTx, tx: &SignedTx) -> Result<[u8; 32], Submission> {
    if tx.hash == waiting.hash || tx.hash == waiting.inner_hash {
        return Err(Submission::Duplicate);
    }
    let (ours, theirs) = (tx.tx().seq_num.0, waiting.tx().seq_num.0);
    if ours < theirs {
        let result = result(Code::TxBadSeq, 0);
        return Err(refused(result, "an account's later transaction waits"));
    }
    if tx.bump().is_none() || ours != theirs {
        return Err(Submission::TryAgainLater);
    }
    let old_units = i128::from(waiting.fee_units());
    let wanted = i128::from(waiting.inclusion_bid()) * REPLACE_FACTOR * i128::from(tx.fee_units());
    if i128::from(tx.inclusion_bid()) * old_units < wanted {
        let least = (wanted + old_units - 1) / old_units + i128::from(tx.resource_fee());
        let least = least.try_into().unwrap_or(i64::MAX);
        let result = result(Code::TxInsufficientFee, least);
        return Err(refused(result, "ten times the waiting fee is needed"));
    }
    Ok(waiting.hash)
}

fn outbid_by(rival: &SignedTx, tx: &SignedTx) -> Submission {
    let units = i128::from(tx.fee_units());
    let least = i128::from(rival.inclusion_bid()) * units / i128::from(rival.fee_units()) + 1;
    let least = least + i128::from(tx.resource_fee());
    let least = least.try_into().unwrap_or(i64::MAX);
    let result = result(Code::TxInsufficientFee, least);
    refused(result, "the queue is full of better offers")
}

fn refused(result: TransactionResult, reason: &'static str) -> Submission {
    Submission::Refused(Box::new(Refusal { result, reason }))
}
