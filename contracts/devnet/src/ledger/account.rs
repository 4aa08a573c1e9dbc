//! Accounts: their keys, reserves, and the record of when their sequence number last moved.

use soroban_env_host::xdr::*;

use super::header::BASE_RESERVE;

/// What an account holds besides itself: signers and data entries.
pub const MAX_SUB_ENTRIES: u32 = 1_000;

pub fn account_id(key: [u8; 32]) -> AccountId {
    AccountId(PublicKey::PublicKeyTypeEd25519(Uint256(key)))
}

pub fn public_key(id: &AccountId) -> &Uint256 {
    let PublicKey::PublicKeyTypeEd25519(key) = &id.0;
    key
}

pub fn account_key(id: &AccountId) -> LedgerKey {
    LedgerKey::Account(LedgerKeyAccount {
        account_id: id.clone(),
    })
}

pub fn new_account(id: AccountId, balance: i64, seq_num: i64) -> AccountEntry {
    AccountEntry {
        account_id: id,
        balance,
        seq_num: SequenceNumber(seq_num),
        num_sub_entries: 0,
        inflation_dest: None,
        flags: 0,
        home_domain: Default::default(),
        thresholds: Thresholds([1, 0, 0, 0]),
        signers: Default::default(),
        ext: AccountEntryExt::V0,
    }
}

pub fn reserve(sub_entries: u32) -> i64 {
    (2 + i64::from(sub_entries)) * BASE_RESERVE
}

/// What an account may spend: its balance above the reserve it has to keep.
pub fn spendable(account: &AccountEntry) -> i64 {
    account.balance - reserve(account.num_sub_entries)
}

/// The ledger and the time at which the sequence number last moved; zero before the first move.
pub fn last_sequence_move(account: &AccountEntry) -> (u32, u64) {
    match extension(account) {
        Some(AccountEntryExtensionV2Ext::V3(v3)) => (v3.seq_ledger, v3.seq_time.0),
        _ => (0, 0),
    }
}

fn extension(account: &AccountEntry) -> Option<&AccountEntryExtensionV2Ext> {
    let AccountEntryExt::V1(v1) = &account.ext else {
        return None;
    };
    match &v1.ext {
        AccountEntryExtensionV1Ext::V2(v2) => Some(&v2.ext),
        AccountEntryExtensionV1Ext::V0 => None,
    }
}

pub fn move_sequence(account: &mut AccountEntry, to: i64, ledger: u32, time: u64) {
    account.seq_num = SequenceNumber(to);
    let v2 = AccountEntryExtensionV2 {
        num_sponsored: 0,
        num_sponsoring: 0,
        signer_sponsoring_i_ds: no_sponsors(account.signers.len()),
        ext: AccountEntryExtensionV2Ext::V3(AccountEntryExtensionV3 {
            ext: ExtensionPoint::V0,
            seq_ledger: ledger,
            seq_time: TimePoint(time),
        }),
    };
    account.ext = AccountEntryExt::V1(AccountEntryExtensionV1 {
        liabilities: Liabilities {
            buying: 0,
            selling: 0,
        },
        ext: AccountEntryExtensionV1Ext::V2(v2),
    });
}

/// The extension names a sponsor, here never one, for each signer.
pub fn set_signers(account: &mut AccountEntry, signers: VecM<Signer, 20>) {
    let count = signers.len();
    account.signers = signers;
    if let AccountEntryExt::V1(AccountEntryExtensionV1 {
        ext: AccountEntryExtensionV1Ext::V2(v2),
        ..
    }) = &mut account.ext
    {
        v2.signer_sponsoring_i_ds = no_sponsors(count);
    }
}

fn no_sponsors(signers: usize) -> VecM<SponsorshipDescriptor, 20> {
    vec![SponsorshipDescriptor(None); signers]
        .try_into()
        .expect("as many as there are signers")
}
