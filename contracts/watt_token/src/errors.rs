use soroban_sdk::contracterror;

/// Refusals of the WATT token. The token standard's own errors keep their
/// numbers 100 to 119; 113 says that an address is not on the allowlist.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum WattError {
    /// An amount to mint or redeem must be above zero, reserves not below.
    InvalidAmount = 201,
    /// The mint would raise the supply above the attested reserves.
    ReservesExceeded = 202,
    /// Reserves cannot be attested below the supply.
    ReservesBelowSupply = 203,
    /// This bank reference has been minted against already.
    BankReferenceUsed = 204,
    /// The issuer is not set.
    IssuerNotSet = 205,
    /// The holder has redeemed under this reference already.
    ReferenceRedeemed = 206,
}
