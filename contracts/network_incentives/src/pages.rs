//! Pages of 128 nodes: one entry for what many nodes have earned.
use crate::{errors::IncentiveError, report::PARTS};

pub const NODES: usize = 128;
pub const RECORD: usize = 11;
pub const PAGE: usize = NODES * RECORD;

const FREE: u8 = 0;
const ACTIVE: u8 = 1;
const RETIRED: u8 = 2;

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Status {
    #[default]
    Free,
    Active,
    Retired,
}

/// What one node has earned.
///
/// ```text
/// status u8 | claimable u64 | carry u16
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Earnings {
    pub status: Status,
    /// Stroops.
    pub claimable: u64,
    /// Parts of a stroop, below PARTS.
    pub carry: u16,
}

impl Earnings {
    fn read(record: &[u8; RECORD]) -> Earnings {
        let [status, c0, c1, c2, c3, c4, c5, c6, c7, r0, r1] = *record;
        Earnings {
            status: match status {
                ACTIVE => Status::Active,
                RETIRED => Status::Retired,
                _ => Status::Free,
            },
            claimable: u64::from_be_bytes([c0, c1, c2, c3, c4, c5, c6, c7]),
            carry: u16::from_be_bytes([r0, r1]),
        }
    }

    fn write(&self, record: &mut [u8; RECORD]) {
        record[0] = match self.status {
            Status::Free => FREE,
            Status::Active => ACTIVE,
            Status::Retired => RETIRED,
        };
        record[1..9].copy_from_slice(&self.claimable.to_be_bytes());
        record[9..].copy_from_slice(&self.carry.to_be_bytes());
    }

    /// Adds parts of a stroop and returns the whole stroops they made.
    pub fn earn(&mut self, parts: u64) -> Result<u64, IncentiveError> {
        let parts = parts
            .checked_add(u64::from(self.carry))
            .ok_or(IncentiveError::Overflow)?;
        let whole = parts / PARTS;
        self.claimable = self
            .claimable
            .checked_add(whole)
            .ok_or(IncentiveError::Overflow)?;
        self.carry = (parts % PARTS) as u16;
        Ok(whole)
    }
}

pub fn page_of(node: u16) -> u32 {
    u32::from(node) / NODES as u32
}

pub struct Page([u8; PAGE]);

impl Default for Page {
    fn default() -> Self {
        Page([0; PAGE])
    }
}

impl Page {
    pub fn bytes(&self) -> &[u8; PAGE] {
        &self.0
    }

    pub fn bytes_mut(&mut self) -> &mut [u8; PAGE] {
        &mut self.0
    }

    pub fn get(&self, node: u16) -> Earnings {
        Earnings::read(&self.0.as_chunks().0[usize::from(node) % NODES])
    }

    pub fn set(&mut self, node: u16, earnings: &Earnings) {
        earnings.write(&mut self.0.as_chunks_mut().0[usize::from(node) % NODES]);
    }
}
