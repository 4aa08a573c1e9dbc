//! The stake-weighted mean of the prices that owners have submitted, kept as
//! two sums. Whatever changes them counts from the next slot on, so that
//! nobody is surprised while paying.
use soroban_sdk::contracttype;

#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Book {
    // Units of those who have submitted a price.
    pub weight: u64,
    // Of their units times their prices.
    pub sum: u64,
    // The slot of the last change,
    pub slot: u64,
    // and the price during that slot.
    pub in_force: u64,
}

impl Book {
    /// What everybody's submissions come to; 0, for free, without any.
    pub fn mean(&self) -> u64 {
        self.sum.checked_div(self.weight).unwrap_or(0)
    }

    #[inline(never)]
    pub fn price(&self, slot: u64) -> u64 {
        if slot > self.slot {
            self.mean()
        } else {
            self.in_force
        }
    }

    /// Keeps this slot's price as it is; before any change.
    pub fn hold(&mut self, slot: u64) {
        self.in_force = self.price(slot);
        self.slot = self.slot.max(slot);
    }

    // Units are at most 10,000 and prices 10^15: the sums cannot overflow.

    pub fn add(&mut self, units: u32, price: u64) {
        self.weight += u64::from(units);
        self.sum += u64::from(units) * price;
    }

    pub fn take(&mut self, units: u32, price: u64) {
        self.weight -= u64::from(units);
        self.sum -= u64::from(units) * price;
    }
}
