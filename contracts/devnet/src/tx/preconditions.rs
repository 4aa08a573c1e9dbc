//! When a transaction may apply: bounds of time and ledger, and the state of its sequence number.

use soroban_env_host::xdr::*;
use TransactionResultResult as Code;

use super::validate::{refuse, Check};
use crate::ledger::last_sequence_move;

pub fn extra_signers(conditions: &Preconditions) -> &[SignerKey] {
    match conditions {
        Preconditions::V2(v2) => v2.extra_signers.as_slice(),
        _ => &[],
    }
}

pub fn check_bounds(conditions: &Preconditions, next: u32, time: u64) -> Check {
    let (time_bounds, ledger_bounds) = match conditions {
        Preconditions::None => (None, None),
        Preconditions::Time(bounds) => (Some(bounds), None),
        Preconditions::V2(v2) => (v2.time_bounds.as_ref(), v2.ledger_bounds.as_ref()),
    };
    if let Some(bounds) = time_bounds {
        check_range(bounds.min_time.0, bounds.max_time.0, time)?;
    }
    if let Some(bounds) = ledger_bounds {
        // Unlike max_time, max_ledger is exclusive.
        let last = u64::from(bounds.max_ledger).saturating_sub(1);
        if bounds.max_ledger == 1 {
            return refuse(Code::TxTooLate, "max ledger passed");
        }
        check_range(bounds.min_ledger.into(), last, next.into())?;
    }
    Ok(())
}

/// Zero as the upper bound means that there is none.
fn check_range(min: u64, max: u64, value: u64) -> Check {
    if value < min {
        return refuse(Code::TxTooEarly, "before the lower bound");
    }
    if max != 0 && value > max {
        return refuse(Code::TxTooLate, "past the upper bound");
    }
    Ok(())
}

pub fn check_sequence(source: &AccountEntry, tx: &Transaction, next: u32, time: u64) -> Check {
    let v2 = match &tx.cond {
        Preconditions::V2(v2) => Some(v2),
        _ => None,
    };
    let (current, wanted) = (source.seq_num.0, tx.seq_num.0);
    let follows = match v2.and_then(|v2| v2.min_seq_num.as_ref()) {
        Some(least) => (least.0..wanted).contains(&current),
        None => current.checked_add(1) == Some(wanted),
    };
    // An account opened in this ledger would start with this very number.
    if !follows || wanted == i64::from(next) << 32 {
        return refuse(Code::TxBadSeq, "sequence number");
    }
    let Some(v2) = v2 else {
        return Ok(());
    };
    let (moved_in, moved_at) = last_sequence_move(source);
    let age = time.saturating_sub(moved_at);
    let gap = next.saturating_sub(moved_in);
    if age < v2.min_seq_age.0 || gap < v2.min_seq_ledger_gap {
        return refuse(Code::TxBadMinSeqAgeOrGap, "sequence number moved lately");
    }
    Ok(())
}
