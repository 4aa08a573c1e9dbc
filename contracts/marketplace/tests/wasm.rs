//! The committed wasm, together and at the size that it is built for.
mod common;

use common::*;
use marketplace::{Mandate, MarketplaceClient};
use soroban_sdk::{
    testutils::{storage::Instance as _, Address as _, Ledger},
    Address, Bytes, BytesN, Env, IntoVal,
};

const ENERGY: &[u8] = include_bytes!("../../wasm/energy_token.wasm");
const WATT: &[u8] = include_bytes!("../../wasm/watt_token.wasm");
const MARKET: &[u8] = include_bytes!("../../wasm/marketplace.wasm");

/// What a settlement of 1,000 trades may cost without rent, for each trade.
/// Half of it is the history of five bytes a trade.
const STROOPS_A_TRADE: u64 = 60;

struct Deployed {
    e: Env,
    market: MarketplaceClient<'static>,
    watt: watt_token::WattTokenClient<'static>,
    energy: energy_token::EnergyTokenClient<'static>,
    members: Vec<Address>,
}

fn deploy(members: usize) -> Deployed {
    let e = Env::default();
    e.cost_estimate().budget().reset_unlimited();
    e.mock_all_auths();
    e.ledger().set_timestamp(u64::from(NOON + 60) * 60);
    let admin = Address::generate(&e);
    let watt = e.register(WATT, (&admin, &admin));
    let energy = e.register(ENERGY, (&admin, SLOT_MINUTES));
    let market = e.register(
        MARKET,
        (&admin, &admin, &watt, &energy, SLOT_MINUTES, 60u64, SILENCE),
    );
    let watt = watt_token::WattTokenClient::new(&e, &watt);
    let energy = energy_token::EnergyTokenClient::new(&e, &energy);
    let client = MarketplaceClient::new(&e, &market);
    energy.set_meter(&market, &true);
    watt.set_allowed(&market, &true);
    watt.attest_reserves(&i128::from(u64::MAX), &BytesN::from_array(&e, &[1; 32]));
    let mut deployed = Deployed {
        members: vec![admin],
        market: client,
        watt,
        energy,
        e,
    };
    while deployed.members.len() < members {
        deployed.join();
    }
    deployed
}

impl Deployed {
    fn join(&mut self) {
        let member = Address::generate(&self.e);
        let mut reference = [0; 32];
        reference[..8].copy_from_slice(&self.members.len().to_be_bytes());
        self.watt.set_allowed(&member, &true);
        self.watt
            .mint(&member, &PURSE, &BytesN::from_array(&self.e, &reference));
        self.market.deposit(&member, &PURSE);
        let unbounded = Mandate {
            slot_wh: u32::MAX,
            day_wh: u32::MAX,
            ..mandate()
        };
        self.market.set_mandate(&member, &unbounded);
        self.members.push(member);
    }

    fn settle(&self, sections: &[Sample]) -> u64 {
        let batch = encode(sections);
        self.market.settle(&Bytes::from_slice(&self.e, &batch));
        let used = self.e.cost_estimate().resources();
        // The operator is the transaction's source and needs no nonce entry,
        // which the mocked signature has written.
        let written = u64::from(used.write_entries) - 1;
        let keys = u64::from(used.memory_read_entries);
        // Mainnet's rates; envelope and footprint as transactions show them.
        let size = batch.len() as u64 + 500 + 70 * keys;
        let kb = |rate: u64, bytes: u64| (rate * bytes).div_ceil(1024);
        let fee = used.instructions as u64 * 7 / 10_000
            + 2_500 * written
            + kb(875, u64::from(used.write_bytes))
            + kb(4_059, size + 300)
            + kb(406, size)
            + kb(5_000, u64::from(used.contract_events_size_bytes));
        println!("{used:?}\n{size} bytes, {fee} stroops");
        fee
    }
}

fn thousand_trades(members: u16) -> Sample {
    let mut sample = section(NOON, 1).fee(10_000);
    for n in 0..1000u16 {
        let buyer = 1 + n % (members - 1);
        let seller = 1 + (n * 7 + 3) % (members - 1);
        let seller = if seller == buyer {
            1 + buyer % (members - 1)
        } else {
            seller
        };
        sample = sample.trade(buyer, seller, 1 + u32::from(n % 9), 1_000_000);
    }
    sample
}

#[test]
fn the_wasm_behaves_as_the_sources() {
    let m = deploy(4);
    let native = market();
    let batch = [
        section(NOON, 0)
            .fee(100_000)
            .mint(ADA, 1_500)
            .trade(BEN, ADA, 1_001, 1_200_000)
            .burn(BEN, 1_000),
        section(NOON + SLOT_MINUTES, 0).trade(CAL, ADA, 9, 1_000_000),
    ];
    m.settle(&batch);
    native.settle(&batch);
    assert_eq!(m.market.page(&0), native.client.page(&0));
    assert_eq!(m.market.chain(), native.client.chain());
    assert_eq!(m.market.totals().quote, m.watt.balance(&m.market.address));
    let energy = m.energy.balance(&m.market.address);
    assert_eq!(m.market.totals().energy_wh, energy);

    let refused = m
        .market
        .try_settle(&Bytes::from_slice(&m.e, &encode(&batch)));
    assert_eq!(refusal(refused), marketplace::MarketError::SlotSettled);
}

#[test]
fn a_thousand_trades_are_cheap() {
    let m = deploy(128);
    let mut mints = section(NOON, 0);
    for member in 1..128 {
        mints = mints.mint(member, 1_000);
    }
    let minted = m.settle(&[mints]);
    println!("127 mints: {minted} stroops");
    let fee = m.settle(&[thousand_trades(128)]);
    println!("1,000 trades of 128 members: {} stroops each", fee / 1000);
    assert!(fee <= STROOPS_A_TRADE * 1000, "{fee} stroops");
}

#[test]
fn every_wasm_fits() {
    for wasm in [ENERGY, WATT, MARKET] {
        assert!(wasm.len() < 80 * 1024);
    }
}

/// An upgrade keeps the address and everything stored under it.
#[test]
fn an_upgrade_keeps_the_state() {
    let native = market();
    native.settle(&[section(NOON, 0).mint(ADA, 10)]);
    let e = &native.e;
    let before = native.client.account(native.member(ADA));
    let hash = e.deployer().upload_contract_wasm(MARKET);
    native.client.upgrade(&hash);
    assert_eq!(native.client.account(native.member(ADA)), before);
    assert_eq!(native.client.schema_version(), 1);
}

/// Everything is set by the constructor, which the host lets nobody call again.
#[test]
fn nothing_can_be_initialised_twice() {
    let m = deploy(2);
    let args = (&m.members[0], SLOT_MINUTES).into_val(&m.e);
    let name = soroban_sdk::Symbol::new(&m.e, "__constructor");
    let again =
        m.e.try_invoke_contract::<(), soroban_sdk::Error>(&m.energy.address, &name, args);
    assert!(again.is_err());
    for wasm in [ENERGY, WATT, MARKET] {
        let names = String::from_utf8_lossy(wasm);
        assert!(!names.contains("initialize"));
    }
}

/// What grows with the members lies beside the instance, which every call loads.
#[test]
fn members_do_not_swell_the_instance() {
    let instance = |members| {
        let m = deploy(members);
        let size = || m.e.storage().instance().all().len();
        m.e.as_contract(&m.market.address, size)
    };
    assert_eq!(instance(2), instance(40));
}
