//! Members, their votes, what waits in the timelock, and the parameters.
use anyhow::{bail, Result};
use soroban_env_host::xdr::*;

use super::{wasm, Lives, DAY};
use crate::{
    args::{address, bytes, contract, i128, list, record, symbol, text},
    ledger::account,
};

const REGISTRY: &[u8] = wasm!("member_registry");
const PARAMETERS: &[u8] = wasm!("parameters");
const TIMELOCK: &[u8] = wasm!("timelock");
const GOVERNOR: &[u8] = wasm!("governor");
const KEY: &str = "market.grace_seconds";
const SLOT_MINUTES: u64 = 15;
/// Kinds and choices by their numbers in the governor.
const UPGRADE: u32 = 3;
const YES: u32 = 1;

impl Lives {
    pub fn governance(&mut self) -> Result<()> {
        let (admin, ada, ben) = (self.admin.clone(), self.ada.clone(), self.ben.clone());
        let guardian = account(41);
        let until = ScVal::U64(self.ledger.now() + 200 * DAY);
        let timelock = self.ledger.address_of(13)?;
        let governor = self.ledger.address_of(14)?;

        let boss = address(&admin);
        let registry = self
            .ledger
            .deploy(REGISTRY, 12, vec![boss.clone(), boss.clone()])?;
        let terms = record([
            ("grace", ScVal::U64(14 * DAY)),
            ("shortest_delay", ScVal::U64(DAY)),
        ])?;
        let named = vec![address(&guardian), until.clone()];
        let made = [vec![contract(&governor), terms], named.clone()].concat();
        self.ledger.deploy(TIMELOCK, 13, made)?;
        let house = record([
            ("registry", contract(&registry)),
            ("staking", contract(&self.staking)),
            ("timelock", contract(&timelock)),
        ])?;
        let rules: Result<Vec<_>> = (0..6).map(rules).collect();
        let scopes: Result<Vec<_>> = (0..6).map(|_| list(vec![])).collect();
        let made = [vec![house, list(rules?)?, list(scopes?)?], named.clone()].concat();
        self.ledger.deploy(GOVERNOR, 14, made)?;
        let slot = ScVal::U32(SLOT_MINUTES as u32);
        let made = [vec![boss, slot, list(vec![declaration(KEY)?])?], named].concat();
        let parameters = self.ledger.deploy(PARAMETERS, 15, made)?;

        self.membership(&registry)?;
        self.values(&parameters)?;
        let offered = vec![contract(&timelock), ScVal::U32(5_000)];
        self.ledger
            .call_as(&admin, &parameters, "transfer_admin", offered)?;
        self.ledger.wait(1);
        let accept = call(&parameters, "accept_admin", vec![])?;
        let operation = self.decide(&governor, UPGRADE, vec![accept])?;
        self.take("timelock", &ben, &timelock, "execute", vec![operation])?;

        let proposed = vec![
            address(&ada),
            ScVal::U32(UPGRADE),
            list(vec![call(&parameters, "revert", vec![text(KEY)?])?])?,
            bytes(vec![4; 32])?,
        ];
        let second = self.take("governor", &ada, &governor, "propose", proposed)?;
        let cancelled = vec![address(&ada), second.value];
        self.take("governor", &ada, &governor, "cancel", cancelled)?;
        let left = vec![address(&ben), address(&ben)];
        self.take("member_registry", &ben, &registry, "leave", left)?;
        Ok(())
    }

    fn membership(&mut self, registry: &ScAddress) -> Result<()> {
        let (admin, ada, ben) = (self.admin.clone(), self.ada.clone(), self.ben.clone());
        for who in [&ada, &ben] {
            let args = vec![address(who)];
            self.take("member_registry", &admin, registry, "join", args)?;
        }
        let args = vec![address(&admin)];
        self.take("member_registry", &admin, registry, "set_registrar", args)?;
        Ok(())
    }

    fn values(&mut self, parameters: &ScAddress) -> Result<()> {
        let admin = self.admin.clone();
        let slot = self.ledger.now() / 60 / SLOT_MINUTES * SLOT_MINUTES + 2 * SLOT_MINUTES;
        let scheduled = vec![text(KEY)?, i128(600), ScVal::U32(slot as u32)];
        let calls = [
            ("declare", vec![declaration("market.fee")?]),
            ("schedule", scheduled),
            ("revert", vec![text(KEY)?]),
        ];
        for (function, args) in calls {
            self.take("parameters", &admin, parameters, function, args)?;
        }
        let again = self.ledger.now() / 60 / SLOT_MINUTES * SLOT_MINUTES + SLOT_MINUTES;
        let until = ScVal::U64(self.ledger.now() + DAY);
        for (function, args) in [
            ("set_guardian", vec![address(&admin), until]),
            (
                "schedule",
                vec![text(KEY)?, i128(600), ScVal::U32(again as u32)],
            ),
        ] {
            self.ledger.call(parameters, function, args)?;
        }
        self.ledger.wait(SLOT_MINUTES * 60);
        let taken = vec![address(&admin), text(KEY)?];
        self.take("parameters", &admin, parameters, "take_back", taken)?;
        Ok(())
    }

    /// Proposes, votes, queues, waits; returns the operation to execute.
    fn decide(&mut self, governor: &ScAddress, kind: u32, calls: Vec<ScVal>) -> Result<ScVal> {
        let (ada, ben) = (self.ada.clone(), self.ben.clone());
        let proposed = vec![
            address(&ada),
            ScVal::U32(kind),
            list(calls)?,
            bytes(vec![3; 32])?,
        ];
        let made = self.take("governor", &ada, governor, "propose", proposed)?;
        let ScVal::U32(id) = made.value else {
            bail!("the governor gave no number");
        };
        for who in [&ada, &ben] {
            let vote = vec![address(who), ScVal::U32(id), ScVal::U32(YES)];
            self.take("governor", who, governor, "vote", vote)?;
        }
        self.ledger.wait(3 * DAY + 1);
        let queued = self.take("governor", &ben, governor, "queue", vec![ScVal::U32(id)])?;
        self.ledger.wait(2 * DAY);
        Ok(queued.value)
    }
}

fn rules(kind: u32) -> Result<ScVal> {
    record([
        ("delay", ScVal::U64(2 * DAY)),
        ("majority_bps", ScVal::U32(6_667)),
        ("notice", ScVal::U64(0)),
        ("period", ScVal::U64(3 * DAY)),
        ("quorum_bps", ScVal::U32(5_000)),
        ("weight", ScVal::U32(u32::from(kind == 5))),
    ])
}

fn declaration(key: &str) -> Result<ScVal> {
    record([
        ("default", i128(300)),
        ("highest", i128(86_400)),
        ("key", text(key)?),
        ("lowest", i128(0)),
        ("unit", text("s")?),
    ])
}

fn call(target: &ScAddress, function: &str, args: Vec<ScVal>) -> Result<ScVal> {
    record([
        ("args", list(args)?),
        ("function", symbol(function)?),
        ("target", contract(target)),
    ])
}
