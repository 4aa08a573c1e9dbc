//! One owner's part, and how units move between two.
use soroban_sdk::contracttype;

use crate::{
    errors::GeneratorError,
    income::{earned, plus},
    price::Book,
};

#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Owner {
    pub units: u32,
    // Of them for sale, and the price of one.
    pub listed: u32,
    pub ask: u64,
    // Of them locked by futures offered or sold;
    pub pledged: u32,
    // and of these sold: a sold future reckons their income itself.
    pub lent: u32,
    // The index up to which `earned` is reckoned.
    pub index: u64,
    // Not yet claimed.
    pub earned: u64,
    // The price that the owner has submitted.
    pub vote: Option<u64>,
}

impl Owner {
    /// Earns up to the index; before any change of `units` or `lent`.
    #[inline(never)]
    pub fn settle(&mut self, index: u64) -> Result<(), GeneratorError> {
        let due = earned(self.units - self.lent, self.index, index)?;
        self.earned = plus(self.earned, due)?;
        self.index = index;
        Ok(())
    }

    /// Units that are neither for sale nor pledged.
    pub fn free(&self) -> u32 {
        self.units - self.listed - self.pledged
    }

    pub fn enforce_free(&self, units: u32) -> Result<(), GeneratorError> {
        if units > self.free() {
            return Err(GeneratorError::UnitsLocked);
        }
        Ok(())
    }

    /// Submits a price, or takes it back.
    pub fn submit(&mut self, book: &mut Book, price: Option<u64>) {
        if let Some(before) = self.vote {
            book.take(self.units, before);
        }
        if let Some(price) = price {
            book.add(self.units, price);
        }
        self.vote = price;
    }

    fn give(&mut self, book: &mut Book, units: u32) {
        if let Some(price) = self.vote {
            book.take(units, price);
        }
        self.units -= units;
        if self.units == 0 {
            // A submission ends with the last unit: it does not wait for more.
            self.vote = None;
        }
    }

    fn get(&mut self, book: &mut Book, units: u32) {
        if let Some(price) = self.vote {
            book.add(units, price);
        }
        self.units += units;
    }
}

/// Moves units that the giver has. Both sides earn until now first: income
/// before the move is the giver's, after it the receiver's.
pub fn pass(
    giver: &mut Owner,
    receiver: &mut Owner,
    units: u32,
    index: u64,
    book: &mut Book,
) -> Result<(), GeneratorError> {
    giver.settle(index)?;
    receiver.settle(index)?;
    giver.give(book, units);
    receiver.get(book, units);
    Ok(())
}
