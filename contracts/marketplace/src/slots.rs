//! A slot and chunk settle once: chunks settle in order, and nothing follows
//! the chunk that closes a slot.
//!
//! Slots lie in blocks of 64, a byte each. The newest block and the one before
//! are at hand; a block that leaves them is kept in an entry of its own, and
//! looked for only when one of its slots settles late.
use alloc::vec::Vec;

use crate::errors::MarketError;

pub const BLOCK: usize = 64;
/// The next chunk of each slot at hand, at the slot's number modulo this.
pub const WINDOW: usize = 2 * BLOCK;
/// What `next` says of a closed slot.
pub const CLOSED: u8 = u8::MAX;
/// How far back from the newest slot others may still settle: a week.
pub const REACH_MINUTES: u32 = 7 * 1440;
/// Blocks in which nothing settled that a leap ahead leaves open behind it.
const MOST_LEAPT: u32 = 12;

pub type Block = [u8; BLOCK];

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Slots {
    /// The newest slot settled, in slots since the epoch; 0 before the first.
    pub newest: u32,
    pub next: [u8; WINDOW],
    /// Blocks that left or were looked up, by number: to be kept.
    pub left: Vec<(u32, Block)>,
}

impl Default for Slots {
    fn default() -> Self {
        Slots {
            newest: 0,
            next: [0; WINDOW],
            left: Vec::new(),
        }
    }
}

impl Slots {
    /// Takes a slot's next chunk, or refuses it. `kept` finds a block that has
    /// left; one that nobody kept settles nothing any more.
    pub fn take(
        &mut self,
        slot: u32,
        chunk: u8,
        closes: bool,
        slot_minutes: u32,
        kept: &dyn Fn(u32) -> Option<Block>,
    ) -> Result<(), MarketError> {
        if slot > self.newest {
            self.advance(slot);
        }
        let next = if self.is_at_hand(slot) {
            &mut self.next[place(slot)]
        } else {
            self.late(slot, slot_minutes, kept)?
        };
        if *next == CLOSED || chunk != *next {
            return Err(MarketError::SlotSettled);
        }
        *next = match (closes, chunk.checked_add(1)) {
            (true, _) => CLOSED,
            (false, Some(after)) if after != CLOSED => after,
            _ => return Err(MarketError::SlotFull),
        };
        Ok(())
    }

    /// The chunk a slot settles next; `CLOSED` if none.
    pub fn next(
        &mut self,
        slot: u32,
        slot_minutes: u32,
        kept: &dyn Fn(u32) -> Option<Block>,
    ) -> u8 {
        if slot > self.newest {
            0
        } else if self.is_at_hand(slot) {
            self.next[place(slot)]
        } else {
            self.late(slot, slot_minutes, kept)
                .map_or(CLOSED, |next| *next)
        }
    }

    fn is_at_hand(&self, slot: u32) -> bool {
        block_of(slot) + 1 >= block_of(self.newest)
    }

    #[cold]
    fn late(
        &mut self,
        slot: u32,
        slot_minutes: u32,
        kept: &dyn Fn(u32) -> Option<Block>,
    ) -> Result<&mut u8, MarketError> {
        if self.newest - slot > REACH_MINUTES / slot_minutes {
            return Err(MarketError::SlotTooOld);
        }
        let number = block_of(slot);
        let at = match self.left.iter().position(|(left, _)| *left == number) {
            Some(at) => at,
            None => {
                let block = kept(number).ok_or(MarketError::SlotTooOld)?;
                self.left.push((number, block));
                self.left.len() - 1
            }
        };
        Ok(&mut self.left[at].1[slot as usize % BLOCK])
    }

    fn advance(&mut self, slot: u32) {
        if self.newest > 0 && block_of(slot) > block_of(self.newest) {
            self.leave(block_of(slot));
        }
        let first = (self.newest + 1).max(slot.saturating_sub(WINDOW as u32 - 1));
        for entered in first..=slot {
            self.next[place(entered)] = 0;
        }
        self.newest = slot;
    }

    /// Sets the blocks aside that are no longer at hand once `newest` is the
    /// newest, those included that a leap ahead passes over.
    #[cold]
    fn leave(&mut self, newest: u32) {
        let current = block_of(self.newest);
        let passed = (current + 1).max((newest - 1).saturating_sub(MOST_LEAPT))..newest - 1;
        for number in (current.saturating_sub(1)..=current).filter(|n| n + 1 < newest) {
            let mut block = [0; BLOCK];
            let at = number as usize * BLOCK % WINDOW;
            block.copy_from_slice(&self.next[at..at + BLOCK]);
            if number == current {
                // What lies behind the newest slot is of the block before last.
                block[self.newest as usize % BLOCK + 1..].fill(0);
            }
            self.left.push((number, block));
        }
        self.left.extend(passed.map(|number| (number, [0; BLOCK])));
    }
}

fn block_of(slot: u32) -> u32 {
    slot / BLOCK as u32
}

fn place(slot: u32) -> usize {
    slot as usize % WINDOW
}
