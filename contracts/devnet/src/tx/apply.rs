//! Applying a transaction: the fee first, then its operations all or none, then the refund.

use soroban_env_host::xdr::*;
use TransactionResultResult as Code;

use super::{classic, host, SignedTx};
use crate::history::TxRecord;
use crate::ledger::{sha256, xdr, Ledger, Stored};

/// What an operation leaves behind besides ledger entries.
#[derive(Default)]
pub struct Effects {
    pub events: Vec<ContractEvent>,
    pub diagnostics: Vec<DiagnosticEvent>,
    pub return_value: Option<ScVal>,
    pub rent_fee: i64,
    /// Rent and events together.
    pub refundable_fee: i64,
    /// Entries that came back from the archive.
    pub restored: Vec<LedgerKey>,
}

/// A transaction whose fee is paid and whose sequence number is spent.
pub struct Charged {
    pub tx: SignedTx,
    non_refundable: i64,
    refundable: i64,
    changes: LedgerEntryChanges,
}

/// Fees of a whole ledger are charged before its first transaction applies, as core does: what one
/// transaction spends cannot take away another's fee.
pub fn charge(ledger: &mut Ledger, tx: SignedTx) -> Charged {
    let mark = ledger.mark();
    let non_refundable = tx.non_refundable_fee(&ledger.config);
    let mut source = ledger.account(&tx.source()).expect("a validated source");
    source.balance -= tx.inclusion_fee() + tx.resource_fee();
    source.seq_num = tx.tx().seq_num.clone();
    ledger.put_account(source);
    Charged {
        non_refundable,
        refundable: tx.resource_fee() - non_refundable,
        changes: changes_since(ledger, mark, &[]),
        tx,
    }
}

pub fn apply(ledger: &mut Ledger, charged: Charged, order: u32) -> TxRecord {
    let tx = &charged.tx;
    let start = ledger.mark();
    let mut outcome = run_operations(ledger, &charged);
    if !outcome.successful {
        ledger.roll_back(start);
        outcome.forget_effects();
    }
    let refund = charged.refundable - outcome.effects.refundable_fee;
    let changes_after = pay_back(ledger, tx, refund);
    let fee_charged = tx.inclusion_fee() + tx.resource_fee() - refund;
    ledger.fee_pool += fee_charged;

    let result = TransactionResult {
        fee_charged,
        result: outcome.code(),
        ext: TransactionResultExt::V0,
    };
    TxRecord {
        hash: tx.hash,
        ledger: ledger.seq,
        order,
        time: ledger.time,
        successful: outcome.successful,
        envelope: xdr(&tx.envelope),
        result: xdr(&result),
        meta: xdr(&outcome.meta(&charged, changes_after)),
    }
}

struct Outcome {
    successful: bool,
    results: Vec<OperationResult>,
    operations: Vec<OperationMetaV2>,
    effects: Effects,
}

fn run_operations(ledger: &mut Ledger, charged: &Charged) -> Outcome {
    let mut outcome = Outcome {
        successful: true,
        results: Vec::new(),
        operations: Vec::new(),
        effects: Effects::default(),
    };
    for (index, operation) in charged.tx.tx().operations.iter().enumerate() {
        let mark = ledger.mark();
        let mut effects = Effects::default();
        let (result, successful) = run(ledger, charged, operation, index as u32, &mut effects);
        outcome.results.push(result);
        outcome.successful = successful;
        outcome.operations.push(OperationMetaV2 {
            ext: ExtensionPoint::V0,
            changes: changes_since(ledger, mark, &effects.restored),
            events: list(effects.events.clone()),
        });
        // A Soroban transaction has one operation, and a classic one has no effects to add up.
        outcome.effects = effects;
        if !successful {
            break;
        }
    }
    outcome
}

fn run(
    ledger: &mut Ledger,
    charged: &Charged,
    operation: &Operation,
    index: u32,
    effects: &mut Effects,
) -> (OperationResult, bool) {
    let source = charged.tx.operation_source(operation);
    let call = host::Call {
        tx: &charged.tx,
        max_refundable: charged.refundable,
        source: &source,
        seed: sha256(&[&charged.tx.hash[..], &index.to_be_bytes()].concat()),
    };
    use OperationResultTr as Tr;
    let (result, successful) = match &operation.body {
        OperationBody::InvokeHostFunction(op) => {
            let result = host::invoke(ledger, &call, op, effects);
            let successful = matches!(result, InvokeHostFunctionResult::Success(_));
            (Tr::InvokeHostFunction(result), successful)
        }
        OperationBody::ExtendFootprintTtl(op) => {
            let result = host::extend(ledger, &call, op.extend_to, effects);
            let successful = result == ExtendFootprintTtlResult::Success;
            (Tr::ExtendFootprintTtl(result), successful)
        }
        OperationBody::RestoreFootprint(_) => {
            let result = host::restore(ledger, &call, effects);
            let successful = result == RestoreFootprintResult::Success;
            (Tr::RestoreFootprint(result), successful)
        }
        OperationBody::CreateAccount(op) => {
            let result = classic::create_account(ledger, &source, op);
            let successful = result == CreateAccountResult::Success;
            (Tr::CreateAccount(result), successful)
        }
        OperationBody::Payment(op) => {
            let result = classic::pay(ledger, &source, op);
            let successful = result == PaymentResult::Success;
            (Tr::Payment(result), successful)
        }
        _ => return (OperationResult::OpNotSupported, false),
    };
    (OperationResult::OpInner(result), successful)
}

