//! What a transaction has to satisfy before it may cost anybody anything.

use soroban_env_host::xdr::*;
use TransactionResultResult as Code;

use super::preconditions::{check_bounds, check_sequence, extra_signers};
use super::result::{inside, result};
use super::signatures::{needed, Level, Signatures};
use super::{classic, is_soroban, soroban, SignedTx};
use crate::ledger::{public_key, spendable, Ledger, BASE_FEE};

/// A refusal as the client gets it, with the reason for the log.
#[derive(Debug)]
pub struct Refusal {
    pub result: TransactionResult,
    pub reason: &'static str,
}

pub type Check = Result<(), Refusal>;

pub fn refuse<T>(code: Code, reason: &'static str) -> Result<T, Refusal> {
    refuse_at(code, 0, reason)
}

/// A refusal that names the fee that would do.
pub fn refuse_at<T>(code: Code, fee: i64, reason: &'static str) -> Result<T, Refusal> {
    let result = result(code, fee);
    Err(Refusal { result, reason })
}

/// Checks `tx` for the ledger after the last closed one, closing at `time`.
pub fn validate(ledger: &Ledger, tx: &SignedTx, time: u64) -> Check {
    let Some(bump) = tx.bump() else {
        return validate_inner(ledger, tx, time);
    };
    validate_bump(ledger, tx, bump)?;
    validate_inner(ledger, tx, time).map_err(|refusal| Refusal {
        result: inside(tx, refusal.result, 0, 0),
        reason: refusal.reason,
    })
}

fn validate_bump(ledger: &Ledger, tx: &SignedTx, bump: &FeeBumpTransactionEnvelope) -> Check {
    if bump.tx.fee < 0 {
        return refuse(Code::TxMalformed, "negative fee");
    }
    check_bid(tx)?;
    check_rate(tx)?;
    let Some(payer) = ledger.account(&tx.fee_source()) else {
        return refuse(Code::TxNoAccount, "no fee source account");
    };
    let mut signatures = Signatures::new(tx.hash, &bump.signatures);
    if !signatures.authorize(&payer, needed(&payer, Level::Low)) {
        return refuse(Code::TxBadAuth, "signature of the fee source");
    }
    if spendable(&payer) < tx.full_fee() {
        return refuse(Code::TxInsufficientBalance, "balance below the fee");
    }
    if !signatures.all_used() {
        return refuse(Code::TxBadAuthExtra, "signature nobody needs");
    }
    Ok(())
}

/// A bump has to offer more for each unit than what it bumps, or it bumps nothing.
fn check_rate(tx: &SignedTx) -> Check {
    let (inner_bid, inner_units) = (i128::from(tx.inner_bid()), i128::from(tx.inner_units()));
    let wanted = inner_bid * i128::from(tx.fee_units());
    if i128::from(tx.inclusion_bid()) * inner_units >= wanted {
        return Ok(());
    }
    let needed = (wanted + inner_units - 1) / inner_units + i128::from(tx.resource_fee());
    let needed = needed.try_into().unwrap_or(i64::MAX);
    refuse_at(Code::TxInsufficientFee, needed, "fee rate below the bumped")
}

fn check_bid(tx: &SignedTx) -> Check {
    if tx.inclusion_bid() < BASE_FEE * tx.fee_units() {
        let least = tx.least_fee();
        return refuse_at(Code::TxInsufficientFee, least, "fee below the minimum");
    }
    Ok(())
}

