//! Applying a transaction: the fee first, then its operations all or none, then the refund.

use soroban_env_host::xdr::*;
use TransactionResultResult as Code;

use super::meta::{changes_since, list};
use super::preconditions::check_sequence;
use super::result::{inside, result};
use super::validate::{authorize, Check, Refusal};
use super::{classic, host, ttl, SignedTx};
use crate::history::TxRecord;
use crate::ledger::{move_sequence, set_signers, sha256, xdr, Ledger};
use crate::log;

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

/// What an operation needs to know of the transaction it belongs to.
pub struct Call<'a> {
    pub tx: &'a SignedTx,
    pub max_refundable: i64,
    pub source: &'a AccountId,
    pub seed: [u8; 32],
}

impl Call<'_> {
    pub fn data(&self) -> &SorobanTransactionData {
        self.tx.soroban().expect("a validated Soroban transaction")
    }
}

/// A transaction whose fee is paid.
pub struct Charged {
    pub tx: SignedTx,
    base_fee: i64,
    fee: i64,
    non_refundable: i64,
    refundable: i64,
    changes: LedgerEntryChanges,
}

/// A transaction that has run, with what its payer gets back.
pub struct Applied {
    record: TxRecord,
    payer: AccountId,
    refund: i64,
}

/// Fees of a whole ledger are charged before its first transaction applies, as core does: what one
/// transaction spends cannot take away another's fee.
pub fn charge(ledger: &mut Ledger, tx: SignedTx, base_fee: i64) -> Charged {
    let mark = ledger.mark();
    let non_refundable = tx.non_refundable_fee(&ledger.config);
    let mut payer = ledger.account(&tx.fee_source()).expect("a validated payer");
    let fee = tx.fee(base_fee).min(payer.balance);
    payer.balance -= fee;
    ledger.put_account(payer);
    ledger.fee_pool += fee;
    Charged {
        base_fee,
        fee,
        non_refundable,
        refundable: tx.resource_fee() - non_refundable,
        changes: changes_since(ledger, mark, &[]),
        tx,
    }
}

pub fn apply(ledger: &mut Ledger, charged: Charged, order: u32) -> Applied {
    let tx = &charged.tx;
    let start = ledger.mark();
    let begun = begin(ledger, tx);
    let changes_before = changes_since(ledger, start, &[]);
    let outcome = match begun {
        Ok(()) => run_operations(ledger, &charged),
        Err(refusal) => Outcome::refused(tx, refusal),
    };
    let refund = charged.refundable - outcome.effects.refundable_fee;
    let successful = outcome.successful();
    let result = outcome.result(&charged, charged.fee - refund);
    Applied {
        record: TxRecord {
            hash: tx.hash,
            ledger: ledger.seq,
            order,
            time: ledger.time,
            successful,
            envelope: xdr(&tx.envelope),
            result: xdr(&result),
            meta: xdr(&outcome.meta(&charged, changes_before)),
            fee_changes: xdr(&charged.changes),
            refund_changes: Vec::new(),
        },
        payer: tx.fee_source(),
        refund,
    }
}

/// Refunds of a whole ledger follow its last transaction.
pub fn refund(ledger: &mut Ledger, applied: Applied) -> TxRecord {
    let mark = ledger.mark();
    let payer = ledger.account(&applied.payer);
    if let Some(mut payer) = payer.filter(|_| applied.refund > 0) {
        payer.balance += applied.refund;
        ledger.fee_pool -= applied.refund;
        ledger.put_account(payer);
    }
    TxRecord {
        refund_changes: xdr(&changes_since(ledger, mark, &[])),
        ..applied.record
    }
}

/// Spends the sequence number. What failed signatures leave undone, it does not.
fn begin(ledger: &mut Ledger, tx: &SignedTx) -> Check {
    let (seq, time) = (ledger.seq, ledger.time);
    if let Some(mut source) = ledger.account(&tx.source()) {
        check_sequence(&source, tx.tx(), seq, time)?;
        move_sequence(&mut source, tx.tx().seq_num.0, seq, time);
        ledger.put_account(source);
    }
    let authorized = authorize(ledger, tx);
    remove_one_time_signers(ledger, tx);
    authorized
}

/// A signer that stands for one transaction goes with it.
fn remove_one_time_signers(ledger: &mut Ledger, tx: &SignedTx) {
    let operations = tx.tx().operations.iter();
    let sources = operations.map(|operation| tx.operation_source(operation));
    let sources = sources.chain([tx.source()]);
    for id in sources.collect::<std::collections::BTreeSet<_>>() {
        remove_signer(ledger, &id, tx.inner_hash);
    }
    if tx.bump().is_some() {
        remove_signer(ledger, &tx.fee_source(), tx.hash);
    }
}

