//! KWH: one base unit is one watt-hour that a meter attested, minted once.
#![no_std]

mod contract;
mod errors;
mod events;
mod guard;
mod storage;

pub use contract::{EnergyToken, EnergyTokenClient};
pub use errors::EnergyError;
pub use events::{Attested, MeterSet};
