//! SetOptions: signers, thresholds, flags and the like of an account.

use soroban_env_host::xdr::*;
use SetOptionsResult as Outcome;

use super::{add_sub_entry, is_plain, NotRun};
use crate::ledger::{public_key, set_signers, Ledger};

const REVOCABLE: u32 = AccountFlags::RevocableFlag as u32;
const IMMUTABLE: u32 = AccountFlags::ImmutableFlag as u32;
const CLAWBACK: u32 = AccountFlags::ClawbackEnabledFlag as u32;
const ALL_FLAGS: u32 = AccountFlags::RequiredFlag as u32 | REVOCABLE | IMMUTABLE | CLAWBACK;
const MAX_SIGNERS: usize = 20;

/// Who may sign for how much: this needs the high threshold.
pub fn changes_power(op: &SetOptionsOp) -> bool {
    op.master_weight.is_some()
        || op.low_threshold.is_some()
        || op.med_threshold.is_some()
        || op.high_threshold.is_some()
        || op.signer.is_some()
}

pub fn malformed(source: &AccountId, op: &SetOptionsOp) -> Option<Outcome> {
    let (set, clear) = (op.set_flags.unwrap_or(0), op.clear_flags.unwrap_or(0));
    if (set | clear) & !ALL_FLAGS != 0 {
        return Some(Outcome::UnknownFlag);
    }
    if set & clear != 0 {
        return Some(Outcome::BadFlags);
    }
    let weights = [
        op.master_weight,
        op.low_threshold,
        op.med_threshold,
        op.high_threshold,
    ];
    if weights.into_iter().flatten().any(|weight| weight > 255) {
        return Some(Outcome::ThresholdOutOfRange);
    }
    if op
        .signer
        .as_ref()
        .is_some_and(|signer| bad_signer(source, signer))
    {
        return Some(Outcome::BadSigner);
    }
    let domain = op.home_domain.as_ref();
    domain
        .is_some_and(|domain| !is_plain(domain.0.as_slice()))
        .then_some(Outcome::InvalidHomeDomain)
}

fn bad_signer(source: &AccountId, signer: &Signer) -> bool {
    let key = match &signer.key {
        SignerKey::Ed25519(key) => key == public_key(source),
        SignerKey::Ed25519SignedPayload(signed) => signed.payload.is_empty(),
        SignerKey::PreAuthTx(_) | SignerKey::HashX(_) => false,
    };
    key || signer.weight > 255
}

pub fn set(ledger: &mut Ledger, source: &AccountId, op: &SetOptionsOp) -> Result<Outcome, NotRun> {
    let Some(mut account) = ledger.account(source) else {
        return Err(NotRun::NoAccount);
    };
    if let Some(heir) = &op.inflation_dest {
        if ledger.account(heir).is_none() {
            return Ok(Outcome::InvalidInflation);
        }
        account.inflation_dest = Some(heir.clone());
    }
    if let Some(problem) = set_flags(&mut account, op) {
        return Ok(problem);
    }
    let values = [
        op.master_weight,
        op.low_threshold,
        op.med_threshold,
        op.high_threshold,
    ];
    for (threshold, value) in account.thresholds.0.iter_mut().zip(values) {
        if let Some(value) = value {
            *threshold = value as u8;
        }
    }
    if let Some(domain) = &op.home_domain {
        account.home_domain = domain.clone();
    }
    if let Some(signer) = &op.signer {
        if let Some(problem) = set_signer(&mut account, signer)? {
            return Ok(problem);
        }
    }
    ledger.put_account(account);
    Ok(Outcome::Success)
}

fn set_flags(account: &mut AccountEntry, op: &SetOptionsOp) -> Option<Outcome> {
    let (set, clear) = (op.set_flags.unwrap_or(0), op.clear_flags.unwrap_or(0));
    if set | clear != 0 && account.flags & IMMUTABLE != 0 {
        return Some(Outcome::CantChange);
    }
    account.flags = (account.flags & !clear) | set;
    let clawback = account.flags & (CLAWBACK | REVOCABLE) == CLAWBACK;
    clawback.then_some(Outcome::AuthRevocableRequired)
}

/// Adds, changes, or with a weight of zero removes a signer; they stand in the order of their keys.
fn set_signer(account: &mut AccountEntry, signer: &Signer) -> Result<Option<Outcome>, NotRun> {
    let mut signers = account.signers.to_vec();
    match signers.binary_search_by(|other| other.key.cmp(&signer.key)) {
        Ok(at) if signer.weight == 0 => {
            signers.remove(at);
            account.num_sub_entries -= 1;
        }
        Ok(at) => signers[at].weight = signer.weight,
        Err(_) if signer.weight == 0 => {}
        Err(_) if signers.len() == MAX_SIGNERS => return Ok(Some(Outcome::TooManySigners)),
        Err(at) => {
            if !add_sub_entry(account)? {
                return Ok(Some(Outcome::LowReserve));
            }
            signers.insert(at, signer.clone());
        }
    }
    let signers = signers
        .try_into()
        .expect("no more than an account may have");
    set_signers(account, signers);
    Ok(None)
}
