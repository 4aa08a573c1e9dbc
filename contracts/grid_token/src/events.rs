use soroban_sdk::{contractevent, Address};

/// The admin minted GRID after the initial supply.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Minted {
    #[topic]
    pub to: Address,
    pub amount: i128,
    /// The supply afterwards.
    pub supply: i128,
}