impl Outcome {
    /// A failed transaction keeps its diagnostics and nothing else, and pays no refundable fee.
    fn forget_effects(&mut self) {
        self.operations.clear();
        self.effects = Effects {
            diagnostics: std::mem::take(&mut self.effects.diagnostics),
            ..Default::default()
        };
    }

    fn code(&self) -> Code {
        let results = list(self.results.clone());
        match self.successful {
            true => Code::TxSuccess(results),
            false => Code::TxFailed(results),
        }
    }

    fn meta(self, charged: &Charged, changes_after: LedgerEntryChanges) -> TransactionMeta {
        let effects = self.effects;
        let fees = SorobanTransactionMetaExtV1 {
            ext: ExtensionPoint::V0,
            total_non_refundable_resource_fee_charged: charged.non_refundable,
            total_refundable_resource_fee_charged: effects.refundable_fee,
            rent_fee_charged: effects.rent_fee,
        };
        let soroban_meta = charged.tx.soroban().map(|_| SorobanTransactionMetaV2 {
            ext: SorobanTransactionMetaExt::V1(fees),
            return_value: effects.return_value,
        });
        TransactionMeta::V4(TransactionMetaV4 {
            ext: ExtensionPoint::V0,
            tx_changes_before: charged.changes.clone(),
            operations: list(self.operations),
            tx_changes_after: changes_after,
            soroban_meta,
            events: Default::default(),
            diagnostic_events: list(effects.diagnostics),
        })
    }
}

fn pay_back(ledger: &mut Ledger, tx: &SignedTx, refund: i64) -> LedgerEntryChanges {
    let mark = ledger.mark();
    if refund > 0 {
        let mut source = ledger.account(&tx.source()).expect("the source just paid");
        source.balance += refund;
        ledger.put_account(source);
    }
    changes_since(ledger, mark, &[])
}

/// The ledger entry changes of the meta, with a TTL entry beside each Soroban entry.
fn changes_since(ledger: &Ledger, mark: usize, restored: &[LedgerKey]) -> LedgerEntryChanges {
    let mut changes = Vec::new();
    for (key, before) in ledger.written_since(mark) {
        let after = ledger.entry(&key);
        let restored = restored.contains(&key);
        let entry = |stored: &Stored| (*stored.entry).clone();
        let entries = (before.as_ref().map(entry), after.map(entry));
        let ttls = (
            before.as_ref().and_then(|stored| ttl_entry(&key, stored)),
            after.and_then(|stored| ttl_entry(&key, stored)),
        );
        push_change(&mut changes, entries, restored);
        push_change(&mut changes, ttls, restored);
    }
    LedgerEntryChanges(list(changes))
}

fn push_change(
    changes: &mut Vec<LedgerEntryChange>,
    (before, after): (Option<LedgerEntry>, Option<LedgerEntry>),
    restored: bool,
) {
    if before == after {
        return;
    }
    let after = match (&before, after) {
        (Some(before), None) => LedgerEntryChange::Removed(before.to_key()),
        (Some(_), Some(after)) if restored => LedgerEntryChange::Restored(after),
        (Some(_), Some(after)) => LedgerEntryChange::Updated(after),
        (None, Some(after)) => LedgerEntryChange::Created(after),
        (None, None) => return,
    };
    changes.extend(before.map(LedgerEntryChange::State));
    changes.push(after);
}

fn ttl_entry(key: &LedgerKey, stored: &Stored) -> Option<LedgerEntry> {
    Some(LedgerEntry {
        last_modified_ledger_seq: stored.entry.last_modified_ledger_seq,
        data: LedgerEntryData::Ttl(TtlEntry {
            key_hash: Hash(sha256(&xdr(key))),
            live_until_ledger_seq: stored.live_until?,
        }),
        ext: LedgerEntryExt::V0,
    })
}

/// Unbounded XDR arrays: what fits in memory here is far below their 2^32 elements.
fn list<T, const MAX: u32>(items: Vec<T>) -> VecM<T, MAX> {
    items.try_into().expect("fewer items than XDR allows")
}
