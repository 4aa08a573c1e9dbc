//! GRID: the cooperative's stake, with a supply that never passes its cap.
#![no_std]

mod contract;
mod errors;
mod events;

pub use contract::{GridToken, GridTokenClient};
pub use errors::GridError;
pub use events::Minted;
