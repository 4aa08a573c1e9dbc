//! A generator from its request to its end.
use anyhow::{bail, Result};
use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};
use soroban_env_host::xdr::*;

use super::{signer, wasm, Lives, DAY, PURSE};
use crate::{
    args::{address, bytes, contract, i128, list, record, text},
    ledger::account,
};

const GENERATOR: &[u8] = wasm!("generator");
const FACTORY: &[u8] = wasm!("generator_factory");
const SLOT_SECONDS: u64 = 900;
const PRICE: u64 = 2_000;
const DEVICE: u8 = 33;

impl Lives {
    pub fn generator(&mut self) -> Result<()> {
        let (admin, ada, ben) = (self.admin.clone(), self.ada.clone(), self.ben.clone());
        let provider = account(31);
        for who in [&ada, &ben] {
            let moved = vec![address(&admin), address(who), i128(5 * PURSE)];
            let grid = self.grid.clone();
            self.ledger.call_as(&admin, &grid, "transfer", moved)?;
        }
        self.ledger.upload(GENERATOR)?;
        let hash = || bytes(Sha256::digest(GENERATOR).to_vec());
        let factory = self
            .ledger
            .deploy(FACTORY, 11, vec![address(&admin), hash()?])?;
        let name = "generator_factory";
        let admit = vec![address(&provider), ScVal::Bool(true)];
        self.take(name, &admin, &factory, "set_provider", admit)?;
        let paid_in = vec![contract(&self.grid), ScVal::Bool(true)];
        self.take(name, &admin, &factory, "set_token", paid_in)?;
        self.take(name, &admin, &factory, "set_generator_wasm", vec![hash()?])?;
        let request = vec![address(&ada), ScVal::U64(1), self.terms(&ada, &provider)?];
        let made = self.take(name, &ada, &factory, "create", request)?;
        let ScVal::Address(generator) = made.value else {
            bail!("the factory gave no address");
        };
        self.fund_and_install(&generator)?;
        self.operate(&generator)?;
        self.trade_units(&generator)?;
        self.take("generator", &ada, &generator, "retire", vec![])?;
        Ok(())
    }

    fn terms(&self, requester: &AccountId, provider: &AccountId) -> Result<ScVal> {
        record([
            ("deadline", ScVal::U64(self.ledger.now() + 10 * DAY)),
            ("goal", ScVal::U64(1_000_000)),
            ("maintenance_bps", ScVal::U32(500)),
            ("max_price", ScVal::U64(1_000_000)),
            ("max_units", ScVal::U32(6_000)),
            ("measure", text("kWh")?),
            ("milestones", list(vec![ScVal::U32(40), ScVal::U32(60)])?),
            ("min_price", ScVal::U64(0)),
            ("min_units", ScVal::U32(100)),
            ("parts", ScVal::U32(1_000)),
            ("provider", address(provider)),
            ("requester", address(requester)),
            ("slot_seconds", ScVal::U64(SLOT_SECONDS)),
            ("token", contract(&self.grid)),
        ])
    }

    fn fund_and_install(&mut self, generator: &ScAddress) -> Result<()> {
        let (ada, ben) = (self.ada.clone(), self.ben.clone());
        let key = signer(DEVICE).verifying_key().to_bytes().to_vec();
        let calls = [
            (&ada, "fund", vec![address(&ada), ScVal::U32(4_500)]),
            (&ada, "withdraw", vec![address(&ada), ScVal::U32(500)]),
            (&ben, "fund", vec![address(&ben), ScVal::U32(6_000)]),
            (&ben, "close_funding", vec![]),
            (&ada, "release", vec![ScVal::U32(0), bytes(vec![1; 32])?]),
            (&ada, "install", vec![bytes(key.clone())?]),
            (&ada, "activate", vec![address(&ada), ScVal::U64(10)]),
            (&ada, "replace_device", vec![bytes(key)?]),
        ];
        for (who, function, args) in calls {
            self.take("generator", who, generator, function, args)?;
        }
        Ok(())
    }

    fn operate(&mut self, generator: &ScAddress) -> Result<()> {
        let (ada, ben) = (self.ada.clone(), self.ben.clone());
        let price = vec![address(&ben), ScVal::U64(PRICE)];
        self.take("generator", &ben, generator, "set_price", price)?;
        self.ledger.wait(SLOT_SECONDS);
        let (quantity, counter) = (5_000u64, 1u64);
        let mut message = b"stelltron:dispense:v1\0".to_vec();
        message.extend(format!("{generator}{ada}").into_bytes());
        message.extend(counter.to_be_bytes());
        message.extend(quantity.to_be_bytes());
        let signature = signer(DEVICE).sign(&message).to_bytes().to_vec();
        let paid = vec![address(&ada), ScVal::U64(quantity), ScVal::U64(PRICE)];
        let dispensed = vec![
            address(&ada),
            ScVal::U64(quantity),
            ScVal::U64(counter),
            bytes(signature)?,
        ];
        let spent = vec![address(&ben), ScVal::U64(10), bytes(vec![2; 32])?];
        let calls = [
            (&ada, "pay", paid),
            (&ada, "dispense", dispensed),
            (&ben, "claim", vec![address(&ben)]),
            (&ada, "spend_maintenance", spent),
            (&ben, "clear_price", vec![address(&ben)]),
        ];
        for (who, function, args) in calls {
            self.take("generator", who, generator, function, args)?;
        }
        Ok(())
    }

    fn trade_units(&mut self, generator: &ScAddress) -> Result<()> {
        let (ada, ben) = (self.ada.clone(), self.ben.clone());
        let units = || ScVal::U32(100);
        let first = self.ledger.now() / SLOT_SECONDS * SLOT_SECONDS + SLOT_SECONDS;
        let period = [first, first + 4 * SLOT_SECONDS].map(ScVal::U64).to_vec();
        let future = |price: u64| -> Vec<ScVal> {
            let head = vec![address(&ben), units()];
            [head, period.clone(), vec![ScVal::U64(price)]].concat()
        };
        let (one, two) = (ScVal::U32(0), ScVal::U32(1));
        let bought = vec![address(&ada), address(&ben), units(), ScVal::U64(9)];
        let calls = [
            (
                &ben,
                "list",
                vec![address(&ben), ScVal::U32(200), ScVal::U64(9)],
            ),
            (&ada, "buy", bought),
            (&ben, "unlist", vec![address(&ben)]),
            (
                &ben,
                "transfer",
                vec![address(&ben), address(&ada), units()],
            ),
            (&ben, "sell_future", future(50)),
            (&ben, "sell_future", future(60)),
            (
                &ada,
                "buy_future",
                vec![address(&ada), one.clone(), ScVal::U64(50)],
            ),
            (&ben, "withdraw_future", vec![address(&ben), two]),
        ];
        for (who, function, args) in calls {
            self.take("generator", who, generator, function, args)?;
        }
        self.ledger.wait(6 * SLOT_SECONDS);
        self.take("generator", &ada, generator, "settle_future", vec![one])?;
        Ok(())
    }
}
