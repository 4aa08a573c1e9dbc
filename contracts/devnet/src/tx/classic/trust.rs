//! Issued assets: trustlines, and what their issuer allows on them.

use soroban_env_host::xdr::*;

use super::{add_sub_entry, NotRun};
use crate::ledger::Ledger;

const AUTHORIZED: u32 = TrustLineFlags::AuthorizedFlag as u32;
const MAINTAIN: u32 = TrustLineFlags::AuthorizedToMaintainLiabilitiesFlag as u32;
const CLAWBACK: u32 = TrustLineFlags::TrustlineClawbackEnabledFlag as u32;

/// An issued asset with its issuer; lumens and pool shares are none.
pub struct Issued {
    pub asset: TrustLineAsset,
    pub issuer: AccountId,
    code: [u8; 12],
    /// A code this short belongs into the shorter form.
    least: usize,
}

impl Issued {
    pub fn new(asset: &Asset) -> Option<Self> {
        match asset {
            Asset::Native => None,
            Asset::CreditAlphanum4(four) => Some(Self::four(four)),
            Asset::CreditAlphanum12(twelve) => Some(Self::twelve(twelve)),
        }
    }

    pub fn of_line(line: &ChangeTrustAsset) -> Option<Self> {
        match line {
            ChangeTrustAsset::Native | ChangeTrustAsset::PoolShare(_) => None,
            ChangeTrustAsset::CreditAlphanum4(four) => Some(Self::four(four)),
            ChangeTrustAsset::CreditAlphanum12(twelve) => Some(Self::twelve(twelve)),
        }
    }

    fn four(asset: &AlphaNum4) -> Self {
        let mut code = [0; 12];
        code[..4].copy_from_slice(&asset.asset_code.0);
        Self {
            asset: TrustLineAsset::CreditAlphanum4(asset.clone()),
            issuer: asset.issuer.clone(),
            code,
            least: 1,
        }
    }

    fn twelve(asset: &AlphaNum12) -> Self {
        Self {
            asset: TrustLineAsset::CreditAlphanum12(asset.clone()),
            issuer: asset.issuer.clone(),
            code: asset.asset_code.0,
            least: 5,
        }
    }

    /// Letters and digits, and then zeros to the end.
    pub fn is_valid(&self) -> bool {
        let length = self.code.iter().take_while(|byte| **byte != 0).count();
        let (code, rest) = self.code.split_at(length);
        length >= self.least
            && code.iter().all(u8::is_ascii_alphanumeric)
            && rest.iter().all(|byte| *byte == 0)
    }

    fn key(&self, holder: &AccountId) -> LedgerKey {
        LedgerKey::Trustline(LedgerKeyTrustLine {
            account_id: holder.clone(),
            asset: self.asset.clone(),
        })
    }

    fn line(&self, ledger: &Ledger, holder: &AccountId) -> Option<TrustLineEntry> {
        match &ledger.entry(&self.key(holder))?.entry.data {
            LedgerEntryData::Trustline(line) => Some(line.clone()),
            _ => None,
        }
    }

    fn put(&self, ledger: &mut Ledger, line: TrustLineEntry) {
        let key = self.key(&line.account_id);
        let data = LedgerEntryData::Trustline(line);
        ledger.put(key, data, LedgerEntryExt::V0, None);
    }

    /// The issuer has no trustline to its own asset: there, units begin and end.
    pub fn credit(
        &self,
        ledger: &mut Ledger,
        holder: &AccountId,
        amount: i64,
    ) -> Result<(), PaymentResult> {
        if *holder == self.issuer {
            return Ok(());
        }
        let mut line = self.line(ledger, holder).ok_or(PaymentResult::NoTrust)?;
        if line.flags & AUTHORIZED == 0 {
            return Err(PaymentResult::NotAuthorized);
        }
        if line.limit - line.balance < amount {
            return Err(PaymentResult::LineFull);
        }
        line.balance += amount;
        self.put(ledger, line);
        Ok(())
    }

    pub fn debit(
        &self,
        ledger: &mut Ledger,
        holder: &AccountId,
        amount: i64,
    ) -> Result<(), PaymentResult> {
        if *holder == self.issuer {
            return Ok(());
        }
        let mut line = self.line(ledger, holder).ok_or(PaymentResult::SrcNoTrust)?;
        if line.flags & AUTHORIZED == 0 {
            return Err(PaymentResult::SrcNotAuthorized);
        }
        if line.balance < amount {
            return Err(PaymentResult::Underfunded);
        }
        line.balance -= amount;
        self.put(ledger, line);
        Ok(())
    }
}

