//! A marketplace in the middle of its life: as many members as wanted, with
//! money, mandates, and counters from the slots before.
use anyhow::{bail, Result};
use marketplace::{
    pages::{record_mut, Balance, Page, MANDATES, PAGES, SLOTS},
    varint, Mandate,
};
use soroban_env_host::xdr::{ScAddress, ScMap, ScSymbol, ScVal, ScVec};

use crate::{
    args,
    ledger::{Ledger, Usage, NOW},
};

const MARKET: &[u8] = include_bytes!("../../wasm/marketplace.wasm");
const ENERGY: &[u8] = include_bytes!("../../wasm/energy_token.wasm");
const WATT: &[u8] = include_bytes!("../../wasm/watt_token.wasm");

pub const SLOT_MINUTES: u32 = 15;
/// The first slot to settle, in unix minutes.
pub const FIRST: u32 = NOW as u32 / 60 - 8 * SLOT_MINUTES;
pub const PRICE: u32 = 1_500_000;
const FEE: u32 = 100_000;

pub struct Market {
    pub ledger: Ledger,
    pub contract: ScAddress,
    pub members: u32,
}

impl Market {
    /// Member slot 0 is the operator's; the others have traded today.
    pub fn new(members: u32) -> Result<Self> {
        let ledger = Ledger::new()?;
        let admin = ledger.address();
        let watt = ledger.deploy(WATT, 1, vec![admin.clone(), admin.clone()])?;
        let energy = ledger.deploy(ENERGY, 2, vec![admin.clone(), ScVal::U32(SLOT_MINUTES)])?;
        let contract = ledger.deploy(
            MARKET,
            3,
            vec![
                admin.clone(),
                admin.clone(),
                ScVal::Address(watt),
                ScVal::Address(energy.clone()),
                ScVal::U32(SLOT_MINUTES),
                ScVal::U64(900),
                ScVal::U64(604_800),
            ],
        )?;
        let market = ScVal::Address(contract.clone());
        ledger.call(&energy, "set_meter", vec![market, ScVal::Bool(true)])?;
        let market = Market {
            ledger,
            contract,
            members,
        };
        market.seat()?;
        Ok(market)
    }

    /// Writes the members straight into the pages: joining one by one would
    /// take minutes and cost the settlements nothing.
    fn seat(&self) -> Result<()> {
        let slots = self.members.div_ceil(SLOTS as u32);
        for number in 0..slots {
            let mut page = Page::read(&[0; varint::SPARE]);
            page.slot = FIRST - SLOT_MINUTES;
            let mut mandates = vec![0; MANDATES];
            for at in 0..SLOTS as u32 {
                let member = number * SLOTS as u32 + at;
                if member > 0 && member < self.members {
                    page.balances[at as usize] = seasoned(member);
                    mandate_of(member).write(record_mut(&mut mandates, at as usize));
                }
            }
            self.ledger.set_data(
                &self.contract,
                ScVal::U32(number),
                args::bytes(page.write())?,
            );
            self.ledger.set_data(
                &self.contract,
                ScVal::U32(PAGES as u32 + number),
                args::bytes(mandates)?,
            );
        }
        self.count_members()
    }

    fn count_members(&self) -> Result<()> {
        let Some(ScVal::ContractInstance(mut instance)) = self
            .ledger
            .data(&self.contract, ScVal::LedgerKeyContractInstance)
        else {
            bail!("the marketplace has no instance");
        };
        let storage = instance.storage.take().map(|map| map.0.to_vec());
        let mut storage = storage.unwrap_or_default();
        let key = ScVal::Vec(Some(ScVec(
            vec![ScVal::Symbol(ScSymbol("Members".try_into()?))].try_into()?,
        )));
        for entry in &mut storage {
            if entry.key == key {
                entry.val = ScVal::U32(self.members);
            }
        }
        instance.storage = Some(ScMap(storage.try_into()?));
        self.ledger.set_data(
            &self.contract,
            ScVal::LedgerKeyContractInstance,
            ScVal::ContractInstance(instance),
        );
        Ok(())
    }

