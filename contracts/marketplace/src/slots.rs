//! A slot and chunk settle once: chunks settle in order, and nothing follows
//! the chunk that closes a slot.
use crate::errors::MarketError;

/// How many slots back from the newest may still settle.
pub const WINDOW: usize = 64;
/// What `next` says of a closed slot.
pub const CLOSED: u8 = u8::MAX;

/// The next chunk of each recent slot, at the slot's number modulo the window.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Slots {
    /// The newest slot settled, in slots since the epoch; 0 before the first.
    pub newest: u32,
    pub next: [u8; WINDOW],
}

impl Default for Slots {
    fn default() -> Self {
        Slots {
            newest: 0,
            next: [0; WINDOW],
        }
    }
}

impl Slots {
    /// Takes a slot's next chunk, or refuses it.
    pub fn take(&mut self, slot: u32, chunk: u8, closes: bool) -> Result<(), MarketError> {
        if slot > self.newest {
            self.advance(slot);
        } else if self.is_behind(slot) {
            return Err(MarketError::SlotTooOld);
        }
        let next = &mut self.next[place(slot)];
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
    pub fn next(&self, slot: u32) -> u8 {
        if slot > self.newest {
            0
        } else if self.is_behind(slot) {
            CLOSED
        } else {
            self.next[place(slot)]
        }
    }

    fn is_behind(&self, slot: u32) -> bool {
        (self.newest - slot) as usize >= WINDOW
    }

    fn advance(&mut self, slot: u32) {
        let first = (self.newest + 1).max(slot.saturating_sub(WINDOW as u32 - 1));
        for entered in first..=slot {
            self.next[place(entered)] = 0;
        }
        self.newest = slot;
    }
}

fn place(slot: u32) -> usize {
    slot as usize % WINDOW
}
