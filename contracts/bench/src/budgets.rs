//! A budget for every entry point that writes: what it used when the budget was
//! taken. A test fails when one uses three in a hundred more.
use std::{fs, path::PathBuf};

use anyhow::Result;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use soroban_env_host::xdr::*;

use crate::{
    args::{address, bytes, contract, i128, list, record},
    ledger::{account, Ledger, Usage, NOW},
    market::{Batch, FIRST, PRICE, SLOT_MINUTES},
};

const DAY: u64 = 86_400;
const PURSE: i64 = 1_000_000_000;
/// The price oracle's number among the signing keys.
const ORACLE: u8 = 8;

macro_rules! wasm {
    ($name:literal) => {
        include_bytes!(concat!("../../wasm/", $name, ".wasm"))
    };
}

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
    lives.market()?;
    lives.desk()?;
    lives.staking()?;
    lives.incentives()?;
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

    fn watt(&mut self) -> Result<()> {
        let (admin, ada, ben) = (self.admin.clone(), self.ada.clone(), self.ben.clone());
        let watt = self.watt.clone();
        let market = contract(&self.market);
        let hash = |n: u8| bytes(vec![n; 32]);
        let mut call = |who: &AccountId, function: &str, args: Vec<ScVal>| {
            self.take("watt_token", who, &watt, function, args)
        };
        for who in [address(&ada), address(&ben), market] {
            call(&admin, "set_allowed", vec![who, ScVal::Bool(true)])?;
        }
        call(&admin, "attest_reserves", vec![i128(100 * PURSE), hash(1)?])?;
        for (n, who) in [&ada, &ben].into_iter().enumerate() {
            call(
                &admin,
                "mint",
                vec![address(who), i128(4 * PURSE), hash(10 + n as u8)?],
            )?;
        }
        call(
            &ada,
            "transfer",
            vec![address(&ada), address(&ben), i128(5)],
        )?;
        let until = ScVal::U32(5_000);
        call(
            &ada,
            "approve",
            vec![address(&ada), address(&ben), i128(50), until],
        )?;
        call(
            &ben,
            "transfer_from",
            vec![address(&ben), address(&ada), address(&ben), i128(5)],
        )?;
        call(&ada, "burn", vec![address(&ada), i128(5)])?;
        call(
            &ben,
            "burn_from",
            vec![address(&ben), address(&ada), i128(5)],
        )?;
        call(&ada, "redeem", vec![address(&ada), i128(5), hash(30)?])?;
        call(&admin, "set_issuer", vec![address(&admin)])?;
        Ok(())
    }

    fn energy(&mut self) -> Result<()> {
        let (admin, ada) = (self.admin.clone(), self.ada.clone());
        let energy = self.energy.clone();
        let market = contract(&self.market);
        let mut call = |who: &AccountId, function: &str, args: Vec<ScVal>| {
            self.take("energy_token", who, &energy, function, args)
        };
        call(&admin, "set_meter", vec![market, ScVal::Bool(true)])?;
        call(
            &admin,
            "set_meter",
            vec![address(&admin), ScVal::Bool(true)],
        )?;
        let mut interval = (FIRST - SLOT_MINUTES).to_be_bytes().to_vec();
        interval.push(0);
        interval.extend(90_000u32.to_be_bytes());
        call(
            &admin,
            "attest",
            vec![address(&admin), address(&ada), bytes(interval)?],
        )?;
        call(
            &ada,
            "transfer",
            vec![address(&ada), address(&admin), i128(5)],
        )?;
        call(&ada, "burn", vec![address(&ada), i128(5)])?;
        Ok(())
    }

    fn market(&mut self) -> Result<()> {
        let (admin, ada, ben) = (self.admin.clone(), self.ada.clone(), self.ben.clone());
        let market = self.market.clone();
        let domain = quote_message(&market)?;
        let desk = contract(&self.desk);
        let mut call = |who: &AccountId, function: &str, args: Vec<ScVal>| {
            self.take("marketplace", who, &market, function, args)
        };
        for who in [&ada, &ben] {
            call(who, "deposit", vec![address(who), i128(2 * PURSE)])?;
            call(who, "set_mandate", vec![address(who), mandate()?])?;
        }
        call(&ada, "deposit_energy", vec![address(&ada), i128(50_000)])?;
        call(&ada, "withdraw_energy", vec![address(&ada), i128(5)])?;
        let oracle = record([
            ("collar_percent", ScVal::U32(20)),
            (
                "key",
                bytes(signer(ORACLE).verifying_key().to_bytes().to_vec())?,
            ),
        ])?;
        call(&admin, "set_oracle", vec![oracle])?;
        let quote = record([
            ("from", ScVal::U32(FIRST)),
            ("price", ScVal::U32(PRICE)),
            ("until", ScVal::U32(FIRST + 60)),
        ])?;
        let signature = signer(ORACLE).sign(&domain).to_bytes().to_vec();
        call(&admin, "post_quote", vec![quote, bytes(signature)?])?;
        let batch = Batch::new(3).trades(FIRST, 10);
        call(&admin, "settle", vec![bytes(batch.bytes)?])?;
        call(&admin, "set_desk", vec![desk])?;
        Ok(())
    }

    fn desk(&mut self) -> Result<()> {
        let (admin, ada, ben) = (self.admin.clone(), self.ada.clone(), self.ben.clone());
        let desk = self.desk.clone();
        let buy = signed_order(&self.market, &ben, 22, true)?;
        let sell = signed_order(&self.market, &ada, 21, false)?;
        let mut call = |who: &AccountId, function: &str, args: Vec<ScVal>| {
            self.take("order_desk", who, &desk, function, args)
        };
        for (who, number) in [(&ada, 21), (&ben, 22)] {
            let public = signer(number).verifying_key().to_bytes().to_vec();
            call(who, "set_order_key", vec![address(who), bytes(public)?])?;
        }
        let numbers = [FIRST, 100, PRICE, 1_000].map(ScVal::U32).to_vec();
        call(&admin, "settle", [numbers, vec![buy, sell]].concat())?;
        let nonce = ScVal::U64(9);
        call(
            &ada,
            "cancel_order",
            vec![address(&ada), nonce, ScVal::U32(FIRST + 600)],
        )?;
        call(&admin, "set_operator", vec![address(&admin)])?;
        Ok(())
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
        let mut report = vec![0, 1];
        report.extend(1_000_000u32.to_be_bytes());
        report.extend([9_700u16.to_be_bytes(), 80u16.to_be_bytes()].concat());
        let calls = [
            (&admin, "fund", vec![address(&admin), i128(PURSE)]),
            (&admin, "register", vec![ScVal::U32(1), address(&ada)]),
            (&admin, "report", vec![ScVal::U32(1), bytes(report)?]),
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

    fn leaving(&mut self) -> Result<()> {
        let (admin, ada, ben) = (self.admin.clone(), self.ada.clone(), self.ben.clone());
        let market = self.market.clone();
        let calls = [
            (&ada, "cancel_mandate", vec![address(&ada)], 0),
            (
                &ada,
                "request_withdrawal",
                vec![address(&ada), i128(100)],
                0,
            ),
            (&ada, "withdraw", vec![address(&ada)], 60),
            (&ben, "force_exit", vec![address(&ben)], DAY),
            (&admin, "set_operator", vec![address(&account(40))], 0),
        ];
        for (who, function, args, wait) in calls {
            self.ledger.wait(wait);
            self.take("marketplace", who, &market, function, args)?;
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

fn mandate() -> Result<ScVal> {
    record([
        ("buy_max", ScVal::U32(3_000_000)),
        ("day_wh", ScVal::U32(1_000_000)),
        ("sell_min", ScVal::U32(500_000)),
        ("sides", ScVal::U32(3)),
        ("slot_wh", ScVal::U32(500_000)),
        ("valid_from", ScVal::U32(FIRST - 60)),
        ("valid_until", ScVal::U32(FIRST + 1_440)),
        ("zone", ScVal::U32(1)),
    ])
}

fn signer(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn quote_message(market: &ScAddress) -> Result<Vec<u8>> {
    let mut message = b"stelltron quote 1".to_vec();
    message.extend(contract(market).to_xdr(Limits::none())?);
    for number in [FIRST, FIRST + 60, PRICE] {
        message.extend(number.to_be_bytes());
    }
    Ok(message)
}

/// An order as a wallet signs it (SEP-53).
fn signed_order(market: &ScAddress, member: &AccountId, key: u8, buys: bool) -> Result<ScVal> {
    let price = if buys { PRICE + 1_000 } else { PRICE };
    let text = format!(
        "Stelltron order\nmarket {market}\nmember {member}\n{} Wh 500\nstroops per kWh {price}\n\
         from minute {FIRST}\nuntil minute {}\nexpires minute {}\nnonce 7",
        if buys { "buy" } else { "sell" },
        FIRST + 60,
        FIRST + 600,
    );
    let hash = Sha256::digest(format!("Stellar Signed Message:\n{text}"));
    let signature = signer(key).sign(&hash).to_bytes().to_vec();
    record([
        ("buys", ScVal::Bool(buys)),
        ("expires", ScVal::U32(FIRST + 600)),
        ("from", ScVal::U32(FIRST)),
        ("member", address(member)),
        ("nonce", ScVal::U64(7)),
        ("price", ScVal::U32(price)),
        ("signature", bytes(signature)?),
        ("until", ScVal::U32(FIRST + 60)),
        ("wh", ScVal::U32(500)),
    ])
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
