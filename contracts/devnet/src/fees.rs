//! What inclusion cost in the last ledgers.

use std::collections::VecDeque;

use soroban_env_host::xdr::*;

use crate::history::TxRecord;
use crate::ledger::XDR;

/// As the public RPC nodes reckon: Soroban over 50 ledgers, classic over 10.
const SOROBAN_LEDGERS: usize = 50;
const CLASSIC_LEDGERS: usize = 10;

/// What each transaction of a ledger paid for an operation.
#[derive(Default)]
struct Paid {
    classic: Vec<i64>,
    soroban: Vec<i64>,
}

#[derive(Default)]
pub struct FeeWindow(VecDeque<Paid>);

impl FeeWindow {
    pub fn record<'a>(&mut self, transactions: impl Iterator<Item = &'a TxRecord>) {
        let mut paid = Paid::default();
        for tx in transactions {
            match inclusion_fee(tx) {
                Some((true, fee)) => paid.soroban.push(fee),
                Some((false, fee)) => paid.classic.push(fee),
                None => {}
            }
        }
        self.0.push_front(paid);
        self.0.truncate(SOROBAN_LEDGERS);
    }

    pub fn soroban(&self) -> Distribution {
        let fees = self.0.iter().flat_map(|paid| &paid.soroban);
        Distribution::new(fees, self.0.len())
    }

    pub fn classic(&self) -> Distribution {
        let ledgers = self.0.iter().take(CLASSIC_LEDGERS);
        let count = ledgers.len();
        Distribution::new(ledgers.flat_map(|paid| &paid.classic), count)
    }
}

pub struct Distribution {
    sorted: Vec<i64>,
    ledgers: usize,
}

impl Distribution {
    fn new<'a>(fees: impl Iterator<Item = &'a i64>, ledgers: usize) -> Self {
        let mut sorted: Vec<_> = fees.copied().collect();
        sorted.sort_unstable();
        Self { sorted, ledgers }
    }

    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Zero, as everything else is, while nobody has paid.
    pub fn ledgers(&self) -> usize {
        if self.sorted.is_empty() {
            0
        } else {
            self.ledgers
        }
    }

    /// By nearest rank: the smallest fee that at least `percent` of all do not exceed.
    pub fn percentile(&self, percent: usize) -> i64 {
        let rank = (percent * self.sorted.len()).div_ceil(100);
        let index = rank.saturating_sub(1);
        self.sorted.get(index).copied().unwrap_or(0)
    }

    /// The fee paid most often, the lowest of several.
    pub fn mode(&self) -> i64 {
        let runs = self.sorted.chunk_by(|one, other| one == other);
        let longest = runs.rev().max_by_key(|run| run.len());
        longest.and_then(|run| run.first()).copied().unwrap_or(0)
    }
}

/// Whether a transaction was Soroban's, and what it paid for each operation above its resources.
fn inclusion_fee(tx: &TxRecord) -> Option<(bool, i64)> {
    let charged = tx.decoded_result()?.fee_charged;
    let operations = operations(&TransactionEnvelope::from_xdr(&tx.envelope, XDR).ok()?);
    match tx.decoded_meta()?.soroban_meta {
        None => Some((false, charged / operations.max(1))),
        Some(SorobanTransactionMetaV2 {
            ext: SorobanTransactionMetaExt::V1(fees),
            ..
        }) => {
            let resources = fees.total_non_refundable_resource_fee_charged
                + fees.total_refundable_resource_fee_charged;
            Some((true, charged - resources))
        }
        Some(_) => None,
    }
}

fn operations(envelope: &TransactionEnvelope) -> i64 {
    let count = match envelope {
        TransactionEnvelope::TxV0(v0) => v0.tx.operations.len(),
        TransactionEnvelope::Tx(v1) => v1.tx.operations.len(),
        TransactionEnvelope::TxFeeBump(bump) => match &bump.tx.inner_tx {
            FeeBumpTransactionInnerTx::Tx(v1) => v1.tx.operations.len(),
        },
    };
    count as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank_and_the_mode_is_the_lowest_of_several() {
        let fees = [100, 100, 150, 150, 900];
        let distribution = Distribution::new(fees.iter(), 7);
        let percentiles = [1, 20, 40, 50, 80, 81, 99, 100].map(|p| distribution.percentile(p));
        assert_eq!(percentiles, [100, 100, 100, 150, 150, 900, 900, 900]);
        assert_eq!(distribution.mode(), 100);
        assert_eq!((distribution.count(), distribution.ledgers()), (5, 7));
    }

    #[test]
    fn nobody_paid_anything_reads_as_zeros() {
        let nothing = Distribution::new([].iter(), 7);
        let seen = (nothing.percentile(50), nothing.mode(), nothing.ledgers());
        assert_eq!(seen, (0, 0, 0));
    }
}
