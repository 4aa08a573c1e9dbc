//! The classic operations this network knows: accounts, payments, signers, data, trustlines.

mod data;
mod options;
mod payments;
mod trust;

use soroban_env_host::xdr::*;
use OperationResultTr as Tr;

use super::is_soroban;
use super::signatures::Level;
use crate::ledger::{reserve, Ledger, MAX_SUB_ENTRIES};

pub fn level(operation: &OperationBody) -> Level {
    match operation {
        OperationBody::BumpSequence(_)
        | OperationBody::SetTrustLineFlags(_)
        | OperationBody::ExtendFootprintTtl(_)
        | OperationBody::RestoreFootprint(_) => Level::Low,
        OperationBody::SetOptions(op) if options::changes_power(op) => Level::High,
        _ => Level::Medium,
    }
}

/// What can be said against an operation without looking at the ledger.
pub fn malformed(source: &AccountId, operation: &OperationBody) -> Option<OperationResult> {
    let result = match operation {
        OperationBody::CreateAccount(op) if op.starting_balance < 0 => {
            Tr::CreateAccount(CreateAccountResult::Malformed)
        }
        OperationBody::Payment(op) if payments::is_malformed(op) => {
            Tr::Payment(PaymentResult::Malformed)
        }
        OperationBody::ChangeTrust(op) => return trust::malformed_line(source, op),
        OperationBody::SetTrustLineFlags(op) => {
            Tr::SetTrustLineFlags(trust::malformed_flags(source, op)?)
        }
        OperationBody::SetOptions(op) => Tr::SetOptions(options::malformed(source, op)?),
        OperationBody::BumpSequence(op) if op.bump_to.0 < 0 => {
            Tr::BumpSequence(BumpSequenceResult::BadSeq)
        }
        OperationBody::ManageData(op) => Tr::ManageData(data::malformed(op)?),
        OperationBody::CreateAccount(_)
        | OperationBody::Payment(_)
        | OperationBody::BumpSequence(_) => return None,
        other if is_soroban(other) => return None,
        _ => return Some(OperationResult::OpNotSupported),
    };
    Some(OperationResult::OpInner(result))
}

pub fn apply(
    ledger: &mut Ledger,
    source: &AccountId,
    operation: &OperationBody,
) -> (OperationResult, bool) {
    let (result, worked) = match operation {
        OperationBody::CreateAccount(op) => {
            let result = payments::create_account(ledger, source, op);
            let worked = result == CreateAccountResult::Success;
            (Tr::CreateAccount(result), worked)
        }
        OperationBody::Payment(op) => {
            let result = payments::pay(ledger, source, op);
            let worked = result == PaymentResult::Success;
            (Tr::Payment(result), worked)
        }
        OperationBody::BumpSequence(op) => {
            data::bump_sequence(ledger, source, op.bump_to.0);
            (Tr::BumpSequence(BumpSequenceResult::Success), true)
        }
        other => {
            return apply_with_entries(ledger, source, other)
                .unwrap_or_else(|reason| (reason.into(), false))
        }
    };
    (OperationResult::OpInner(result), worked)
}

/// Operations that add to what an account holds, and so may not even run.
fn apply_with_entries(
    ledger: &mut Ledger,
    source: &AccountId,
    operation: &OperationBody,
) -> Result<(OperationResult, bool), NotRun> {
    let (result, worked) = match operation {
        OperationBody::SetOptions(op) => {
            let result = options::set(ledger, source, op)?;
            let worked = result == SetOptionsResult::Success;
            (Tr::SetOptions(result), worked)
        }
        OperationBody::ManageData(op) => {
            let result = data::manage(ledger, source, op)?;
            let worked = result == ManageDataResult::Success;
            (Tr::ManageData(result), worked)
        }
        OperationBody::ChangeTrust(op) => {
            let result = trust::change(ledger, source, op)?;
            let worked = result == ChangeTrustResult::Success;
            (Tr::ChangeTrust(result), worked)
        }
        OperationBody::SetTrustLineFlags(op) => {
            let result = trust::set_flags(ledger, source, op)?;
            let worked = result == SetTrustLineFlagsResult::Success;
            (Tr::SetTrustLineFlags(result), worked)
        }
        _ => return Ok((OperationResult::OpNotSupported, false)),
    };
    Ok((OperationResult::OpInner(result), worked))
}

/// Why an operation does not even come to a result of its own.
pub enum NotRun {
    NoAccount,
    TooManySubEntries,
}

impl From<NotRun> for OperationResult {
    fn from(reason: NotRun) -> Self {
        match reason {
            NotRun::NoAccount => Self::OpNoAccount,
            NotRun::TooManySubEntries => Self::OpTooManySubentries,
        }
    }
}

/// Makes room for one more thing an account holds, unless its balance does not cover the reserve.
fn add_sub_entry(account: &mut AccountEntry) -> Result<bool, NotRun> {
    let count = account.num_sub_entries + 1;
    if count > MAX_SUB_ENTRIES {
        return Err(NotRun::TooManySubEntries);
    }
    let covered = account.balance >= reserve(count);
    if covered {
        account.num_sub_entries = count;
    }
    Ok(covered)
}

/// Printable ASCII, as names and domains have to be.
fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|byte| (0x20..0x7f).contains(byte))
}
