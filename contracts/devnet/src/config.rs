//! Network configuration: the settings of a public network, as its `ConfigUpgradeSet` publishes them.

use std::rc::Rc;

use anyhow::{anyhow, Context, Result};
use soroban_env_host::budget::Budget;
use soroban_env_host::storage::{EntryWithLiveUntil, SnapshotSource};
use soroban_env_host::xdr::*;
use soroban_env_host::HostError;
use soroban_simulation::NetworkConfig;

const MAINNET: &str = include_str!("../config/mainnet.json");
const TESTNET: &str = include_str!("../config/testnet.json");

/// Rent follows the size of the whole network's state. A devnet holds almost nothing, so it
/// charges as if it were this large (where the settings name no size of their own).
const ASSUMED_STATE_BYTES: u64 = 1_500_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LimitSet {
    Mainnet,
    Testnet,
}

/// What one transaction may ask for.
pub struct TxLimits {
    pub instructions: u32,
    pub disk_read_entries: u32,
    pub disk_read_bytes: u32,
    pub write_entries: u32,
    pub write_bytes: u32,
    pub footprint_entries: u32,
    pub events_bytes: u32,
    pub size: u32,
    pub contract_code_bytes: u32,
    pub data_key_bytes: u32,
    pub data_entry_bytes: u32,
}

/// What all Soroban transactions of one ledger may ask for together.
pub struct LedgerLimits {
    pub transactions: u32,
    /// Of each cluster of transactions that depend on each other.
    pub instructions: u64,
    pub clusters: u32,
    pub disk_read_entries: u32,
    pub disk_read_bytes: u32,
    pub write_entries: u32,
    pub write_bytes: u32,
    pub size: u32,
}

pub struct Config {
    pub entries: Vec<ConfigSettingEntry>,
    pub network: NetworkConfig,
    pub limits: TxLimits,
    pub ledger_limits: LedgerLimits,
    /// How many expired entries one ledger ends.
    pub max_evictions: u32,
}

macro_rules! setting {
    ($entries:expr, $kind:ident) => {
        $entries
            .iter()
            .find_map(|entry| match entry {
                ConfigSettingEntry::$kind(value) => Some(value.clone()),
                _ => None,
            })
            .ok_or_else(|| anyhow!(concat!("setting ", stringify!($kind), " is missing")))?
    };
}

impl Config {
    pub fn load(set: LimitSet) -> Result<Self> {
        match set {
            LimitSet::Mainnet => Self::parse(MAINNET),
            LimitSet::Testnet => Self::parse(TESTNET),
        }
    }

    pub fn parse(json: &str) -> Result<Self> {
        let set: ConfigUpgradeSet =
            serde_json::from_str(json).context("the network settings do not parse")?;
        let entries = with_state_size(set.updated_entry.to_vec())?;
        let network = NetworkConfig::load_from_snapshot(&Settings(&entries))?;
        Ok(Self {
            network,
            limits: tx_limits(&entries)?,
            ledger_limits: ledger_limits(&entries)?,
            max_evictions: setting!(entries, StateArchival).max_entries_to_archive,
            entries,
        })
    }

    /// A budget with this network's cost model and the given ceilings.
    pub fn budget(&self, instructions: u64, memory: u64) -> Result<Budget, HostError> {
        Budget::try_from_configs(
            instructions,
            memory,
            self.network.cpu_cost_params.clone(),
            self.network.memory_cost_params.clone(),
        )
    }

    /// For work the network does on its own account, such as compiling a module for the cache.
    pub fn unlimited_budget(&self) -> Result<Budget, HostError> {
        self.budget(u64::MAX, u64::MAX)
    }
}

fn with_state_size(mut entries: Vec<ConfigSettingEntry>) -> Result<Vec<ConfigSettingEntry>> {
    let known = entries
        .iter()
        .any(|entry| matches!(entry, ConfigSettingEntry::LiveSorobanStateSizeWindow(_)));
    if !known {
        let samples =
            setting!(entries, StateArchival).live_soroban_state_size_window_sample_size as usize;
        entries.push(ConfigSettingEntry::LiveSorobanStateSizeWindow(
            vec![ASSUMED_STATE_BYTES; samples].try_into()?,
        ));
    }
    Ok(entries)
}

