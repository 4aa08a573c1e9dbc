use soroban_sdk::{contracttype, BytesN};

/// Who quotes, and how far from a quote a settlement may be.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    /// Signs quotes (ed25519).
    pub key: BytesN<32>,
    pub collar_percent: u32,
}

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quote {
    /// First slot, in unix minutes.
    pub from: u32,
    /// The first slot after it.
    pub until: u32,
    /// Stroops per kWh.
    pub price: u32,
}
