//! Opening accounts and paying, in lumens and issued assets.

use soroban_env_host::xdr::*;

use super::trust::Issued;
use crate::ledger::{new_account, reserve, spendable, Ledger};

pub fn create_account(
    ledger: &mut Ledger,
    source: &AccountId,
    op: &CreateAccountOp,
) -> CreateAccountResult {
    if ledger.account(&op.destination).is_some() {
        return CreateAccountResult::AlreadyExist;
    }
    if op.starting_balance < reserve(0) {
        return CreateAccountResult::LowReserve;
    }
    if !spend(ledger, source, op.starting_balance) {
        return CreateAccountResult::Underfunded;
    }
    let sequence = i64::from(ledger.seq) << 32;
    let account = new_account(op.destination.clone(), op.starting_balance, sequence);
    ledger.put_account(account);
    CreateAccountResult::Success
}

pub fn is_malformed(op: &PaymentOp) -> bool {
    op.amount <= 0 || Issued::new(&op.asset).is_some_and(|asset| !asset.is_valid())
}

pub fn pay(ledger: &mut Ledger, source: &AccountId, op: &PaymentOp) -> PaymentResult {
    let destination = op.destination.clone().account_id();
    if ledger.account(&destination).is_none() {
        return PaymentResult::NoDestination;
    }
    let Some(asset) = Issued::new(&op.asset) else {
        return pay_lumens(ledger, source, &destination, op.amount);
    };
    let paid = asset
        .credit(ledger, &destination, op.amount)
        .and_then(|()| asset.debit(ledger, source, op.amount));
    match paid {
        Ok(()) => PaymentResult::Success,
        Err(problem) => problem,
    }
}

fn pay_lumens(
    ledger: &mut Ledger,
    source: &AccountId,
    destination: &AccountId,
    amount: i64,
) -> PaymentResult {
    if !spend(ledger, source, amount) {
        return PaymentResult::Underfunded;
    }
    let Some(mut receiver) = ledger.account(destination) else {
        return PaymentResult::NoDestination;
    };
    receiver.balance += amount;
    ledger.put_account(receiver);
    PaymentResult::Success
}

fn spend(ledger: &mut Ledger, source: &AccountId, amount: i64) -> bool {
    match ledger.account(source) {
        Some(mut account) if spendable(&account) >= amount => {
            account.balance -= amount;
            ledger.put_account(account);
            true
        }
        _ => false,
    }
}
