//! What waits: energy that is locked until it is delivered, and money that earns
//! while it lies in the marketplace.
use anyhow::{ensure, Result};
use ed25519_dalek::Signer;
use soroban_env_host::xdr::*;

use super::{signer, wasm, Lives, DAY, PURSE};
use crate::args::{address, bytes, contract, i128, list, record};

const YIELD: &[u8] = wasm!("idle_yield");
const LOCKS: &[u8] = wasm!("energy_locks");
const DEVICE: u8 = 34;
const WH: u64 = 1_000;

impl Lives {
    /// On what Ada and Ben have in the marketplace.
    pub fn idle_yield(&mut self) -> Result<()> {
        let (admin, ada) = (self.admin.clone(), self.ada.clone());
        let terms = record([
            ("ends_at", ScVal::U64(self.ledger.now() + DAY)),
            ("rate_bps", ScVal::U32(500)),
        ])?;
        let made = vec![
            address(&admin),
            contract(&self.grid),
            contract(&self.market),
            terms,
        ];
        let idle = self.ledger.deploy(YIELD, 17, made)?;
        let name = "idle_yield";
        let funded = vec![address(&admin), i128(PURSE / 10)];
        self.take(name, &admin, &idle, "fund", funded)?;
        let both =
            || -> Result<_> { Ok(vec![list(vec![address(&self.ada), address(&self.ben)])?]) };
        let (first, second) = (both()?, both()?);
        self.ledger.call(&idle, "touch", first)?;
        self.ledger.wait(DAY);
        self.take(name, &admin, &idle, "touch", second)?;
        let claimed = self.take(name, &ada, &idle, "claim", vec![address(&ada)])?;
        ensure!(claimed.value != i128(0), "money in the marketplace earns");
        self.ledger.wait(7 * DAY);
        self.take(name, &admin, &idle, "take_back", vec![address(&admin)])?;
        Ok(())
    }

    /// Ben buys from Ada.
    pub fn energy_locks(&mut self) -> Result<()> {
        let (admin, ada, ben) = (self.admin.clone(), self.ada.clone(), self.ben.clone());
        let made = vec![
            address(&admin),
            contract(&self.watt),
            contract(&self.energy),
        ];
        let locks = self.ledger.deploy(LOCKS, 18, made)?;
        self.allow(contract(&locks), true)?;
        let name = "energy_locks";
        let id = |number: u8| bytes(vec![number; 32]);
        for number in [1, 2, 3] {
            let order = vec![id(number)?, self.order()?];
            self.take(name, &ben, &locks, "reserve", order)?;
        }
        let locked = vec![id(1)?, signed(&locks, b"stelltron:lock:v1\0", 1)?];
        self.take(name, &ada, &locks, "lock", locked)?;
        let proof = signed(&locks, b"stelltron:deliver:v1\0", 1)?;
        let delivered = vec![id(1)?, ScVal::U64(WH), proof];
        self.take(name, &ada, &locks, "deliver", delivered)?;
        self.ledger.wait(901);
        self.take(name, &ada, &locks, "release", vec![id(2)?])?;
        self.allow(address(&ben), false)?;
        self.ledger.call(&locks, "release", vec![id(3)?])?;
        self.allow(address(&ben), true)?;
        self.take(name, &ben, &locks, "collect", vec![address(&ben)])?;
        Ok(())
    }

    fn allow(&self, who: ScVal, allowed: bool) -> Result<()> {
        let args = vec![who, ScVal::Bool(allowed)];
        self.ledger.call(&self.watt, "set_allowed", args).map(drop)
    }

    fn order(&self) -> Result<ScVal> {
        record([
            ("buyer", address(&self.ben)),
            ("deliver_by", ScVal::U64(self.ledger.now() + DAY)),
            (
                "device",
                bytes(signer(DEVICE).verifying_key().to_bytes().to_vec())?,
            ),
            ("lock_by", ScVal::Void),
            ("price", ScVal::U64(2_000_000)),
            ("seller", address(&self.ada)),
            ("wh", ScVal::U64(WH)),
        ])
    }
}

fn signed(locks: &ScAddress, tag: &[u8], number: u8) -> Result<ScVal> {
    let letters = locks.to_string().into_bytes();
    let message = [tag, &letters, &[number; 32], &WH.to_be_bytes()].concat();
    bytes(signer(DEVICE).sign(&message).to_bytes().to_vec())
}
