//! Soroban transactions that touch each other's entries run one after the other; the others side by
//! side. A ledger has so many lanes for that, and each has its limit of instructions.

use std::collections::{BTreeSet, HashMap};

use soroban_env_host::xdr::{LedgerKey, SorobanTransactionData};

pub struct Clusters {
    /// For each transaction taken, one it belongs together with, or itself.
    parents: Vec<usize>,
    /// Instructions of the clusters, by their first members.
    loads: HashMap<usize, u64>,
    readers: HashMap<LedgerKey, Vec<usize>>,
    /// All writers of an entry are in one cluster.
    writers: HashMap<LedgerKey, usize>,
    lanes: usize,
    lane_instructions: u64,
}

impl Clusters {
    pub fn new(lanes: u32, lane_instructions: u64) -> Self {
        Self {
            parents: Vec::new(),
            loads: HashMap::new(),
            readers: HashMap::new(),
            writers: HashMap::new(),
            lanes: lanes as usize,
            lane_instructions,
        }
    }

    /// Takes the transaction if the lanes still hold everything with it.
    pub fn take(&mut self, data: &SorobanTransactionData) -> bool {
        let touched = self.touched(data);
        let mut load = u64::from(data.resources.instructions);
        load += touched.iter().map(|first| self.loads[first]).sum::<u64>();
        let others = self.loads.iter();
        let mut loads: Vec<_> = others
            .filter(|(first, _)| !touched.contains(first))
            .map(|(_, load)| *load)
            .collect();
        loads.push(load);
        if !self.hold(loads) {
            return false;
        }
        let new = self.parents.len();
        self.parents.push(new);
        for first in touched {
            self.parents[first] = new;
            self.loads.remove(&first);
        }
        self.loads.insert(new, load);
        let footprint = &data.resources.footprint;
        for key in footprint.read_only.iter() {
            self.readers.entry(key.clone()).or_default().push(new);
        }
        for key in footprint.read_write.iter() {
            self.writers.insert(key.clone(), new);
        }
        true
    }

    /// The clusters that write what this transaction reads or writes, or read what it writes.
    fn touched(&self, data: &SorobanTransactionData) -> BTreeSet<usize> {
        let footprint = &data.resources.footprint;
        let written = footprint.read_write.iter();
        let read = written.flat_map(|key| self.readers.get(key).into_iter().flatten());
        let keys = footprint
            .read_only
            .iter()
            .chain(footprint.read_write.iter());
        keys.filter_map(|key| self.writers.get(key))
            .chain(read)
            .map(|member| self.first_of(*member))
            .collect()
    }

    fn first_of(&self, mut member: usize) -> usize {
        while self.parents[member] != member {
            member = self.parents[member];
        }
        member
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
