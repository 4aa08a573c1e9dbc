//! A ledger in memory that runs host functions as a transaction of one account
//! would, and measures them.
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use anyhow::{anyhow, bail, Context, Result};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use soroban_env_host::{
    e2e_invoke::RecordingInvocationAuthMode,
    fees::TransactionResources,
    storage::{EntryWithLiveUntil, SnapshotSource},
    xdr::*,
    HostError, LedgerInfo,
};
use soroban_simulation::simulation::{
    simulate_invoke_host_function_op, InvokeHostFunctionSimulationResult as Simulated,
    SimulationAdjustmentConfig,
};

use crate::network::Network;

/// 2026-06-01 13:00 UTC.
pub const NOW: u64 = 1_780_318_800;
const SEQUENCE: u32 = 1_000;
const LIVE_UNTIL: u32 = SEQUENCE + 2_000_000;

pub struct Ledger {
    pub network: Network,
    pub account: AccountId,
    entries: Rc<Entries>,
    info: RefCell<LedgerInfo>,
    /// Seeds the nonces, which no two calls may share.
    calls: Cell<u8>,
}

#[derive(Default)]
struct Entries(RefCell<BTreeMap<LedgerKey, LedgerEntry>>);

impl SnapshotSource for Entries {
    fn get(&self, key: &Rc<LedgerKey>) -> Result<Option<EntryWithLiveUntil>, HostError> {
        let entries = self.0.borrow();
        Ok(entries
            .get(key.as_ref())
            .map(|entry| (Rc::new(entry.clone()), Some(LIVE_UNTIL))))
    }
}

/// What a call used, as its transaction would declare it.
pub struct Usage {
    pub value: ScVal,
    pub resources: TransactionResources,
    /// Stroops, rent excluded.
    pub fee: i64,
}

impl Usage {
    pub fn json(&self) -> Value {
        json!({
            "instructions": self.resources.instructions,
            "write_entries": self.resources.write_entries,
            "write_bytes": self.resources.write_bytes,
            "tx_bytes": self.resources.transaction_size_bytes,
            "event_bytes": self.resources.contract_events_size_bytes,
            "fee": self.fee,
        })
    }
}

impl Ledger {
    pub fn new() -> Result<Self> {
        let network = Network::mainnet()?;
        let account = account(9);
        let ledger = Ledger {
            info: RefCell::new(LedgerInfo {
                protocol_version: 28,
                sequence_number: SEQUENCE,
                timestamp: NOW,
                network_id: [1; 32],
                base_reserve: 5_000_000,
                min_persistent_entry_ttl: network.config.min_persistent_entry_ttl,
                min_temp_entry_ttl: network.config.min_temp_entry_ttl,
                max_entry_ttl: network.config.max_entry_ttl,
            }),
            network,
            account,
            entries: Rc::default(),
            calls: Cell::new(0),
        };
        Ok(ledger)
    }

    pub fn address(&self) -> ScVal {
        ScVal::Address(ScAddress::Account(self.account.clone()))
    }

    /// Unix seconds.
    pub fn now(&self) -> u64 {
        self.info.borrow().timestamp
    }

    pub fn wait(&self, seconds: u64) {
        self.info.borrow_mut().timestamp += seconds;
    }

    pub fn deploy(&self, wasm: &[u8], salt: u8, constructor: Vec<ScVal>) -> Result<ScAddress> {
        let account = &self.account;
        self.upload(wasm)?;
        let created = self.apply(
            account,
            HostFunction::CreateContractV2(CreateContractArgsV2 {
                contract_id_preimage: ContractIdPreimage::Address(ContractIdPreimageFromAddress {
                    address: ScAddress::Account(self.account.clone()),
                    salt: Uint256([salt; 32]),
                }),
                executable: ContractExecutable::Wasm(Hash(Sha256::digest(wasm).into())),
                constructor_args: constructor.try_into()?,
            }),
        )?;
        match created.value {
            ScVal::Address(address) => Ok(address),
            other => bail!("a deployment gave {other:?}"),
        }
    }

    pub fn upload(&self, wasm: &[u8]) -> Result<()> {
        let upload = HostFunction::UploadContractWasm(wasm.try_into()?);
        self.apply(&self.account, upload).map(drop)
    }

    /// Where `deploy` with this salt puts a contract.
    pub fn address_of(&self, salt: u8) -> Result<ScAddress> {
        let preimage = HashIdPreimage::ContractId(HashIdPreimageContractId {
            network_id: Hash(self.info.borrow().network_id),
            contract_id_preimage: self.preimage(salt),
        });
        let id = Sha256::digest(preimage.to_xdr(soroban_env_host::xdr::Limits::none())?);
        Ok(ScAddress::Contract(ContractId(Hash(id.into()))))
    }

    fn preimage(&self, salt: u8) -> ContractIdPreimage {
        ContractIdPreimage::Address(ContractIdPreimageFromAddress {
            address: ScAddress::Account(self.account.clone()),
            salt: Uint256([salt; 32]),
        })
    }

    /// Calls a contract and keeps what it did.
    pub fn call(&self, contract: &ScAddress, function: &str, args: Vec<ScVal>) -> Result<Usage> {
        self.call_as(&self.account, contract, function, args)
    }

    /// The same, as a transaction of another account.
    pub fn call_as(
        &self,
        source: &AccountId,
        contract: &ScAddress,
        function: &str,
        args: Vec<ScVal>,
    ) -> Result<Usage> {
        self.apply(source, invocation(contract, function, args)?)
            .with_context(|| function.to_owned())
    }

