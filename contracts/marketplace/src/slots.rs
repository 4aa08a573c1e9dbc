//! A slot and chunk settle once: chunks settle in order, and nothing follows
//! the chunk that closes a slot.
use crate::errors::MarketError;

/// How many slots back from the newest may still settle.
pub const WINDOW: usize = 64;
/// What `next` says of a closed slot.
pub const CLOSED: u8 = u8::MAX;

/// The next chunk of each recent slot, the newest first.
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
        }
        let age = (self.newest - slot) as usize;
        let next = self.next.get_mut(age).ok_or(MarketError::SlotTooOld)?;
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
            return 0;
        }
        let age = (self.newest - slot) as usize;
        self.next.get(age).copied().unwrap_or(CLOSED)
    }

    fn advance(&mut self, slot: u32) {
        let steps = ((slot - self.newest) as usize).min(WINDOW);
        self.next.copy_within(..WINDOW - steps, steps);
        self.next[..steps].fill(0);
        self.newest = slot;
    }
}
