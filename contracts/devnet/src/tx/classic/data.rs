//! ManageData and BumpSequence.

use soroban_env_host::xdr::*;
use ManageDataResult as Outcome;

use super::{add_sub_entry, is_plain, NotRun};
use crate::ledger::{move_sequence, Ledger};

pub fn malformed(op: &ManageDataOp) -> Option<Outcome> {
    let name = op.data_name.0.as_slice();
    (name.is_empty() || !is_plain(name)).then_some(Outcome::InvalidName)
}

pub fn manage(
    ledger: &mut Ledger,
    source: &AccountId,
    op: &ManageDataOp,
) -> Result<Outcome, NotRun> {
    let Some(mut account) = ledger.account(source) else {
        return Err(NotRun::NoAccount);
    };
    let key = LedgerKey::Data(LedgerKeyData {
        account_id: source.clone(),
        data_name: op.data_name.clone(),
    });
    let exists = ledger.entry(&key).is_some();
    let Some(value) = &op.data_value else {
        if !exists {
            return Ok(Outcome::NameNotFound);
        }
        account.num_sub_entries -= 1;
        ledger.remove(&key);
        ledger.put_account(account);
        return Ok(Outcome::Success);
    };
    if !exists {
        if !add_sub_entry(&mut account)? {
            return Ok(Outcome::LowReserve);
        }
        ledger.put_account(account);
    }
    let entry = DataEntry {
        account_id: source.clone(),
        data_name: op.data_name.clone(),
        data_value: value.clone(),
        ext: DataEntryExt::V0,
    };
    let data = LedgerEntryData::Data(entry);
    ledger.put(key, data, LedgerEntryExt::V0, None);
    Ok(Outcome::Success)
}

/// A number that is not ahead of the account's changes nothing, and is no failure.
pub fn bump_sequence(ledger: &mut Ledger, source: &AccountId, to: i64) {
    let (seq, time) = (ledger.seq, ledger.time);
    if let Some(mut account) = ledger.account(source) {
        if to > account.seq_num.0 {
            move_sequence(&mut account, to, seq, time);
            ledger.put_account(account);
        }
    }
}