    /// Calls a contract and forgets what it did.
    pub fn measure(&self, contract: &ScAddress, function: &str, args: Vec<ScVal>) -> Result<Usage> {
        let call = invocation(contract, function, args)?;
        let (simulated, usage) = self
            .simulate(&self.account, call)
            .with_context(|| function.to_owned())?;
        drop(simulated);
        Ok(usage)
    }

    /// The data of one of a contract's entries; `None` if there is none.
    pub fn data(&self, contract: &ScAddress, key: ScVal) -> Option<ScVal> {
        let key = LedgerKey::ContractData(LedgerKeyContractData {
            contract: contract.clone(),
            key,
            durability: ContractDataDurability::Persistent,
        });
        match &self.entries.0.borrow().get(&key)?.data {
            LedgerEntryData::ContractData(data) => Some(data.val.clone()),
            _ => None,
        }
    }

    pub fn set_data(&self, contract: &ScAddress, key: ScVal, val: ScVal) {
        self.put(LedgerEntryData::ContractData(ContractDataEntry {
            ext: ExtensionPoint::V0,
            contract: contract.clone(),
            key,
            durability: ContractDataDurability::Persistent,
            val,
        }));
    }

    fn put(&self, data: LedgerEntryData) {
        let entry = LedgerEntry {
            last_modified_ledger_seq: SEQUENCE,
            data,
            ext: LedgerEntryExt::V0,
        };
        self.entries.0.borrow_mut().insert(entry.to_key(), entry);
    }

    fn apply(&self, source: &AccountId, function: HostFunction) -> Result<Usage> {
        let (simulated, usage) = self.simulate(source, function)?;
        let mut entries = self.entries.0.borrow_mut();
        for change in simulated.modified_entries {
            match (change.state_before, change.state_after) {
                (_, Some(after)) => drop(entries.insert(after.to_key(), after)),
                (Some(before), None) => drop(entries.remove(&before.to_key())),
                (None, None) => {}
            }
        }
        Ok(usage)
    }

    fn simulate(&self, source: &AccountId, function: HostFunction) -> Result<(Simulated, Usage)> {
        self.calls.set(self.calls.get().wrapping_add(1));
        let simulated = simulate_invoke_host_function_op(
            self.entries.clone(),
            &self.network.config,
            &SimulationAdjustmentConfig::no_adjustments(),
            &self.info.borrow(),
            function.clone(),
            RecordingInvocationAuthMode::recording(true, true),
            source,
            [self.calls.get(); 32],
            true,
        )?;
        let value = match &simulated.invoke_result {
            Ok(value) => value.clone(),
            Err(error) => bail!("{error:?}"),
        };
        let data = simulated
            .transaction_data
            .clone()
            .ok_or_else(|| anyhow!("the simulation gave no resources"))?;
        let resources = TransactionResources {
            instructions: simulated.simulated_instructions,
            disk_read_entries: 0,
            write_entries: data.resources.footprint.read_write.len() as u32,
            disk_read_bytes: data.resources.disk_read_bytes,
            write_bytes: data.resources.write_bytes,
            contract_events_size_bytes: event_bytes(&simulated, &value)?,
            transaction_size_bytes: self.envelope_bytes(function, &simulated, data)?,
        };
        let fee = self.network.fee(&resources);
        let usage = Usage {
            value,
            resources,
            fee,
        };
        Ok((simulated, usage))
    }

    /// The size of the signed envelope that carries this call.
    fn envelope_bytes(
        &self,
        function: HostFunction,
        simulated: &Simulated,
        data: SorobanTransactionData,
    ) -> Result<u32> {
        let operation = Operation {
            source_account: None,
            body: OperationBody::InvokeHostFunction(InvokeHostFunctionOp {
                host_function: function,
                auth: simulated.auth.clone().try_into()?,
            }),
        };
        let tx = Transaction {
            source_account: self.account.clone().into(),
            fee: 1,
            seq_num: SequenceNumber(1),
            cond: Preconditions::Time(TimeBounds {
                min_time: TimePoint(0),
                max_time: TimePoint(1),
            }),
            memo: Memo::None,
            operations: vec![operation].try_into()?,
            ext: TransactionExt::V1(data),
        };
        let signature = DecoratedSignature {
            hint: SignatureHint([0; 4]),
            signature: Signature(vec![0; 64].try_into()?),
        };
        bytes(&TransactionEnvelope::Tx(TransactionV1Envelope {
            tx,
            signatures: vec![signature].try_into()?,
        }))
    }
}

/// An account that signs for itself.
pub fn account(number: u8) -> AccountId {
    AccountId(PublicKey::PublicKeyTypeEd25519(Uint256([number; 32])))
}

fn invocation(contract: &ScAddress, function: &str, args: Vec<ScVal>) -> Result<HostFunction> {
    Ok(HostFunction::InvokeContract(InvokeContractArgs {
        contract_address: contract.clone(),
        function_name: ScSymbol(function.try_into()?),
        args: args.try_into()?,
    }))
}

/// Events and the return value share one limit and one rate.
fn event_bytes(simulated: &Simulated, value: &ScVal) -> Result<u32> {
    simulated
        .contract_events
        .iter()
        .try_fold(bytes(value)?, |sum, event| Ok(sum + bytes(event)?))
}

fn bytes<T: WriteXdr>(value: &T) -> Result<u32> {
    Ok(u32::try_from(
        value.to_xdr(soroban_env_host::xdr::Limits::none())?.len(),
    )?)
}