    pub fn settle(&self, batch: &Batch) -> Result<Usage> {
        self.ledger.measure(
            &self.contract,
            "settle",
            vec![args::bytes(batch.bytes.clone())?],
        )
    }
}

/// A balance as a member has it at midday: money, some energy, energy traded
/// today and yesterday.
fn seasoned(member: u32) -> Balance {
    Balance {
        quote: 3_000_000_000 + i64::from(member) * 7_919,
        energy: 400_000,
        slot_wh: [0; 4],
        day_wh: [3_000 + member % 9_000, 5_000 + member % 11_000],
    }
}

fn mandate_of(member: u32) -> Mandate {
    Mandate {
        sell_min: 500_000,
        buy_max: 3_000_000,
        slot_wh: 10_000_000,
        day_wh: 40_000_000,
        valid_from: FIRST - 1440,
        valid_until: FIRST + 1440,
        zone: member % 7,
        sides: 3,
    }
}

/// A batch in the making.
pub struct Batch {
    pub bytes: Vec<u8>,
    members: u32,
}

impl Batch {
    pub fn new(members: u32) -> Self {
        Batch {
            bytes: vec![marketplace::batch::VERSION],
            members,
        }
    }

    /// A slot that trades pairs at one price, and then closes.
    pub fn trades(mut self, slot: u32, trades: u32) -> Self {
        let mut pairs: Vec<_> = (0..trades).map(|n| self.pair(n)).collect();
        pairs.sort_unstable();
        self.head(slot);
        self.numbers(&[0, 0, 1, PRICE.into(), 0, trades.into()]);
        let mut last = 0;
        for (buyer, seller, wh) in pairs {
            self.numbers(&[u64::from(buyer - last), seller.into(), wh.into()]);
            last = buyer;
        }
        self.numbers(&[0]);
        self
    }

    /// The same, each at a price of its own.
    pub fn priced_trades(mut self, slot: u32, trades: u32) -> Self {
        let step = 1_000;
        let mut pairs: Vec<_> = (0..trades).map(|n| self.pair(n)).collect();
        pairs.sort_unstable();
        self.head(slot);
        self.numbers(&[0, 0, 1, PRICE.into(), step, trades.into()]);
        let mut last = 0;
        for (n, (buyer, seller, wh)) in pairs.into_iter().enumerate() {
            let above = n as u64 * 37 % 500;
            self.numbers(&[u64::from(buyer - last), seller.into(), wh.into(), above]);
            last = buyer;
        }
        self.numbers(&[0]);
        self
    }

    /// A slot in which every member bought or sold at one price.
    pub fn positions(mut self, slot: u32) -> Self {
        let count = (self.members - 1) / 2 * 2;
        self.head(slot);
        self.numbers(&[0, 1, PRICE.into(), count.into()]);
        for n in 0..count {
            let wh = u64::from(energy(n / 2));
            let zigzag = if n % 2 == 0 { 2 * wh } else { 2 * wh - 1 };
            self.numbers(&[u64::from(n == 0), zigzag]);
        }
        self.numbers(&[0, 0]);
        self
    }

    fn pair(&self, n: u32) -> (u32, u32, u32) {
        let others = self.members - 1;
        let buyer = n.wrapping_mul(7) % others;
        let seller = (buyer + 1 + n.wrapping_mul(3) % (others - 1)) % others;
        (1 + buyer, 1 + seller, energy(n))
    }

    fn head(&mut self, slot: u32) {
        let closes = 1;
        self.bytes.extend(slot.to_be_bytes());
        self.bytes.extend([0, closes]);
        self.bytes.extend(FEE.to_be_bytes());
        self.bytes.extend(self.members.to_be_bytes());
        self.bytes.extend([7; 32]);
    }

    fn numbers(&mut self, numbers: &[u64]) {
        for number in numbers {
            varint::push(&mut self.bytes, *number);
        }
    }
}

/// Wh of the n-th trade: what homes trade in a quarter of an hour.
fn energy(n: u32) -> u32 {
    1 + n.wrapping_mul(2_654_435_761) % 1_500
}
