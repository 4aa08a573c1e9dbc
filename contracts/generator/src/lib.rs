//! A generator that a village asks for, financiers own and everybody pays by
//! the measure: escrow, price by owners' votes, income by units, a market of
//! units and of their future income.
#![no_std]

mod contract;
mod device;
mod errors;
mod events;
mod funding;
mod futures;
mod history;
pub mod income;
mod life;
mod market;
pub mod owner;
mod payments;
pub mod price;
mod silence;
mod storage;
mod types;

pub use contract::{Generator, GeneratorClient};
pub use device::{DISPENSE_TAG, LARGEST_GAP};
pub use errors::GeneratorError;
pub use events::*;
pub use generator_terms::{Terms, TermsError, UNITS};
pub use silence::{ANSWER_SECONDS, BUILDING_SECONDS};
pub use types::{Announcement, Device, Escrow, Future, State};
