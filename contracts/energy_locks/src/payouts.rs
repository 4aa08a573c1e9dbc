//! Money and KWH on their way out. One side that cannot receive, such as who
//! was taken off an allowlist, must not hold the other side's part up: theirs
//! waits here until they can.
use soroban_sdk::{panic_with_error, token::TokenClient, Address, Env};

use crate::{errors::LockError, events::Collected, storage, types::Owed};

pub fn pay_money(e: &Env, to: &Address, amount: i128) {
    if amount > 0 && !sent(e, &storage::money(e), to, amount) {
        let mut owed = storage::owed(e, to);
        owed.money += amount;
        storage::set_owed(e, to, &owed);
    }
}

pub fn return_energy(e: &Env, to: &Address, wh: i128) {
    if wh > 0 && !sent(e, &storage::energy(e), to, wh) {
        let mut owed = storage::owed(e, to);
        owed.wh += wh;
        storage::set_owed(e, to, &owed);
    }
}

/// Sends what waits, all of it or nothing.
pub fn collect(e: &Env, owner: &Address) -> Owed {
    let owed = storage::owed(e, owner);
    if owed == Owed::default() {
        panic_with_error!(e, LockError::NothingOwed);
    }
    storage::set_owed(e, owner, &Owed::default());
    for (token, amount) in [
        (storage::money(e), owed.money),
        (storage::energy(e), owed.wh),
    ] {
        if amount > 0 {
            TokenClient::new(e, &token).transfer(&e.current_contract_address(), owner, &amount);
        }
    }
    Collected {
        owner: owner.clone(),
        money: owed.money,
        wh: owed.wh,
    }
    .publish(e);
    owed
}

fn sent(e: &Env, token: &Address, to: &Address, amount: i128) -> bool {
    let here = e.current_contract_address();
    let sent = TokenClient::new(e, token).try_transfer(&here, to, &amount);
    matches!(sent, Ok(Ok(())))
}
