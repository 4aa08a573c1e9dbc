//! A budget for every entry point that writes: what it used when the budget was
//! taken. A test fails when one uses three in a hundred more.
mod deciding;
mod generating;
mod trading;
mod waiting;

use std::{fs, path::PathBuf};

use anyhow::Result;
use ed25519_dalek::SigningKey;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use soroban_env_host::xdr::*;

use crate::{
    args::{address, bytes, contract, i128, list, record},
    ledger::{account, Ledger, Usage, NOW},
    market::SLOT_MINUTES,
};

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
const PURSE: i64 = 1_000_000_000;

macro_rules! wasm {
    ($name:literal) => {
        include_bytes!(concat!("../../../wasm/", $name, ".wasm"))
    };
}
use wasm;

pub fn write() -> Result<()> {
    let budgets = serde_json::to_string_pretty(&Value::Object(measure()?))?;
    Ok(fs::write(path(), budgets + "\n")?)
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("budgets.json")
}

/// Figures by contract and entry point, each on its way through a member's life.
pub fn measure() -> Result<Map<String, Value>> {
    let mut lives = Lives::new()?;
    lives.watt()?;
    lives.energy()?;
    lives.oracle()?;
    lives.market()?;
    lives.desk()?;
    lives.staking()?;
    lives.incentives()?;
    lives.generator()?;
    lives.idle_yield()?;
    lives.energy_locks()?;
    lives.governance()?;
    lives.leaving()?;
    lives.stewards()?;
    Ok(lives.figures)
}

struct Lives {
    ledger: Ledger,
    admin: AccountId,
    ada: AccountId,
    ben: AccountId,
    watt: ScAddress,
    energy: ScAddress,
    market: ScAddress,
    desk: ScAddress,
    oracle: ScAddress,
    grid: ScAddress,
    staking: ScAddress,
    incentives: ScAddress,
    figures: Map<String, Value>,
}

impl Lives {
    fn new() -> Result<Self> {
        let ledger = Ledger::new()?;
        let admin = ledger.account.clone();
        let boss = address(&admin);
        let watt = ledger.deploy(wasm!("watt_token"), 1, vec![boss.clone(), boss.clone()])?;
        let minutes = ScVal::U32(SLOT_MINUTES);
        let energy = ledger.deploy(
            wasm!("energy_token"),
            2,
            vec![boss.clone(), minutes.clone()],
        )?;
        let market = ledger.deploy(
            wasm!("marketplace"),
            3,
            vec![
                boss.clone(),
                boss.clone(),
                contract(&watt),
                contract(&energy),
                minutes,
                ScVal::U64(60),
                ScVal::U64(DAY),
            ],
        )?;
        let desk = ledger.deploy(
            wasm!("order_desk"),
            4,
            vec![boss.clone(), boss.clone(), contract(&market)],
        )?;
        let oracle = ledger.deploy(
            wasm!("price_oracle"),
            40,
            vec![
                boss.clone(),
                ScVal::U32(SLOT_MINUTES),
                trading::oracle_terms()?,
            ],
        )?;
        let grid = ledger.deploy(
            wasm!("grid_token"),
            5,
            vec![
                boss.clone(),
                boss.clone(),
                i128(100 * PURSE),
                i128(200 * PURSE),
            ],
        )?;
        let terms = record([
            ("ends_at", ScVal::U64(NOW + 1_000 * DAY)),
            ("licence_stake", i128(PURSE)),
            ("rate_bps", ScVal::U32(800)),
            ("tiers", tiers()?),
            ("unstake_delay", ScVal::U64(DAY)),
        ])?;
        let staking = ledger.deploy(
            wasm!("grid_staking"),
            6,
            vec![boss.clone(), contract(&grid), terms],
        )?;
        let incentives = ledger.deploy(
            wasm!("network_incentives"),
            7,
            vec![
                boss.clone(),
                boss.clone(),
                boss,
                contract(&grid),
                ScVal::U32(1),
                ScVal::U64(HOUR),
            ],
        )?;
        Ok(Lives {
            ledger,
            admin,
            ada: account(21),
            ben: account(22),
            watt,
            energy,
            market,
            desk,
            oracle,
            grid,
            staking,
            incentives,
            figures: Map::new(),
        })
    }

    /// Calls, and keeps the figures of the first call of each entry point.
    fn take(
        &mut self,
        name: &str,
        who: &AccountId,
        to: &ScAddress,
        function: &str,
        args: Vec<ScVal>,
    ) -> Result<Usage> {
        let usage = self.ledger.call_as(who, to, function, args)?;
        self.figures
            .entry(format!("{name}.{function}"))
            .or_insert_with(|| usage.json());
        Ok(usage)
    }

