//! Simulation: what a transaction would do and need, against the last closed ledger.

use std::rc::Rc;

use parking_lot::{ArcRwLockReadGuard, RawRwLock};
use serde_json::{json, Value};
use soroban_env_host::e2e_invoke::RecordingInvocationAuthMode;
use soroban_env_host::xdr::*;
use soroban_env_host::LedgerInfo;
use soroban_simulation::simulation::{
    simulate_extend_ttl_op, simulate_invoke_host_function_op, simulate_restore_op,
    InvokeHostFunctionSimulationResult as Simulated, LedgerEntryDiff, RestoreOpSimulationResult,
    SimulationAdjustmentConfig,
};
use soroban_simulation::AutoRestoringSnapshotSource;

use crate::config::Config;
use crate::history::base64;
use crate::ledger::Snapshot;
use crate::node::Node;
use crate::tx::soroban_data;

pub struct Options<'a> {
    pub auth_mode: Option<&'a str>,
    pub upgraded_auth: bool,
    pub instruction_leeway: Option<u32>,
}

/// What every simulation needs. It holds the read lock, so the ledger stands still meanwhile.
struct Context<'a> {
    config: &'a Config,
    info: LedgerInfo,
    adjustment: SimulationAdjustmentConfig,
    snapshot: Rc<Snapshot>,
}

/// Failures are part of the answer here, not errors of the call.
pub fn simulate(
    node: ArcRwLockReadGuard<RawRwLock, Node>,
    envelope: &TransactionEnvelope,
    options: &Options,
) -> Value {
    let latest = node.ledger.header.seq;
    let config = node.ledger.config.clone();
    let time = node.time();
    let context = Context {
        config: &config,
        info: node.ledger.info(latest + 1, time),
        adjustment: adjustment(options),
        snapshot: Rc::new(Snapshot(node)),
    };
    let mut answer = context
        .simulate(envelope, options)
        .unwrap_or_else(|error| json!({"error": error}));
    answer["latestLedger"] = json!(latest);
    answer
}

fn adjustment(options: &Options) -> SimulationAdjustmentConfig {
    let mut adjustment = SimulationAdjustmentConfig::default_adjustment();
    if let Some(leeway) = options.instruction_leeway {
        let added = &mut adjustment.instructions.additive_factor;
        *added = leeway.max(*added);
    }
    adjustment
}

impl Context<'_> {
    fn simulate(&self, envelope: &TransactionEnvelope, options: &Options) -> Result<Value, String> {
        let tx = &inner_transaction(envelope);
        let [operation] = tx.operations.as_slice() else {
            return Err("Transaction contains more than one operation".to_owned());
        };
        let source = operation.source_account.as_ref();
        let source = source.unwrap_or(&tx.source_account).clone().account_id();
        match &operation.body {
            OperationBody::InvokeHostFunction(op) => self.invoke(op, &source, options),
            OperationBody::ExtendFootprintTtl(op) => self.extend(required_data(tx)?, op.extend_to),
            OperationBody::RestoreFootprint(_) => self.restore(required_data(tx)?),
            _ => Err("Transaction contains unsupported operation type".to_owned()),
        }
    }

    fn invoke(
        &self,
        op: &InvokeHostFunctionOp,
        source: &AccountId,
        options: &Options,
    ) -> Result<Value, String> {
        let simulated = simulate_invoke_host_function_op(
            self.snapshot.clone(),
            &self.config.network,
            &self.adjustment,
            &self.info,
            op.host_function.clone(),
            auth_mode(op, options)?,
            source,
            rand::random(),
            true,
        )
        .map_err(|error| format!("{error:#}"))?;
        let events: Vec<_> = simulated.diagnostic_events.iter().map(base64).collect();
        match (&simulated.invoke_result, &simulated.transaction_data) {
            (Ok(value), Some(data)) => Ok(invocation(&simulated, value, data, events)),
            (Err(error), _) => Ok(json!({"error": format!("{error:?}"), "events": events})),
            (Ok(_), None) => Err("the simulation gave no resources".to_owned()),
        }
    }

    fn extend(&self, data: &SorobanTransactionData, extend_to: u32) -> Result<Value, String> {
        let text = |error: anyhow::Error| format!("{error:#}");
        let restoring =
            AutoRestoringSnapshotSource::new(self.snapshot.clone(), &self.info).map_err(text)?;
        let network = &self.config.network;
        let keys = data.resources.footprint.read_only.as_slice();
        let extended = simulate_extend_ttl_op(
            &restoring,
            network,
            &self.adjustment,
            &self.info,
            keys,
            extend_to,
        )
        .map_err(text)?;
        let mut answer = resources(&extended.transaction_data, Vec::new());
        let preamble = restoring
            .simulate_restore_keys_op(network, &self.adjustment, &self.info)
            .map_err(text)?;
        if let Some(RestoreOpSimulationResult { transaction_data }) = preamble {
            answer["restorePreamble"] = json!({
                "transactionData": base64(&transaction_data),
                "minResourceFee": transaction_data.resource_fee.to_string(),
            });
        }
        Ok(answer)
    }

    fn restore(&self, data: &SorobanTransactionData) -> Result<Value, String> {
        let restored = simulate_restore_op(
            self.snapshot.as_ref(),
            &self.config.network,
            &self.adjustment,
            &self.info,
            data.resources.footprint.read_write.as_slice(),
        )
        .map_err(|error| format!("{error:#}"))?;
        Ok(resources(&restored.transaction_data, Vec::new()))
    }
}