pub fn malformed_line(source: &AccountId, op: &ChangeTrustOp) -> Option<OperationResult> {
    if matches!(op.line, ChangeTrustAsset::PoolShare(_)) {
        return Some(OperationResult::OpNotSupported);
    }
    let good = Issued::of_line(&op.line)
        .is_some_and(|asset| asset.is_valid() && asset.issuer != *source && op.limit >= 0);
    let result = OperationResultTr::ChangeTrust(ChangeTrustResult::Malformed);
    (!good).then_some(OperationResult::OpInner(result))
}

/// Opens a trustline, changes its limit, or with a limit of zero closes it.
pub fn change(
    ledger: &mut Ledger,
    source: &AccountId,
    op: &ChangeTrustOp,
) -> Result<ChangeTrustResult, NotRun> {
    let Some(asset) = Issued::of_line(&op.line) else {
        return Ok(ChangeTrustResult::Malformed);
    };
    let mut account = ledger.account(source).ok_or(NotRun::NoAccount)?;
    let before = asset.line(ledger, source);
    let held = before.as_ref().map_or(0, |line| line.balance);
    if op.limit < held || (op.limit == 0 && before.is_none()) {
        return Ok(ChangeTrustResult::InvalidLimit);
    }
    if op.limit == 0 {
        account.num_sub_entries -= 1;
        ledger.remove(&asset.key(source));
        ledger.put_account(account);
        return Ok(ChangeTrustResult::Success);
    }
    let Some(issuer) = ledger.account(&asset.issuer) else {
        return Ok(ChangeTrustResult::NoIssuer);
    };
    let line = match before {
        Some(line) => TrustLineEntry {
            limit: op.limit,
            ..line
        },
        None => {
            if !add_sub_entry(&mut account)? {
                return Ok(ChangeTrustResult::LowReserve);
            }
            ledger.put_account(account);
            new_line(&asset, source, &issuer, op.limit)
        }
    };
    asset.put(ledger, line);
    Ok(ChangeTrustResult::Success)
}

fn new_line(
    asset: &Issued,
    holder: &AccountId,
    issuer: &AccountEntry,
    limit: i64,
) -> TrustLineEntry {
    let has = |flag: AccountFlags| issuer.flags & flag as u32 != 0;
    let mut flags = 0;
    if !has(AccountFlags::RequiredFlag) {
        flags |= AUTHORIZED;
    }
    if has(AccountFlags::ClawbackEnabledFlag) {
        flags |= CLAWBACK;
    }
    TrustLineEntry {
        account_id: holder.clone(),
        asset: asset.asset.clone(),
        balance: 0,
        limit,
        flags,
        ext: TrustLineEntryExt::V0,
    }
}

pub fn malformed_flags(
    source: &AccountId,
    op: &SetTrustLineFlagsOp,
) -> Option<SetTrustLineFlagsResult> {
    let (set, clear) = (op.set_flags, op.clear_flags);
    let asset = Issued::new(&op.asset)
        .is_some_and(|asset| asset.is_valid() && asset.issuer == *source && op.trustor != *source);
    let flags = set & !(AUTHORIZED | MAINTAIN) == 0
        && clear & !(AUTHORIZED | MAINTAIN | CLAWBACK) == 0
        && set & clear == 0
        && set != AUTHORIZED | MAINTAIN;
    (!asset || !flags).then_some(SetTrustLineFlagsResult::Malformed)
}

/// The issuer allows a holder to hold, or no longer does.
pub fn set_flags(
    ledger: &mut Ledger,
    source: &AccountId,
    op: &SetTrustLineFlagsOp,
) -> Result<SetTrustLineFlagsResult, NotRun> {
    let Some(asset) = Issued::new(&op.asset) else {
        return Ok(SetTrustLineFlagsResult::Malformed);
    };
    let issuer = ledger.account(source).ok_or(NotRun::NoAccount)?;
    let Some(mut line) = asset.line(ledger, &op.trustor) else {
        return Ok(SetTrustLineFlagsResult::NoTrustLine);
    };
    let flags = (line.flags & !op.clear_flags) | op.set_flags;
    if flags & AUTHORIZED != 0 && flags & MAINTAIN != 0 {
        return Ok(SetTrustLineFlagsResult::InvalidState);
    }
    let power = |flags: u32| match (flags & AUTHORIZED, flags & MAINTAIN) {
        (0, 0) => 0,
        (0, _) => 1,
        _ => 2,
    };
    let revocable = issuer.flags & AccountFlags::RevocableFlag as u32 != 0;
    if power(flags) < power(line.flags) && !revocable {
        return Ok(SetTrustLineFlagsResult::CantRevoke);
    }
    line.flags = flags;
    asset.put(ledger, line);
    Ok(SetTrustLineFlagsResult::Success)
}
