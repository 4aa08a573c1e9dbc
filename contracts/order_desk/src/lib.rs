//! Orders that members sign as messages in their wallets: two of them that meet
//! settle in the marketplace, without a mandate.
#![no_std]

mod contract;
mod errors;
mod events;
mod orders;
mod storage;
mod types;

pub use contract::{OrderDesk, OrderDeskClient};
pub use errors::DeskError;
pub use events::{OrderKeySet, OrdersMet};
pub use types::{Fill, Order};
