//! Deploys generators and knows which ones are the cooperative's.
#![no_std]

mod contract;
mod errors;
mod events;
mod storage;

pub use contract::{GeneratorFactory, GeneratorFactoryClient};
pub use errors::FactoryError;
pub use events::{GeneratorCreated, GeneratorWasmSet, ProviderSet, TokenSet};
pub use generator_terms::{Terms, TermsError};