fn remove_signer(ledger: &mut Ledger, id: &AccountId, hash: [u8; 32]) {
    let Some(mut account) = ledger.account(id) else {
        return;
    };
    let spent = SignerKey::PreAuthTx(Uint256(hash));
    let mut signers = account.signers.to_vec();
    signers.retain(|signer| signer.key != spent);
    if signers.len() < account.signers.len() {
        account.num_sub_entries -= 1;
        set_signers(&mut account, list(signers));
        ledger.put_account(account);
    }
}

struct Outcome {
    code: Code,
    operations: Vec<OperationMetaV2>,
    effects: Effects,
}

fn run_operations(ledger: &mut Ledger, charged: &Charged) -> Outcome {
    let start = ledger.mark();
    let mut results = Vec::new();
    let mut operations = Vec::new();
    let mut effects = Effects::default();
    let mut successful = true;
    for (index, operation) in charged.tx.tx().operations.iter().enumerate() {
        let mark = ledger.mark();
        // A Soroban transaction has one operation, and a classic one has no effects to add up.
        effects = Effects::default();
        let (result, worked) = run(ledger, charged, operation, index as u32, &mut effects);
        results.push(result);
        operations.push(OperationMetaV2 {
            ext: ExtensionPoint::V0,
            changes: changes_since(ledger, mark, &effects.restored),
            events: list(effects.events.clone()),
        });
        if !worked {
            successful = false;
            break;
        }
    }
    if successful {
        return Outcome {
            code: Code::TxSuccess(list(results)),
            operations,
            effects,
        };
    }
    ledger.roll_back(start);
    Outcome::failed(Code::TxFailed(list(results)), effects.diagnostics)
}

fn run(
    ledger: &mut Ledger,
    charged: &Charged,
    operation: &Operation,
    index: u32,
    effects: &mut Effects,
) -> (OperationResult, bool) {
    let source = charged.tx.operation_source(operation);
    if ledger.account(&source).is_none() {
        return (OperationResult::OpNoAccount, false);
    }
    let call = Call {
        tx: &charged.tx,
        max_refundable: charged.refundable,
        source: &source,
        seed: sha256(&[&charged.tx.inner_hash[..], &index.to_be_bytes()].concat()),
    };
    use OperationResultTr as Tr;
    let (result, worked) = match &operation.body {
        OperationBody::InvokeHostFunction(op) => {
            let result = host::invoke(ledger, &call, op, effects);
            let worked = matches!(result, InvokeHostFunctionResult::Success(_));
            (Tr::InvokeHostFunction(result), worked)
        }
        OperationBody::ExtendFootprintTtl(op) => {
            let result = ttl::extend(ledger, &call, op.extend_to, effects);
            let worked = result == ExtendFootprintTtlResult::Success;
            (Tr::ExtendFootprintTtl(result), worked)
        }
        OperationBody::RestoreFootprint(_) => {
            let result = ttl::restore(ledger, &call, effects);
            let worked = result == RestoreFootprintResult::Success;
            (Tr::RestoreFootprint(result), worked)
        }
        body => return classic::apply(ledger, &source, body),
    };
    (OperationResult::OpInner(result), worked)
}

impl Outcome {
    /// A failed transaction keeps its diagnostics and nothing else, and pays no refundable fee.
    fn failed(code: Code, diagnostics: Vec<DiagnosticEvent>) -> Self {
        Self {
            code,
            operations: Vec::new(),
            effects: Effects {
                diagnostics,
                ..Default::default()
            },
        }
    }

    /// A transaction that another one of its ledger made invalid.
    fn refused(tx: &SignedTx, refusal: Refusal) -> Self {
        log::verbose(|| format!("not run {}: {}", hex::encode(tx.hash), refusal.reason));
        Self::failed(refusal.result.result, Vec::new())
    }

    fn successful(&self) -> bool {
        matches!(self.code, Code::TxSuccess(_))
    }

    fn result(&self, charged: &Charged, fee_charged: i64) -> TransactionResult {
        let tx = &charged.tx;
        let own = result(self.code.clone(), fee_charged);
        match tx.bump() {
            None => own,
            Some(_) => inside(tx, own, tx.inner_fee(charged.base_fee), fee_charged),
        }
    }

    fn meta(self, charged: &Charged, changes_before: LedgerEntryChanges) -> TransactionMeta {
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
            tx_changes_before: changes_before,
            operations: list(self.operations),
            tx_changes_after: Default::default(),
            soroban_meta,
            events: Default::default(),
            diagnostic_events: list(effects.diagnostics),
        })
    }
}
