//! The packed report, and what one node earns by it. Every number is
//! big-endian; nodes are in rising order, each once:
//!
//! ```text
//! n x ( node u16 | packets u32 | uptime u16 basis points | latency u16 ms )
//! ```
use crate::errors::IncentiveError;

pub const RECORD: usize = 10;
/// Parts of a stroop: 100 packets times 100 percent.
pub const PARTS: u64 = 10_000;

const FULL_UPTIME: u16 = 10_000;
const HIGH_UPTIME: u16 = 9_500;
const LOW_UPTIME: u16 = 8_000;
/// Milliseconds; a node whose latency was not measured reports 65,535.
const LOW_LATENCY: u16 = 100;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Line {
    pub node: u16,
    pub packets: u32,
    /// Basis points.
    pub uptime: u16,
    /// Average, in milliseconds.
    pub latency: u16,
}

impl Line {
    /// What 100 turns into: the bonuses and the deduction add up.
    pub fn percent(&self) -> u64 {
        let mut percent = 100;
        if self.uptime > HIGH_UPTIME {
            percent += 10;
        } else if self.uptime < LOW_UPTIME {
            percent -= 20;
        }
        if self.latency < LOW_LATENCY {
            percent += 5;
        }
        percent
    }

    /// Parts of a stroop earned at a rate of stroops for 100 packets.
    pub fn parts(&self, rate: u32) -> u64 {
        // Below 2^32 x 10,000 x 115: far from the end of a u64.
        u64::from(self.packets) * u64::from(rate) * self.percent()
    }
}

/// The lines of a report, checked one after the other.
pub fn lines(
    report: &[u8],
) -> Result<impl Iterator<Item = Result<Line, IncentiveError>> + '_, IncentiveError> {
    let (records, rest) = report.as_chunks::<RECORD>();
    if records.is_empty() || !rest.is_empty() {
        return Err(IncentiveError::MalformedReport);
    }
    let mut before = None;
    Ok(records.iter().map(move |record| {
        let [n0, n1, p0, p1, p2, p3, u0, u1, l0, l1] = *record;
        let line = Line {
            node: u16::from_be_bytes([n0, n1]),
            packets: u32::from_be_bytes([p0, p1, p2, p3]),
            uptime: u16::from_be_bytes([u0, u1]),
            latency: u16::from_be_bytes([l0, l1]),
        };
        if before.is_some_and(|before| line.node <= before) {
            return Err(IncentiveError::NodesOutOfOrder);
        }
        before = Some(line.node);
        if line.uptime > FULL_UPTIME {
            return Err(IncentiveError::InvalidUptime);
        }
        Ok(line)
    }))
}