/// The transaction itself; of a fee bump the inner one, which need not pay.
fn validate_inner(ledger: &Ledger, tx: &SignedTx, time: u64) -> Check {
    check_shape(tx.tx())?;
    if let Some(data) = tx.soroban() {
        soroban::check(ledger, tx, data)?;
    }
    check_bounds(&tx.tx().cond, ledger.header.seq + 1, time)?;
    match tx.bump() {
        None => check_bid(tx)?,
        Some(_) if tx.inner_bid() < 0 => {
            return refuse(Code::TxInsufficientFee, "fee below the resource fee")
        }
        Some(_) => {}
    }
    let Some(source) = ledger.account(&tx.source()) else {
        return refuse(Code::TxNoAccount, "no source account");
    };
    check_sequence(&source, tx.tx(), ledger.header.seq + 1, time)?;
    let mut signatures = Signatures::new(tx.inner_hash, &tx.inner.signatures);
    authorize_source(&source, tx, &mut signatures)?;
    if tx.bump().is_none() && spendable(&source) < tx.full_fee() {
        return refuse(Code::TxInsufficientBalance, "balance below the fee");
    }
    for operation in tx.tx().operations.iter() {
        authorize_operation(ledger, tx, operation, &mut signatures)?;
        if let Some(result) = classic::malformed(&tx.operation_source(operation), &operation.body) {
            return refuse(failed(result), "malformed operation");
        }
    }
    all_used(&signatures)
}

/// Signatures once more as the transaction applies: those before it may have changed the signers.
pub fn authorize(ledger: &Ledger, tx: &SignedTx) -> Check {
    let Some(source) = ledger.account(&tx.source()) else {
        return refuse(Code::TxNoAccount, "no source account");
    };
    let mut signatures = Signatures::new(tx.inner_hash, &tx.inner.signatures);
    authorize_source(&source, tx, &mut signatures)?;
    for operation in tx.tx().operations.iter() {
        authorize_operation(ledger, tx, operation, &mut signatures)?;
    }
    all_used(&signatures)
}

fn check_shape(tx: &Transaction) -> Check {
    if tx.operations.is_empty() {
        return refuse(Code::TxMissingOperation, "no operation");
    }
    let soroban = tx.operations.iter().any(|op| is_soroban(&op.body));
    let data = super::soroban_data(tx);
    if soroban != data.is_some() || (soroban && tx.operations.len() != 1) {
        return refuse(
            Code::TxMalformed,
            "Soroban data and operations do not agree",
        );
    }
    let extra = extra_signers(&tx.cond);
    let twice = matches!(extra, [first, second] if first == second);
    if twice || data.is_some_and(|data| data.resource_fee < 0) {
        return refuse(Code::TxMalformed, "extra signers or resource fee");
    }
    Ok(())
}

fn authorize_source(source: &AccountEntry, tx: &SignedTx, signatures: &mut Signatures) -> Check {
    if !signatures.authorize(source, needed(source, Level::Low)) {
        return refuse(Code::TxBadAuth, "signature of the source account");
    }
    if !signatures.all_of(extra_signers(&tx.tx().cond)) {
        return refuse(Code::TxBadAuth, "signature of an extra signer");
    }
    Ok(())
}

/// The source of an operation may be an account that an earlier operation opens: its key signs then.
fn authorize_operation(
    ledger: &Ledger,
    tx: &SignedTx,
    operation: &Operation,
    signatures: &mut Signatures,
) -> Check {
    let source = tx.operation_source(operation);
    let good = match ledger.account(&source) {
        Some(account) => {
            let level = classic::level(&operation.body);
            signatures.authorize(&account, needed(&account, level))
        }
        None if operation.source_account.is_none() => {
            return refuse(failed(OperationResult::OpNoAccount), "operation source")
        }
        None => signatures.all_of(&[SignerKey::Ed25519(public_key(&source).clone())]),
    };
    if !good {
        return refuse(failed(OperationResult::OpBadAuth), "operation signature");
    }
    Ok(())
}

fn all_used(signatures: &Signatures) -> Check {
    if !signatures.all_used() {
        return refuse(Code::TxBadAuthExtra, "signature nobody needs");
    }
    Ok(())
}

fn failed(result: OperationResult) -> Code {
    Code::TxFailed(vec![result].try_into().expect("one result"))
}
