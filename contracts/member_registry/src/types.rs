use soroban_sdk::contracttype;

/// A member's standing. All zero for who never joined.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Membership {
    pub active: bool,
    /// When the address joined last, in unix seconds.
    pub since: u64,
    /// How often the address has joined.
    pub joined: u32,
    /// The last page of its history.
    pub page: u32,
}

/// How many members there are.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Roll {
    pub members: u32,
    /// The last page of everybody's history.
    pub page: u32,
}