fn tx_limits(entries: &[ConfigSettingEntry]) -> Result<TxLimits> {
    let cost = setting!(entries, ContractLedgerCostV0);
    Ok(TxLimits {
        instructions: setting!(entries, ContractComputeV0)
            .tx_max_instructions
            .try_into()?,
        disk_read_entries: cost.tx_max_disk_read_entries,
        disk_read_bytes: cost.tx_max_disk_read_bytes,
        write_entries: cost.tx_max_write_ledger_entries,
        write_bytes: cost.tx_max_write_bytes,
        footprint_entries: setting!(entries, ContractLedgerCostExtV0).tx_max_footprint_entries,
        events_bytes: setting!(entries, ContractEventsV0).tx_max_contract_events_size_bytes,
        size: setting!(entries, ContractBandwidthV0).tx_max_size_bytes,
        contract_code_bytes: setting!(entries, ContractMaxSizeBytes),
        data_key_bytes: setting!(entries, ContractDataKeySizeBytes),
        data_entry_bytes: setting!(entries, ContractDataEntrySizeBytes),
    })
}

fn ledger_limits(entries: &[ConfigSettingEntry]) -> Result<LedgerLimits> {
    let cost = setting!(entries, ContractLedgerCostV0);
    Ok(LedgerLimits {
        transactions: setting!(entries, ContractExecutionLanes).ledger_max_tx_count,
        instructions: setting!(entries, ContractComputeV0)
            .ledger_max_instructions
            .try_into()?,
        clusters: setting!(entries, ContractParallelComputeV0).ledger_max_dependent_tx_clusters,
        disk_read_entries: cost.ledger_max_disk_read_entries,
        disk_read_bytes: cost.ledger_max_disk_read_bytes,
        write_entries: cost.ledger_max_write_ledger_entries,
        write_bytes: cost.ledger_max_write_bytes,
        size: setting!(entries, ContractBandwidthV0).ledger_max_txs_size_bytes,
    })
}

/// The settings as the ledger entries `NetworkConfig` wants to read them from.
struct Settings<'a>(&'a [ConfigSettingEntry]);

impl SnapshotSource for Settings<'_> {
    fn get(&self, key: &Rc<LedgerKey>) -> Result<Option<EntryWithLiveUntil>, HostError> {
        let LedgerKey::ConfigSetting(wanted) = key.as_ref() else {
            return Ok(None);
        };
        let found = self
            .0
            .iter()
            .find(|entry| entry.discriminant() == wanted.config_setting_id);
        Ok(found.map(|entry| {
            let entry = LedgerEntry {
                last_modified_ledger_seq: 0,
                data: LedgerEntryData::ConfigSetting(entry.clone()),
                ext: LedgerEntryExt::V0,
            };
            (Rc::new(entry), None)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mainnet_settings_are_those_of_protocol_28() {
        let config = Config::load(LimitSet::Mainnet).unwrap();
        assert_eq!(config.limits.instructions, 400_000_000);
        assert_eq!(config.limits.events_bytes, 16_384);
        assert_eq!(config.ledger_limits.instructions, 580_000_000);
        assert_eq!(config.ledger_limits.clusters, 2);
        assert_eq!(config.network.min_persistent_entry_ttl, 2_073_600);
        assert_eq!(
            config.network.fee_configuration.fee_per_historical_1kb,
            4_059
        );
        assert!(config.network.rent_fee_configuration.fee_per_rent_1kb > 0);
    }

    #[test]
    fn testnet_settings_name_no_state_size_and_get_the_assumed_one() {
        let config = Config::load(LimitSet::Testnet).unwrap();
        assert!(config
            .entries
            .iter()
            .any(|entry| matches!(entry, ConfigSettingEntry::LiveSorobanStateSizeWindow(_))));
    }

    #[test]
    fn settings_without_a_required_part_are_refused() {
        assert!(Config::parse(r#"{"updated_entry": []}"#).is_err());
        assert!(Config::parse("not json").is_err());
    }
}
