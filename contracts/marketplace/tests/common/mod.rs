#![allow(dead_code)]

mod encode;

pub use encode::encode;

use energy_token::{EnergyToken, EnergyTokenClient};
use marketplace::{Mandate, MarketError, Marketplace, MarketplaceClient};
use soroban_sdk::{
    testutils::{Address as _, Ledger},
    token::{StellarAssetClient, TokenClient},
    Address, Bytes, BytesN, Env, Error, InvokeError,
};

pub const SLOT_MINUTES: u32 = 15;
/// 2026-06-01 00:00 UTC in unix minutes.
pub const MIDNIGHT: u32 = 29_671_200;
pub const NOON: u32 = MIDNIGHT + 12 * 60;
pub const WITHDRAW_DELAY: u64 = 3600;
/// Seconds: a week.
pub const SILENCE: u64 = 604_800;
/// What everybody starts with, in stroops.
pub const PURSE: i128 = 1_000_000_000;

/// Member slots: the operator is 0, then in order of joining.
pub const OPERATOR: u16 = 0;
pub const ADA: u16 = 1;
pub const BEN: u16 = 2;
pub const CAL: u16 = 3;

pub struct Market {
    pub e: Env,
    pub admin: Address,
    pub operator: Address,
    pub id: Address,
    pub client: MarketplaceClient<'static>,
    pub energy: EnergyTokenClient<'static>,
    pub quote: TokenClient<'static>,
    /// By member slot.
    pub members: Vec<Address>,
}

/// A market at 13:00 whose members Ada, Ben and Cal have deposited `PURSE`
/// and given `mandate()`.
pub fn market() -> Market {
    market_in(Env::default())
}

pub fn market_in(e: Env) -> Market {
    e.cost_estimate().budget().reset_unlimited();
    e.mock_all_auths();
    e.ledger().set_timestamp(u64::from(NOON + 60) * 60);
    let (admin, operator) = (Address::generate(&e), Address::generate(&e));
    let issuer = Address::generate(&e);
    let quote = e.register_stellar_asset_contract_v2(issuer).address();
    let energy = e.register(EnergyToken, (&admin, SLOT_MINUTES));
    let id = e.register(
        Marketplace,
        (
            &admin,
            &operator,
            &quote,
            &energy,
            SLOT_MINUTES,
            WITHDRAW_DELAY,
            SILENCE,
        ),
    );
    let energy = EnergyTokenClient::new(&e, &energy);
    energy.set_meter(&id, &true);
    let mut market = Market {
        members: vec![operator.clone()],
        admin,
        operator,
        client: MarketplaceClient::new(&e, &id),
        quote: TokenClient::new(&e, &quote),
        energy,
        id,
        e,
    };
    for _ in 0..3 {
        market.join();
    }
    market
}

pub fn mandate() -> Mandate {
    Mandate {
        sell_min: 500_000,
        buy_max: 2_000_000,
        slot_wh: 5_000,
        day_wh: 20_000,
        valid_from: MIDNIGHT,
        valid_until: MIDNIGHT + 24 * 60,
        zone: 3,
        sides: 3,
    }
}

impl Market {
    pub fn join(&mut self) -> Address {
        let slot = self.join_without_mandate();
        let member = self.member(slot).clone();
        self.client.set_mandate(&member, &mandate());
        member
    }

    /// A member with a purse and nothing else; returns the member slot.
    pub fn join_without_mandate(&mut self) -> u16 {
        let member = Address::generate(&self.e);
        StellarAssetClient::new(&self.e, &self.quote.address).mint(&member, &PURSE);
        self.client.deposit(&member, &PURSE);
        self.members.push(member);
        self.members.len() as u16 - 1
    }

    pub fn fund_operator(&self, amount: i128) {
        StellarAssetClient::new(&self.e, &self.quote.address).mint(&self.operator, &amount);
        self.client.deposit(&self.operator, &amount);
    }

    pub fn wait(&self, seconds: u64) {
        let now = self.e.ledger().timestamp();
        self.e.ledger().set_timestamp(now + seconds);
    }

    pub fn member(&self, slot: u16) -> &Address {
        &self.members[usize::from(slot)]
    }

    pub fn change_mandate(&self, slot: u16, change: impl FnOnce(&mut Mandate)) {
        let mut mandate = mandate();
        change(&mut mandate);
        // Yesterday and instead of any other, so that it is the only one today.
        let now = self.e.ledger().timestamp();
        let yesterday = u64::from(MIDNIGHT - 2 * SLOT_MINUTES) * 60;
        self.e.ledger().set_timestamp(yesterday);
        self.client.cancel_mandate(self.member(slot));
        self.client.set_mandate(self.member(slot), &mandate);
        self.e.ledger().set_timestamp(now);
    }

