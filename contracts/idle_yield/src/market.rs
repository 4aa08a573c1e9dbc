//! What this contract asks of the marketplace.
use soroban_sdk::{
    contractclient, panic_with_error, Address, Env, Map, Symbol, TryFromVal, TryIntoVal, Val,
};

use crate::{errors::YieldError, storage};

type Fields = Map<Symbol, Val>;

/// Only two fields of an account matter here, so it is read by name: the
/// marketplace may add others.
#[contractclient(name = "MarketClient")]
#[allow(dead_code)]
trait Market {
    fn account(e: Env, member: Address) -> Fields;
}

/// The member's money in the marketplace that nobody has asked to be paid out.
pub fn idle(e: &Env, member: &Address) -> i128 {
    let account = MarketClient::new(e, &storage::market(e)).account(member);
    let withdrawal: Fields = field(e, &account, "withdrawal");
    field::<i128>(e, &account, "quote") - field::<i128>(e, &withdrawal, "amount")
}

fn field<T: TryFromVal<Env, Val>>(e: &Env, fields: &Fields, name: &str) -> T {
    fields
        .get(Symbol::new(e, name))
        .and_then(|value| value.try_into_val(e).ok())
        .unwrap_or_else(|| panic_with_error!(e, YieldError::UnknownAccount))
}
