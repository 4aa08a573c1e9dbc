//! The rates and limits of mainnet, from the settings that the devnet uses too.
use std::rc::Rc;

use anyhow::Result;
use soroban_env_host::{
    fees::{compute_transaction_resource_fee, TransactionResources},
    storage::{EntryWithLiveUntil, SnapshotSource},
    xdr::{
        ConfigSettingEntry, ConfigUpgradeSet, LedgerEntry, LedgerEntryData, LedgerEntryExt,
        LedgerKey,
    },
    HostError,
};
use soroban_simulation::NetworkConfig;

const MAINNET: &str = include_str!("../../devnet/config/mainnet.json");

pub struct Network {
    /// With instructions and memory unbounded, so that what is too much can be said.
    pub config: NetworkConfig,
    pub limits: Limits,
}

/// What one transaction may ask for on mainnet.
pub struct Limits {
    pub instructions: u32,
    pub write_entries: u32,
    pub write_bytes: u32,
    pub event_bytes: u32,
    pub tx_bytes: u32,
}

impl Network {
    pub fn mainnet() -> Result<Self> {
        let set: ConfigUpgradeSet = serde_json::from_str(MAINNET)?;
        let entries = set.updated_entry.to_vec();
        let mut config = NetworkConfig::load_from_snapshot(&Settings(&entries))?;
        let instructions = u32::try_from(config.tx_max_instructions)?;
        config.tx_max_instructions = i64::from(u32::MAX);
        config.tx_memory_limit = u32::MAX;
        let mut limits = Limits {
            instructions,
            write_entries: 0,
            write_bytes: 0,
            event_bytes: 0,
            tx_bytes: 0,
        };
        for entry in &entries {
            match entry {
                ConfigSettingEntry::ContractLedgerCostV0(cost) => {
                    limits.write_entries = cost.tx_max_write_ledger_entries;
                    limits.write_bytes = cost.tx_max_write_bytes;
                }
                ConfigSettingEntry::ContractEventsV0(events) => {
                    limits.event_bytes = events.tx_max_contract_events_size_bytes;
                }
                ConfigSettingEntry::ContractBandwidthV0(bandwidth) => {
                    limits.tx_bytes = bandwidth.tx_max_size_bytes;
                }
                _ => {}
            }
        }
        Ok(Network { config, limits })
    }

    /// Stroops for these resources, without rent.
    pub fn fee(&self, resources: &TransactionResources) -> i64 {
        let (fixed, refundable) =
            compute_transaction_resource_fee(resources, &self.config.fee_configuration);
        fixed + refundable
    }
}

struct Settings<'a>(&'a [ConfigSettingEntry]);

impl SnapshotSource for Settings<'_> {
    fn get(&self, key: &Rc<LedgerKey>) -> Result<Option<EntryWithLiveUntil>, HostError> {
        let LedgerKey::ConfigSetting(wanted) = key.as_ref() else {
            return Ok(None);
        };
        let mut entries = self.0.iter();
        Ok(entries
            .find(|entry| entry.discriminant() == wanted.config_setting_id)
            .map(|entry| {
                let entry = LedgerEntry {
                    last_modified_ledger_seq: 0,
                    data: LedgerEntryData::ConfigSetting(entry.clone()),
                    ext: LedgerEntryExt::V0,
                };
                (Rc::new(entry), None)
            }))
    }
}
