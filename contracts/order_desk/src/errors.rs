use soroban_sdk::contracterror;

/// Refusals of the order desk.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum DeskError {
    /// The contract was never constructed.
    NotConfigured = 700,
    /// The first order does not buy, or the second does not sell.
    WrongSide = 701,
    /// The price is below the seller's order, or above the buyer's with the fee.
    PriceOutsideOrder = 702,
    /// The slot or the moment lies outside the order's times.
    OrderExpired = 703,
    /// The order does not have so much left.
    OrderFilled = 704,
    /// The member has too many orders that are not over.
    TooManyOrders = 705,
    /// The member has named no key for orders.
    NoOrderKey = 706,
    /// The slot has not begun, or is more than a day old.
    SlotOutOfTime = 707,
}
