//! The packed batch, read in place. Every number is big-endian.
//!
//! ```text
//! version u8 = 1, then one or more sections:
//! slot u32 | chunk u8 | fee u32 | leaf_count u32 | root 32 bytes
//! n_mint u16 | n_trade u16 | n_burn u16
//! n_mint  x ( member u16 | wh u32 )
//! n_trade x ( buyer u16 | seller u16 | wh u32 | price u32 )
//! n_burn  x ( member u16 | wh u32 )
//! ```
use crate::errors::MarketError;

pub const VERSION: u8 = 1;
const HEADER: usize = 51;
const MOVE: usize = 6;
const TRADE: usize = 12;

pub struct Section<'a> {
    /// Unix minutes of the slot's start.
    pub slot: u32,
    pub chunk: u8,
    /// Grid fee in stroops per kWh, paid by the buyer.
    pub fee: u32,
    pub leaf_count: u32,
    pub root: [u8; 32],
    mints: &'a [[u8; MOVE]],
    trades: &'a [[u8; TRADE]],
    burns: &'a [[u8; MOVE]],
}

/// Energy that one member gains (a mint) or loses (a burn).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Move {
    pub member: u16,
    pub wh: u32,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Trade {
    pub buyer: u16,
    pub seller: u16,
    pub wh: u32,
    /// Stroops per kWh.
    pub price: u32,
}

impl<'a> Section<'a> {
    pub fn mints(&self) -> impl ExactSizeIterator<Item = Move> + 'a {
        moves(self.mints)
    }

    pub fn trades(&self) -> impl ExactSizeIterator<Item = Trade> + 'a {
        self.trades.iter().map(|record| {
            let [b0, b1, s0, s1, w0, w1, w2, w3, p0, p1, p2, p3] = *record;
            Trade {
                buyer: u16::from_be_bytes([b0, b1]),
                seller: u16::from_be_bytes([s0, s1]),
                wh: u32::from_be_bytes([w0, w1, w2, w3]),
                price: u32::from_be_bytes([p0, p1, p2, p3]),
            }
        })
    }

    pub fn burns(&self) -> impl ExactSizeIterator<Item = Move> + 'a {
        moves(self.burns)
    }
}

/// The sections of a batch, in order; a malformed rest ends in an error.
pub struct Sections<'a> {
    rest: &'a [u8],
}

pub fn sections(batch: &[u8]) -> Result<Sections<'_>, MarketError> {
    match batch.split_first() {
        Some((&VERSION, rest)) if !rest.is_empty() => Ok(Sections { rest }),
        _ => Err(MarketError::MalformedBatch),
    }
}

impl<'a> Iterator for Sections<'a> {
    type Item = Result<Section<'a>, MarketError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let section = self.read();
        if section.is_none() {
            self.rest = &[];
        }
        Some(section.ok_or(MarketError::MalformedBatch))
    }
}

impl<'a> Sections<'a> {
    fn read(&mut self) -> Option<Section<'a>> {
        let [header] = self.take::<HEADER>(1)? else {
            return None;
        };
        let mut root = [0; 32];
        root.copy_from_slice(&header[13..45]);
        Some(Section {
            slot: u32_at(header, 0),
            chunk: header[4],
            fee: u32_at(header, 5),
            leaf_count: u32_at(header, 9),
            root,
            mints: self.take(u16_at(header, 45))?,
            trades: self.take(u16_at(header, 47))?,
            burns: self.take(u16_at(header, 49))?,
        })
    }

    /// The next `count` records of `N` bytes.
    fn take<const N: usize>(&mut self, count: u16) -> Option<&'a [[u8; N]]> {
        let (head, rest) = self.rest.split_at_checked(N * usize::from(count))?;
        self.rest = rest;
        Some(head.as_chunks().0)
    }
}

fn moves(records: &[[u8; MOVE]]) -> impl ExactSizeIterator<Item = Move> + '_ {
    records.iter().map(|record| {
        let [m0, m1, w0, w1, w2, w3] = *record;
        Move {
            member: u16::from_be_bytes([m0, m1]),
            wh: u32::from_be_bytes([w0, w1, w2, w3]),
        }
    })
}

fn u16_at(bytes: &[u8; HEADER], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8; HEADER], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