/// What is simulated of a fee bump is the transaction inside.
fn inner_transaction(envelope: &TransactionEnvelope) -> Transaction {
    match envelope {
        TransactionEnvelope::Tx(v1) => v1.tx.clone(),
        TransactionEnvelope::TxV0(v0) => (&v0.tx).into(),
        TransactionEnvelope::TxFeeBump(bump) => match &bump.tx.inner_tx {
            FeeBumpTransactionInnerTx::Tx(v1) => v1.tx.clone(),
        },
    }
}

fn required_data(tx: &Transaction) -> Result<&SorobanTransactionData, String> {
    soroban_data(tx).ok_or_else(|| "SorobanTransactionData has to be given".to_owned())
}

fn auth_mode(
    op: &InvokeHostFunctionOp,
    options: &Options,
) -> Result<RecordingInvocationAuthMode, String> {
    let upgraded = options.upgraded_auth;
    match options.auth_mode {
        None | Some("") if op.auth.is_empty() => {
            Ok(RecordingInvocationAuthMode::recording(true, upgraded))
        }
        None | Some("" | "enforce") => Ok(RecordingInvocationAuthMode::Enforcing(op.auth.to_vec())),
        Some("record" | "record_allow_nonroot") if !op.auth.is_empty() => {
            Err("authorization entries are given, so they cannot be recorded".to_owned())
        }
        Some("record") => Ok(RecordingInvocationAuthMode::recording(true, upgraded)),
        Some("record_allow_nonroot") => Ok(RecordingInvocationAuthMode::recording(false, upgraded)),
        Some(other) => Err(format!("unknown authMode {other}")),
    }
}

fn invocation(
    simulated: &Simulated,
    value: &ScVal,
    data: &SorobanTransactionData,
    events: Vec<String>,
) -> Value {
    let auth: Vec<_> = simulated.auth.iter().map(base64).collect();
    let changes = simulated.modified_entries.iter().filter_map(state_change);
    let mut answer = resources(data, events);
    answer["results"] = json!([{"auth": auth, "xdr": base64(value)}]);
    answer["stateChanges"] = changes.collect();
    answer["cost"] = json!({
        "cpuInsns": simulated.simulated_instructions.to_string(),
        "memBytes": simulated.simulated_memory.to_string(),
    });
    answer
}

fn resources(data: &SorobanTransactionData, events: Vec<String>) -> Value {
    json!({
        "transactionData": base64(data),
        "minResourceFee": data.resource_fee.to_string(),
        "events": events,
    })
}

fn state_change(diff: &LedgerEntryDiff) -> Option<Value> {
    let (before, after) = (diff.state_before.as_ref(), diff.state_after.as_ref());
    let kind = match (before, after) {
        (None, _) => "created",
        (Some(_), None) => "deleted",
        (Some(_), Some(_)) => "updated",
    };
    let key = before.or(after)?.to_key();
    Some(json!({
        "type": kind,
        "key": base64(&key),
        "before": before.map(base64),
        "after": after.map(base64),
    }))
}
