use soroban_sdk::{contractevent, Address};

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Joined {
    #[topic]
    pub member: Address,
    /// How many members there are now.
    pub members: u32,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Left {
    #[topic]
    pub member: Address,
    /// The member or the registrar.
    pub by: Address,
    /// How many members there are now.
    pub members: u32,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegistrarSet {
    #[topic]
    pub registrar: Address,
}
