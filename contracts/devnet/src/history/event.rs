//! Events in the form they are matched and answered in, and their place among all others.

use soroban_env_host::xdr::*;

use super::{base64, toid, TxRecord};

/// Where an event stands; its id, `toid-index` in decimal, orders as the tuple does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    pub toid: u64,
    pub index: u32,
}

impl EventId {
    pub fn first_of(ledger: u32) -> Self {
        let toid = toid(ledger, 0, 0);
        Self { toid, index: 0 }
    }

    /// After every event `ledger` can have.
    pub fn end_of(ledger: u32) -> Self {
        let toid = toid(ledger, 0xf_ffff, 0xfff);
        let index = u32::MAX;
        Self { toid, index }
    }

    pub fn ledger(&self) -> u32 {
        (self.toid >> 32) as u32
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (toid, index) = text.split_once('-')?;
        Some(Self {
            toid: toid.parse().ok()?,
            index: index.parse().ok()?,
        })
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{:019}-{:010}", self.toid, self.index)
    }
}

/// An event in the form it is matched and answered in.
pub struct EventRecord {
    pub id: EventId,
    pub time: u64,
    pub tx_hash: [u8; 32],
    pub kind: &'static str,
    pub contract: String,
    pub topics: Vec<String>,
    pub value: String,
}

impl EventRecord {
    pub fn new(tx: &TxRecord, operation: u32, index: u32, event: &ContractEvent) -> Self {
        let ContractEventBody::V0(body) = &event.body;
        let contract = event.contract_id.as_ref();
        Self {
            id: EventId {
                toid: tx.toid(operation),
                index,
            },
            time: tx.time,
            tx_hash: tx.hash,
            kind: match event.type_ {
                ContractEventType::System => "system",
                ContractEventType::Contract => "contract",
                ContractEventType::Diagnostic => "diagnostic",
            },
            contract: contract.map_or(String::new(), contract_address),
            topics: body.topics.iter().map(base64).collect(),
            value: base64(&body.data),
        }
    }
}

fn contract_address(id: &ContractId) -> String {
    let text = stellar_strkey::Contract(id.0 .0).to_string();
    text.as_str().to_owned()
}
