//! The cooperative's parameters: declared with bounds, changed by a vote, and
//! known for every moment.
#![no_std]

mod contract;
mod errors;
mod events;
mod storage;
mod types;
mod versions;

pub use contract::{Parameters, ParametersClient};
pub use errors::ParameterError;
pub use events::{Declared, Reverted, Scheduled, TakenBack};
pub use types::{
    Declaration, Parameter, Version, LONGEST_KEY, LONGEST_UNIT, MAX_VERSIONS, TAKE_BACK_WITHIN,
};