    fn staking(&mut self) -> Result<()> {
        let (admin, ada) = (self.admin.clone(), self.ada.clone());
        let (grid, staking) = (self.grid.clone(), self.staking.clone());
        let boss = address(&admin);
        self.take(
            "grid_token",
            &admin,
            &grid,
            "mint",
            vec![address(&ada), i128(PURSE)],
        )?;
        let moved = vec![boss.clone(), address(&ada), i128(3 * PURSE)];
        self.take("grid_token", &admin, &grid, "transfer", moved)?;
        self.take(
            "grid_token",
            &ada,
            &grid,
            "burn",
            vec![address(&ada), i128(5)],
        )?;
        let calls = [
            (&admin, "fund", vec![boss, i128(PURSE)]),
            (&ada, "stake", vec![address(&ada), i128(2 * PURSE)]),
            (&ada, "request_unstake", vec![address(&ada), i128(PURSE)]),
            (&ada, "claim", vec![address(&ada)]),
            (&ada, "withdraw_unstaked", vec![address(&ada)]),
            (&admin, "set_rate", vec![ScVal::U32(700)]),
            (&admin, "set_end", vec![ScVal::U64(NOW + 900 * DAY)]),
            (&admin, "set_unstake_delay", vec![ScVal::U64(2 * DAY)]),
            (&admin, "set_licence_stake", vec![i128(2 * PURSE)]),
            (&admin, "set_tiers", vec![tiers()?]),
        ];
        for (who, function, args) in calls {
            self.ledger.wait(if function == "withdraw_unstaked" {
                DAY
            } else {
                600
            });
            self.take("grid_staking", who, &staking, function, args)?;
        }
        Ok(())
    }

    fn incentives(&mut self) -> Result<()> {
        let (admin, ada) = (self.admin.clone(), self.ada.clone());
        let incentives = self.incentives.clone();
        let period = u32::try_from(self.ledger.now() / HOUR - 1)?;
        let mut report = vec![0, 1];
        report.extend(1_000_000u32.to_be_bytes());
        report.extend([9_700u16.to_be_bytes(), 80u16.to_be_bytes()].concat());
        let calls = [
            (&admin, "fund", vec![address(&admin), i128(PURSE)]),
            (&admin, "register", vec![ScVal::U32(1), address(&ada)]),
            (&admin, "report", vec![ScVal::U32(period), bytes(report)?]),
            (&ada, "claim", vec![address(&ada)]),
            (&admin, "set_rate", vec![ScVal::U32(2)]),
            (&admin, "set_reporter", vec![address(&admin)]),
            (&admin, "set_registrar", vec![address(&admin)]),
            (&admin, "retire", vec![ScVal::U32(1)]),
        ];
        for (who, function, args) in calls {
            self.take("network_incentives", who, &incentives, function, args)?;
        }
        Ok(())
    }

    fn stewards(&mut self) -> Result<()> {
        let admin = self.admin.clone();
        let desk = self.desk.clone();
        let until = NOW + 30 * DAY;
        let boss = address(&admin);
        let hash = Sha256::digest(wasm!("order_desk")).to_vec();
        let calls = [
            ("set_guardian", vec![boss.clone(), ScVal::U64(until)]),
            ("pause", vec![boss.clone()]),
            ("unpause", vec![]),
            ("upgrade", vec![bytes(hash)?]),
            ("transfer_admin", vec![boss, ScVal::U32(5_000)]),
            ("accept_admin", vec![]),
        ];
        for (function, args) in calls {
            self.take("every contract", &admin, &desk, function, args)?;
        }
        Ok(())
    }
}

fn tiers() -> Result<ScVal> {
    let tier = |percent: u32, stake: i64| {
        record([
            ("discount_percent", ScVal::U32(percent)),
            ("stake", i128(stake)),
        ])
    };
    list(vec![tier(10, PURSE)?, tier(25, 5 * PURSE)?])
}

fn signer(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_entry_point_uses_three_in_a_hundred_more_than_its_budget() {
        let kept: Map<String, Value> =
            serde_json::from_str(&fs::read_to_string(path()).unwrap()).unwrap();
        let measured = measure().unwrap();
        let names = |map: &Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&measured), names(&kept), "write the budgets anew");
        let mut over = vec![];
        for (name, figures) in &measured {
            for (figure, value) in figures.as_object().unwrap() {
                let (now, budget) = (value.as_f64(), kept[name][figure].as_f64());
                if now.unwrap() > budget.unwrap() * 1.03 {
                    over.push(format!("{name} {figure}: {now:?} of {budget:?}"));
                }
            }
        }
        assert!(over.is_empty(), "{}", over.join("\n"));
    }
}
