#![allow(dead_code)]

use ed25519_dalek::{Signer, SigningKey};
use energy_locks::{
    EnergyLock, EnergyLocks, EnergyLocksClient, LockError, Order, State, DELIVER_TAG, LOCK_TAG,
};
use energy_token::{EnergyToken, EnergyTokenClient};
use soroban_sdk::{
    testutils::{Address as _, EnvTestConfig, Events, Ledger},
    Address, Bytes, BytesN, Env, Error, Event, InvokeError,
};
use watt_token::{WattToken, WattTokenClient};

/// The beginning of a slot of 15 minutes.
pub const NOW: u64 = 1_780_272_000;
pub const MINUTE: u64 = 60;
pub const HOUR: u64 = 60 * MINUTE;
pub const DAY: u64 = 24 * HOUR;
/// Everybody's WATT, and everybody's Wh.
pub const PURSE: i128 = 10_000_000_000;
pub const STORE: i128 = 100_000;
/// Stroops for a kWh.
pub const PRICE: u64 = 2_000_000;
const DEVICE: u8 = 7;

pub struct Site {
    pub e: Env,
    pub admin: Address,
    pub ada: Address,
    pub ben: Address,
    pub cal: Address,
    pub id: Address,
    pub client: EnergyLocksClient<'static>,
    pub money: WattTokenClient<'static>,
    pub energy: EnergyTokenClient<'static>,
}

pub fn site() -> Site {
    let e = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    e.cost_estimate().budget().reset_unlimited();
    site_in(e)
}

fn site_in(e: Env) -> Site {
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let [admin, ada, ben, cal] = core::array::from_fn(|_| Address::generate(&e));
    let money = e.register(WattToken, (&admin, &admin));
    let money = WattTokenClient::new(&e, &money);
    let energy = e.register(EnergyToken, (&admin, 15u32));
    let energy = EnergyTokenClient::new(&e, &energy);
    let id = e.register(EnergyLocks, (&admin, &money.address, &energy.address));
    money.set_allowed(&id, &true);
    money.attest_reserves(&(3 * PURSE), &BytesN::from_array(&e, &[0; 32]));
    energy.set_meter(&admin, &true);
    for (number, who) in [&ada, &ben, &cal].into_iter().enumerate() {
        let number = number as u8 + 1;
        money.set_allowed(who, &true);
        money.mint(who, &PURSE, &BytesN::from_array(&e, &[number; 32]));
        let mut interval = Bytes::from_array(&e, &((NOW / 60) as u32).to_be_bytes());
        interval.push_back(number);
        interval.extend_from_array(&(STORE as u32).to_be_bytes());
        energy.attest(&admin, who, &interval);
    }
    Site {
        client: EnergyLocksClient::new(&e, &id),
        admin,
        ada,
        ben,
        cal,
        id,
        money,
        energy,
        e,
    }
}

impl Site {
    pub fn now(&self) -> u64 {
        self.e.ledger().timestamp()
    }

    pub fn wait(&self, seconds: u64) {
        self.e.ledger().set_timestamp(self.now() + seconds);
    }

    pub fn name(&self, number: u8) -> BytesN<32> {
        BytesN::from_array(&self.e, &[number; 32])
    }

    /// Ada buys from Ben, to be delivered within six hours.
    pub fn order(&self, wh: u64) -> Order {
        Order {
            buyer: self.ada.clone(),
            seller: self.ben.clone(),
            device: self.device(),
            wh,
            price: PRICE,
            lock_by: None,
            deliver_by: self.now() + 6 * HOUR,
        }
    }

    pub fn reserve(&self, number: u8, wh: u64) -> BytesN<32> {
        let id = self.name(number);
        self.client.reserve(&id, &self.order(wh));
        id
    }

    pub fn lock(&self, id: &BytesN<32>) {
        let wh = self.client.energy_lock(id).unwrap().wh;
        self.client.lock(id, &self.signed(LOCK_TAG, id, wh));
    }

    pub fn reserve_and_lock(&self, number: u8, wh: u64) -> BytesN<32> {
        let id = self.reserve(number, wh);
        self.lock(&id);
        id
    }

    pub fn deliver(&self, id: &BytesN<32>, wh: u64) -> i128 {
        self.client
            .deliver(id, &wh, &self.signed(DELIVER_TAG, id, wh))
    }

    pub fn device(&self) -> BytesN<32> {
        let key = SigningKey::from_bytes(&[DEVICE; 32]).verifying_key();
        BytesN::from_array(&self.e, &key.to_bytes())
    }

    pub fn signed(&self, tag: &[u8], id: &BytesN<32>, wh: u64) -> BytesN<64> {
        self.signed_by(DEVICE, &self.id, tag, id, wh)
    }

    /// What a device sends, put together as the documents say.
    pub fn signed_by(
        &self,
        seed: u8,
        contract: &Address,
        tag: &[u8],
        id: &BytesN<32>,
        wh: u64,
    ) -> BytesN<64> {
        let mut letters = [0; 56];
        contract.to_string().copy_into_slice(&mut letters);
        let message = [tag, &letters, &id.to_array(), &wh.to_be_bytes()].concat();
        let signature = SigningKey::from_bytes(&[seed; 32]).sign(&message);
        BytesN::from_array(&self.e, &signature.to_bytes())
    }

    pub fn state(&self, id: &BytesN<32>) -> State {
        self.found(id).state
    }

    pub fn found(&self, id: &BytesN<32>) -> EnergyLock {
        self.client.energy_lock(id).unwrap()
    }

    /// Stroops and Wh.
    pub fn has(&self, who: &Address) -> (i128, i128) {
        (self.money.balance(who), self.energy.balance(who))
    }

    pub fn last_event(&self, event: impl Event) {
        let events = self.e.events().all();
        assert_eq!(
            events.events().last(),
            Some(&event.to_xdr(&self.e, &self.id))
        );
    }
}

/// The contract error that a call ended in.
pub fn code<T: core::fmt::Debug, C: core::fmt::Debug>(
    result: Result<Result<T, C>, Result<Error, InvokeError>>,
) -> u32 {
    match result {
        Err(Ok(error)) => error.get_code(),
        other => panic!("expected a contract error, got {other:?}"),
    }
}

pub fn refusal<T: core::fmt::Debug, C: core::fmt::Debug>(
    result: Result<Result<T, C>, Result<Error, InvokeError>>,
) -> LockError {
    let code = code(result);
    Error::from_contract_error(code)
        .try_into()
        .unwrap_or_else(|_| panic!("error {code} is not ours"))
}

/// How many lives of so many commands each: `LIVES` says how many commands a
/// long run takes.
pub fn lives(commands: usize, usual: u32) -> u32 {
    std::env::var("LIVES").map_or(usual, |all| {
        (all.parse::<usize>().unwrap() / commands).max(1) as u32
    })
}
