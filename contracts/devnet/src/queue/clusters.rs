//! Soroban transactions that touch each other's entries run one after the other; the others side by
//! side. A ledger has so many lanes for that, and each has its limit of instructions.

use std::collections::HashSet;

use soroban_env_host::xdr::LedgerKey;

use crate::tx::SignedTx;

#[derive(Default)]
struct Cluster {
    instructions: u64,
    reads: HashSet<LedgerKey>,
    writes: HashSet<LedgerKey>,
}

pub struct Clusters {
    clusters: Vec<Cluster>,
    lanes: usize,
    lane_instructions: u64,
}

impl Clusters {
    pub fn new(lanes: u32, lane_instructions: u64) -> Self {
        Self {
            clusters: Vec::new(),
            lanes: lanes as usize,
            lane_instructions,
        }
    }

    /// Takes the transaction if the lanes still hold everything with it.
    pub fn take(&mut self, tx: &SignedTx) -> bool {
        let mut joined = Cluster::of(tx);
        let touching: Vec<bool> = self
            .clusters
            .iter()
            .map(|other| joined.touches(other))
            .collect();
        let mut loads = Vec::new();
        for (cluster, touching) in self.clusters.iter().zip(&touching) {
            match touching {
                true => joined.instructions += cluster.instructions,
                false => loads.push(cluster.instructions),
            }
        }
        loads.push(joined.instructions);
        if !self.hold(loads) {
            return false;
        }
        let mut touching = touching.into_iter();
        let (old, others) = std::mem::take(&mut self.clusters)
            .into_iter()
            .partition(|_| touching.next() == Some(true));
        self.clusters = others;
        for cluster in old {
            joined.reads.extend(cluster.reads);
            joined.writes.extend(cluster.writes);
        }
        self.clusters.push(joined);
        true
    }

    /// Largest first, each into the first lane that holds it.
    fn hold(&self, mut loads: Vec<u64>) -> bool {
        if loads.iter().sum::<u64>() <= self.lane_instructions {
            return true;
        }
        loads.sort_unstable_by(|one, other| other.cmp(one));
        let mut lanes = vec![0; self.lanes];
        loads.into_iter().all(|load| {
            let lane = lanes
                .iter_mut()
                .find(|lane| **lane + load <= self.lane_instructions);
            lane.map(|lane| *lane += load).is_some()
        })
    }
}

impl Cluster {
    fn of(tx: &SignedTx) -> Self {
        let Some(data) = tx.soroban() else {
            return Self::default();
        };
        let footprint = &data.resources.footprint;
        Self {
            instructions: data.resources.instructions.into(),
            reads: footprint.read_only.iter().cloned().collect(),
            writes: footprint.read_write.iter().cloned().collect(),
        }
    }

    /// One writes what the other reads or writes.
    fn touches(&self, other: &Self) -> bool {
        let shares = |ours: &HashSet<LedgerKey>, theirs| !ours.is_disjoint(theirs);
        shares(&self.writes, &other.writes)
            || shares(&self.writes, &other.reads)
            || shares(&self.reads, &other.writes)
    }
}
