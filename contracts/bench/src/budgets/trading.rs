//! Tokens in, a mandate, settlements, signed orders, and everything out again.
use anyhow::Result;
use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};
use soroban_env_host::xdr::*;

use super::{signer, Lives, DAY, PURSE};
use crate::{
    args::{address, bytes, contract, i128, record},
    ledger::account,
    market::{Batch, FIRST, PRICE, SLOT_MINUTES},
};

/// The price oracle's number among the signing keys.
const ORACLE: u8 = 8;

impl Lives {
    pub fn watt(&mut self) -> Result<()> {
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

    pub fn energy(&mut self) -> Result<()> {
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

    pub fn oracle(&mut self) -> Result<()> {
        let (admin, oracle) = (self.admin.clone(), self.oracle.clone());
        let signature = signer(ORACLE).sign(&quote_message(&oracle)?);
        let quote = record([
            ("from", ScVal::U32(FIRST)),
            ("price", ScVal::U32(PRICE)),
            ("until", ScVal::U32(FIRST + 60)),
        ])?;
        let args = vec![quote, bytes(signature.to_bytes().to_vec())?];
        self.take("price_oracle", &admin, &oracle, "post_quote", args)?;
        let terms = vec![oracle_terms()?];
        self.take("price_oracle", &admin, &oracle, "set_terms", terms)?;
        Ok(())
    }

    pub fn market(&mut self) -> Result<()> {
        let (admin, ada, ben) = (self.admin.clone(), self.ada.clone(), self.ben.clone());
        let market = self.market.clone();
        let desk = contract(&self.desk);
        let oracle = contract(&self.oracle);
        let mut call = |who: &AccountId, function: &str, args: Vec<ScVal>| {
            self.take("marketplace", who, &market, function, args)
        };
        for who in [&ada, &ben] {
            call(who, "deposit", vec![address(who), i128(2 * PURSE)])?;
            call(who, "set_mandate", vec![address(who), mandate()?])?;
        }
        call(&ada, "deposit_energy", vec![address(&ada), i128(50_000)])?;
        call(&admin, "set_oracle", vec![oracle])?;
        let batch = Batch::new(3).trades(FIRST, 10);
        call(&admin, "settle", vec![bytes(batch.bytes)?])?;
        call(&admin, "set_desk", vec![desk])?;
        Ok(())
    }

    pub fn desk(&mut self) -> Result<()> {
        let (admin, ada, ben) = (self.admin.clone(), self.ada.clone(), self.ben.clone());
        let desk = self.desk.clone();
        let buy = signed_order(&desk, &ben, 22, true)?;
        let sell = signed_order(&desk, &ada, 21, false)?;
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

    pub fn leaving(&mut self) -> Result<()> {
        let (admin, ada, ben) = (self.admin.clone(), self.ada.clone(), self.ben.clone());
        let market = self.market.clone();
        let calls = [
            (&ada, "cancel_mandate", vec![address(&ada)], 0),
            (
                &ada,
                "request_withdrawal",
                vec![address(&ada), i128(100), i128(5)],
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

/// The key that signs quotes, and a collar.
pub fn oracle_terms() -> Result<ScVal> {
    let key = signer(ORACLE).verifying_key().to_bytes().to_vec();
    record([("collar_percent", ScVal::U32(20)), ("key", bytes(key)?)])
}

fn quote_message(oracle: &ScAddress) -> Result<Vec<u8>> {
    let mut message = b"stelltron quote 1".to_vec();
    message.extend(contract(oracle).to_xdr(Limits::none())?);
    for number in [FIRST, FIRST + 60, PRICE] {
        message.extend(number.to_be_bytes());
    }
    Ok(message)
}

/// An order as a wallet signs it (SEP-53).
fn signed_order(desk: &ScAddress, member: &AccountId, key: u8, buys: bool) -> Result<ScVal> {
    let price = if buys { PRICE + 1_000 } else { PRICE };
    let text = format!(
        "Stelltron order\ndesk {desk}\nmember {member}\n{} Wh 500\nstroops per kWh {price}\n\
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
