//! Who is a member, and who was at any past moment: one member, one vote.
#![no_std]

mod contract;
mod errors;
mod events;
mod members;
mod storage;
mod types;

pub use contract::{MemberRegistry, MemberRegistryClient};
pub use errors::RegistryError;
pub use events::{Joined, Left, RegistrarSet};
pub use types::Membership;
