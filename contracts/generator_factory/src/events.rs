use soroban_sdk::{contractevent, Address, BytesN};

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GeneratorCreated {
    #[topic]
    pub requester: Address,
    pub request_id: u64,
    pub generator: Address,
    pub wasm_hash: BytesN<32>,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderSet {
    #[topic]
    pub provider: Address,
    pub allowed: bool,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenSet {
    #[topic]
    pub token: Address,
    pub allowed: bool,
}

/// The generators created from now on run this code.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GeneratorWasmSet {
    pub wasm_hash: BytesN<32>,
}
