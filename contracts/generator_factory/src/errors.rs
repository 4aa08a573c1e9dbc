use soroban_sdk::contracterror;

/// Refusals of the factory, beside those of the terms (502 to 510).
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum FactoryError {
    /// Something the constructor sets is missing.
    NotConfigured = 550,
    /// The terms name another requester than the one who asks.
    NotYourTerms = 551,
    /// The cooperative has not admitted the provider.
    ProviderNotAllowed = 552,
    /// This requester has a generator for the request.
    RequestTaken = 553,
    /// The cooperative has not admitted the token.
    TokenNotAllowed = 554,
}
