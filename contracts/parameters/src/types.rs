use soroban_sdk::{contracttype, String, Vec};

use crate::errors::ParameterError;

pub const LONGEST_KEY: u32 = 64;
pub const LONGEST_UNIT: u32 = 32;
/// Minutes in which the guardian may take back what has taken effect.
pub const TAKE_BACK_WITHIN: u32 = 7 * 1440;
/// How many versions of a value are kept.
pub const MAX_VERSIONS: u32 = 32;

/// A parameter, as the cooperative's software declares it.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Declaration {
    /// Such as `market.banking_slots`.
    pub key: String,
    pub unit: String,
    /// Holds until a version is in force.
    pub default: i128,
    pub lowest: i128,
    pub highest: i128,
}

impl Declaration {
    pub fn check(&self) -> Result<(), ParameterError> {
        let named = (1..=LONGEST_KEY).contains(&self.key.len());
        if !named || self.unit.len() > LONGEST_UNIT || !self.allows(self.default) {
            return Err(ParameterError::InvalidDeclaration);
        }
        Ok(())
    }

    pub fn allows(&self, value: i128) -> bool {
        (self.lowest..=self.highest).contains(&value)
    }
}

/// A value from a moment on.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Version {
    /// Unix minutes, on a slot boundary.
    pub effective_from: u32,
    pub value: i128,
}

/// A parameter and what it was set to.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Parameter {
    pub declaration: Declaration,
    /// In the order of taking effect; at most `MAX_VERSIONS`.
    pub versions: Vec<Version>,
    /// Whether versions older than these were dropped.
    pub forgot: bool,
    /// When the last version that the guardian's taking back made takes
    /// effect; 0 for never.
    pub taken_back: u32,
}
