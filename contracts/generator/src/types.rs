use soroban_sdk::{contracttype, Address, BytesN};

/// Where a generator is in its life.
#[contracttype]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum State {
    // Units are sold, the money waits in escrow.
    Funding = 0,
    // All units are sold; the provider builds.
    Funded = 1,
    // Installed, its device bound; waits for the requester's first token.
    Pending = 2,
    Active = 3,
    // At its end: only what is owed is paid.
    Retired = 4,
    // Not funded in time: refunds.
    Failed = 5,
}

impl State {
    pub fn may_become(self, next: State) -> bool {
        use State::*;
        matches!(
            (self, next),
            (Funding, Funded | Failed)
                | (Funded, Pending | Retired)
                | (Pending, Active | Retired)
                | (Active, Retired)
        )
    }

    /// Units and their future income have owners who may move them.
    pub fn is_owned(self) -> bool {
        matches!(self, State::Funded | State::Pending | State::Active)
    }
}

/// The money of the funding: `held + released + refunded + returned` is what
/// the sold units have cost.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Escrow {
    // Units.
    pub sold: u32,
    pub held: u64,
    // To the provider.
    pub released: u64,
    // To the financiers, of a funding that failed.
    pub refunded: u64,
    // To the owners' income, when the generator was retired.
    pub returned: u64,
    // A bit for each milestone that was released.
    pub milestones: u32,
}

/// The meter at the generator. Quantities are in the measure's parts.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Device {
    // Its ed25519 public key.
    pub key: Option<BytesN<32>>,
    // The last counter that this key has used.
    pub counter: u64,
    // Paid for, all in all.
    pub credited: u64,
    // Dispensed against credit.
    pub dispensed: u64,
    // Dispensed while no price was set.
    pub free: u64,
}

/// What the cooperative does alone unless the requester objects.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Announcement {
    // To be paid; without one, the generator is retired.
    pub milestone: Option<u32>,
    pub evidence_hash: BytesN<32>,
    // Unix seconds.
    pub from: u64,
}

/// The income of units within a period, for sale or sold.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Future {
    pub seller: Address,
    pub buyer: Option<Address>,
    pub units: u32,
    // Unix seconds, the end not included.
    pub from: u64,
    pub until: u64,
    // For the whole.
    pub price: u64,
    // The index up to which it is settled.
    pub index: u64,
}
