//! What has come in and whose it is, without touching any owner: the index
//! says what one unit has earned since the beginning.
//!
//! `received = claimed + claimable of all + carry + maintenance + spent`.
use generator_terms::UNITS;
use soroban_sdk::contracttype;

use crate::errors::GeneratorError;

const WHOLE: u64 = UNITS as u64;
const BPS: u64 = 10_000;

#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Income {
    // Stroops that one unit has earned.
    pub index: u64,
    // Not yet enough for a stroop a unit.
    pub carry: u64,
    pub received: u64,
    pub claimed: u64,
    // Set aside and not spent.
    pub maintenance: u64,
    pub spent: u64,
    // The index that sold futures end with, once the generator is retired.
    pub closing: Option<u64>,
    // The last slot in the history of the index, and its page.
    pub noted: u64,
    pub page: u32,
}

impl Income {
    /// Takes a payment in: the maintenance share, then the units.
    pub fn receive(&mut self, amount: u64, maintenance_bps: u32) -> Result<(), GeneratorError> {
        let aside = amount
            .checked_mul(u64::from(maintenance_bps))
            .ok_or(GeneratorError::Overflow)?
            / BPS;
        self.received = plus(self.received, amount)?;
        self.maintenance = plus(self.maintenance, aside)?;
        self.share_out(amount - aside)
    }

    /// Ends the income: what is left of the escrow and of the maintenance
    /// fund is the owners', not that of who has bought their future income.
    pub fn close(&mut self, escrow: u64) -> Result<(), GeneratorError> {
        self.closing = Some(self.index);
        self.received = plus(self.received, escrow)?;
        let rest = core::mem::take(&mut self.maintenance);
        self.share_out(plus(rest, escrow)?)
    }

    pub fn spend(&mut self, amount: u64) -> Result<(), GeneratorError> {
        if amount > self.maintenance {
            return Err(GeneratorError::MaintenanceInsufficient);
        }
        self.maintenance -= amount;
        self.spent = plus(self.spent, amount)?;
        Ok(())
    }

    /// The index as far as it counts for futures.
    pub fn running(&self) -> u64 {
        self.closing.unwrap_or(self.index)
    }

    fn share_out(&mut self, amount: u64) -> Result<(), GeneratorError> {
        let total = plus(self.carry, amount)?;
        self.index = plus(self.index, total / WHOLE)?;
        self.carry = total % WHOLE;
        Ok(())
    }
}

pub fn plus(sum: u64, amount: u64) -> Result<u64, GeneratorError> {
    sum.checked_add(amount).ok_or(GeneratorError::Overflow)
}

/// What units earn while the index grows.
pub fn earned(units: u32, from: u64, to: u64) -> Result<u64, GeneratorError> {
    to.checked_sub(from)
        .and_then(|grown| grown.checked_mul(u64::from(units)))
        .ok_or(GeneratorError::Overflow)
}
