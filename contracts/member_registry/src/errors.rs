use soroban_sdk::contracterror;

/// Refusals of the member registry.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum RegistryError {
    /// The contract was never constructed.
    NotConfigured = 600,
    /// The address is a member already.
    AlreadyMember = 601,
    /// The address is not a member.
    NotMember = 602,
    /// Neither the member nor the registrar.
    NotEntitled = 603,
    /// Membership is known only for moments that have passed.
    FutureLookup = 604,
    /// There are as many members as the contract counts.
    RegistryFull = 605,
}
