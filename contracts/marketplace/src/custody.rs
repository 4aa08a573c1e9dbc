//! Members' money and energy going in and out. None of it asks the operator.
use soroban_sdk::{panic_with_error, token::TokenClient, Address, Env};

use crate::{
    errors::MarketError,
    events::{Deposited, EnergyDeposited, Exited, Joined, WithdrawalRequested, Withdrawn},
    storage,
    types::Withdrawal,
};

/// Seconds from when a request is ready until it is over: a week.
const GOOD_FOR: u64 = 7 * 86_400;

/// The member's slot, taken at the first deposit or mandate. Does not authorise.
pub fn join(e: &Env, member: &Address) -> u16 {
    if let Some(index) = storage::find_index(e, member) {
        storage::extend_index(e, member);
        return index;
    }
    let index = storage::add_member(e, member);
    Joined {
        member: member.clone(),
        index: u32::from(index),
    }
    .publish(e);
    index
}

pub fn deposit(e: &Env, member: Address, amount: i128) {
    let stroops = positive(e, amount);
    let index = join(e, &member);
    storage::change_balance(e, index, stroops, 0);
    TokenClient::new(e, &storage::config(e).quote).transfer(
        &member,
        e.current_contract_address(),
        &amount,
    );
    Deposited { member, amount }.publish(e);
}

pub fn deposit_energy(e: &Env, member: Address, wh: i128) {
    let energy = positive(e, wh);
    let index = join(e, &member);
    storage::change_balance(e, index, 0, energy);
    TokenClient::new(e, &storage::config(e).energy).transfer(
        &member,
        e.current_contract_address(),
        &wh,
    );
    EnergyDeposited { member, wh }.publish(e);
}

/// Asks for money, energy or both, and starts the delay, again if a request
/// was pending. The balance goes on settling until it is paid out.
pub fn request_withdrawal(e: &Env, member: Address, amount: i128, wh: i128) {
    let sound = [amount, wh]
        .iter()
        .all(|asked| i64::try_from(*asked).is_ok());
    if !sound || amount < 0 || wh < 0 || amount + wh == 0 {
        panic_with_error!(e, MarketError::InvalidAmount);
    }
    storage::index_of(e, &member);
    let delay = storage::config(e).withdraw_delay;
    let Some(ready_at) = e.ledger().timestamp().checked_add(delay) else {
        panic_with_error!(e, MarketError::Overflow);
    };
    let request = Withdrawal {
        amount,
        wh,
        ready_at,
    };
    storage::set_withdrawal(e, &member, &request);
    WithdrawalRequested {
        member,
        amount,
        wh,
        ready_at,
    }
    .publish(e);
}

/// Pays what was asked for, or what is left of the balances. A request that
/// nobody used for a week is over: its amounts trade again.
pub fn withdraw(e: &Env, member: Address) -> (i128, i128) {
    let index = storage::index_of(e, &member);
    let Some(pending) = storage::withdrawal(e, &member) else {
        panic_with_error!(e, MarketError::NothingToWithdraw);
    };
    let now = e.ledger().timestamp();
    if now < pending.ready_at {
        panic_with_error!(e, MarketError::TooEarly);
    }
    if now - pending.ready_at >= GOOD_FOR {
        panic_with_error!(e, MarketError::RequestExpired);
    }
    let balance = storage::balance(e, index);
    let amount = pending.amount.min(balance.quote.into()) as i64;
    let wh = pending.wh.min(balance.energy.into()) as i64;
    pay_out(e, &member, index, amount, wh);
    let (amount, wh) = (i128::from(amount), i128::from(wh));
    Withdrawn { member, amount, wh }.publish(e);
    (amount, wh)
}

/// Pays everything out at once, without the delay and even while the contract
/// is paused, once the operator has settled nothing for the time of silence.
pub fn force_exit(e: &Env, member: Address) {
    let config = storage::config(e);
    let silent_since = storage::chain(e).head.settled_at;
    if e.ledger().timestamp() < silent_since.saturating_add(config.silence) {
        panic_with_error!(e, MarketError::OperatorActive);
    }
    let index = storage::index_of(e, &member);
    let balance = storage::balance(e, index);
    pay_out(e, &member, index, balance.quote, balance.energy);
    let (amount, wh) = (i128::from(balance.quote), i128::from(balance.energy));
    Exited { member, amount, wh }.publish(e);
}

/// Money and energy to the member's own account; whatever they asked for is done.
fn pay_out(e: &Env, member: &Address, index: u16, stroops: i64, wh: i64) {
    if stroops == 0 && wh == 0 {
        panic_with_error!(e, MarketError::NothingToWithdraw);
    }
    storage::remove_withdrawal(e, member);
    storage::change_balance(e, index, -stroops, -wh);
    let config = storage::config(e);
    for (token, value) in [(&config.quote, stroops), (&config.energy, wh)] {
        if value > 0 {
            TokenClient::new(e, token).transfer(
                &e.current_contract_address(),
                member,
                &i128::from(value),
            );
        }
    }
}

fn positive(e: &Env, amount: i128) -> i64 {
    match i64::try_from(amount) {
        Ok(amount) if amount > 0 => amount,
        _ => panic_with_error!(e, MarketError::InvalidAmount),
    }
}
