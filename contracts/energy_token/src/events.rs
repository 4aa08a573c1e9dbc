use soroban_sdk::{contractevent, Address};

/// Energy was attested and minted to `to`.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attested {
    #[topic]
    pub to: Address,
    /// Start of the first record's slot, in unix minutes.
    pub first_slot: u32,
    /// How many records were attested.
    pub count: u32,
    pub wh: i128,
}

/// The meter role was given to an address or taken from it.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MeterSet {
    #[topic]
    pub meter: Address,
    pub allowed: bool,
}