    /// Asks for money and energy, waits, and takes them.
    pub fn withdraw(&self, slot: u16, amount: i128, wh: i128) -> (i128, i128) {
        let member = self.member(slot);
        self.client.request_withdrawal(member, &amount, &wh);
        self.wait(WITHDRAW_DELAY);
        self.client.withdraw(member)
    }

    pub fn quote_of(&self, slot: u16) -> i128 {
        self.client.account(self.member(slot)).quote
    }

    pub fn energy_of(&self, slot: u16) -> i128 {
        self.client.account(self.member(slot)).energy_wh
    }

    pub fn bytes(&self, sections: &[Sample]) -> Bytes {
        Bytes::from_slice(&self.e, &encode(sections))
    }

    /// Settles and checks that nothing was made or lost.
    pub fn settle(&self, sections: &[Sample]) -> BytesN<32> {
        self.client.settle(&self.bytes(sections));
        self.check_conservation();
        self.client.chain().root
    }

    /// The refusal of a batch, which must leave everything as it was.
    pub fn refused(&self, sections: &[Sample]) -> MarketError {
        let before = self.snapshot();
        let error = refusal(self.client.try_settle(&self.bytes(sections)));
        assert_eq!(self.snapshot(), before, "a refused batch changed something");
        error
    }

    fn snapshot(&self) -> (Bytes, Bytes, marketplace::ChainHead, i128, u32) {
        (
            self.client.page(&0),
            self.client.mandates_page(&0),
            self.client.chain(),
            self.energy.balance(&self.id),
            self.client.next_chunk(&NOON),
        )
    }

    pub fn check_conservation(&self) {
        let accounts = self.members.iter().map(|m| self.client.account(m));
        let (quote, energy) = accounts.fold((0, 0), |(quote, energy), account| {
            (quote + account.quote, energy + account.energy_wh)
        });
        let totals = self.client.totals();
        assert_eq!(quote, totals.quote);
        assert_eq!(energy, totals.energy_wh);
        assert_eq!(quote, self.quote.balance(&self.id));
        assert_eq!(energy, self.energy.balance(&self.id));
    }
}

/// One section as a test writes it down.
#[derive(Clone, Debug)]
pub struct Sample {
    pub slot: u32,
    pub chunk: u8,
    pub closes: bool,
    pub fee: u32,
    pub leaf_count: u32,
    pub root: [u8; 32],
    pub mints: Vec<(u16, u32)>,
    /// A price and what each member bought (above zero) or sold.
    pub rounds: Vec<(u32, Vec<(u16, i32)>)>,
    pub trades: Vec<(u16, u16, u32, u32)>,
    pub burns: Vec<(u16, u32)>,
}

pub fn section(slot: u32, chunk: u8) -> Sample {
    Sample {
        slot,
        chunk,
        closes: false,
        fee: 0,
        leaf_count: 1,
        root: [7; 32],
        mints: vec![],
        rounds: vec![],
        trades: vec![],
        burns: vec![],
    }
}

impl Sample {
    pub fn closes(mut self) -> Sample {
        self.closes = true;
        self
    }

    pub fn fee(mut self, fee: u32) -> Sample {
        self.fee = fee;
        self
    }

    pub fn mint(mut self, member: u16, wh: u32) -> Sample {
        self.mints.push((member, wh));
        self
    }

    pub fn round(mut self, price: u32, positions: &[(u16, i32)]) -> Sample {
        self.rounds.push((price, positions.to_vec()));
        self
    }

    /// Wh from seller to buyer at a price in stroops per kWh.
    pub fn trade(mut self, buyer: u16, seller: u16, wh: u32, price: u32) -> Sample {
        self.trades.push((buyer, seller, wh, price));
        self
    }

    pub fn burn(mut self, member: u16, wh: u32) -> Sample {
        self.burns.push((member, wh));
        self
    }
}

/// The marketplace error that a call ended in.
pub fn refusal<T: core::fmt::Debug, C: core::fmt::Debug>(
    result: Result<Result<T, C>, Result<Error, InvokeError>>,
) -> MarketError {
    Error::from_contract_error(code(result))
        .try_into()
        .expect("an error of the marketplace")
}

/// The number of the contract error that a call ended in.
pub fn code<T: core::fmt::Debug, C: core::fmt::Debug>(
    result: Result<Result<T, C>, Result<Error, InvokeError>>,
) -> u32 {
    match result {
        Err(Ok(error)) => error.get_code(),
        other => panic!("expected a contract error, got {other:?}"),
    }
}
