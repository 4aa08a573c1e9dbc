//! What callers see; storage packs it (see `pages` and `storage`).
use soroban_sdk::{contracttype, Address, BytesN};

pub(crate) const SECONDS_A_MINUTE: u64 = 60;

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    pub operator: Address,
    pub quote: Address,
    pub energy: Address,
    pub slot_minutes: u32,
    /// Seconds between asking for a withdrawal and receiving it.
    pub withdraw_delay: u64,
    /// Seconds without a settlement after which members leave at once.
    pub silence: u64,
}

/// A trade that the order desk brings.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trade {
    /// Unix minutes.
    pub slot: u32,
    pub buyer: u32,
    pub seller: u32,
    pub wh: u32,
    /// Stroops per kWh.
    pub price: u32,
    /// Grid fee in stroops per kWh, paid by the buyer.
    pub fee: u32,
}

/// What a member allows the operator to settle in their name.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mandate {
    /// Lowest price to sell at, in stroops per kWh.
    pub sell_min: u32,
    /// Highest price to buy at, grid fee included, in stroops per kWh.
    pub buy_max: u32,
    /// Most Wh bought and sold in one slot.
    pub slot_wh: u32,
    /// Most Wh bought and sold in one UTC day.
    pub day_wh: u32,
    /// Unix minutes; the first slot may start then.
    pub valid_from: u32,
    /// Unix minutes; the last slot ends by then.
    pub valid_until: u32,
    /// 0 to 255.
    pub zone: u32,
    /// 1 to sell, 2 to buy, 3 for both.
    pub sides: u32,
}

#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Withdrawal {
    /// Stroops.
    pub amount: i128,
    pub wh: i128,
    /// Unix seconds; good for a week from then.
    pub ready_at: u64,
}

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    pub index: u32,
    pub quote: i128,
    pub energy_wh: i128,
    /// All zero where none was given.
    pub mandate: Mandate,
    /// All zero where none is pending.
    pub withdrawal: Withdrawal,
}

/// Everything settled so far, in one hash and six sums, and when that was.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChainHead {
    pub root: BytesN<32>,
    pub sections: u64,
    pub leaves: u64,
    pub minted_wh: u64,
    pub traded_wh: u64,
    pub burned_wh: u64,
    /// What buyers paid: sellers' proceeds and grid fees.
    pub paid_stroops: u64,
    /// Ledger time of the last settlement, or of the construction before the
    /// first, in unix seconds.
    pub settled_at: u64,
}

/// The sums of all member balances, which the contract's own token balances
/// never fall below.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Totals {
    pub quote: i128,
    pub energy_wh: i128,
}
