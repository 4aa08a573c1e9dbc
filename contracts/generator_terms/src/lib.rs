//! What a generator is deployed with, for the generator and for the factory:
//! a contract that depended on another would export that one's functions too.
#![no_std]

use soroban_sdk::{contracttype, Address, String, Vec};

/// Every generator has so many units: 100.00 %.
pub const UNITS: u32 = 10_000;

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    // The village's voice: accepts milestones, binds the device, sends the
    // first token.
    pub requester: Address,
    // Who builds it and is paid by milestones.
    pub provider: Address,
    // The SEP-41 token of every payment.
    pub token: Address,
    // What all units cost together; a multiple of their number.
    pub goal: u64,
    // Unix seconds until which units are sold.
    pub deadline: u64,
    // The smallest and the largest stake that funding gives a financier.
    pub min_units: u32,
    pub max_units: u32,
    // Percentages of the goal, 100 together.
    pub milestones: Vec<u32>,
    // What is sold, as people say it: kWh, litres, hours.
    pub measure: String,
    // How many of the smallest quantity make one: 1,000 Wh a kWh.
    pub parts: u32,
    // Bounds of the price that owners may submit, in stroops for one measure.
    pub min_price: u64,
    pub max_price: u64,
    // A price holds for a slot of so many seconds.
    pub slot_seconds: u64,
    // Of each payment, set aside for maintenance; basis points.
    pub maintenance_bps: u32,
}
