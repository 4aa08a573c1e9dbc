#![allow(dead_code)]

use ed25519_dalek::{Signer, SigningKey};
use generator::{Generator, GeneratorClient, GeneratorError, Terms, DISPENSE_TAG};
use grid_token::{GridToken, GridTokenClient};
use soroban_sdk::{
    testutils::{Address as _, EnvTestConfig, Events, Ledger},
    Address, BytesN, Env, Error, Event, InvokeError, String, Vec,
};

pub const SLOT: u64 = 900;
/// The beginning of a slot.
pub const NOW: u64 = 1_977_778 * SLOT;
pub const DAY: u64 = 86_400;
pub const MONTH: u64 = 30 * DAY;
pub const PURSE: u64 = 1_000_000_000_000;
/// What a unit costs in stroops, and all of them.
pub const UNIT: u64 = 50_000;
pub const GOAL: u64 = 10_000 * UNIT;
/// The first token: 95 stroops a unit and 50,000 for maintenance.
pub const FIRST: u64 = 1_000_000;
/// Stroops for a kWh.
pub const PRICE: u64 = 2_000_000;

pub struct Site {
    pub e: Env,
    pub admin: Address,
    pub requester: Address,
    pub provider: Address,
    pub ada: Address,
    pub ben: Address,
    pub cal: Address,
    pub id: Address,
    pub client: GeneratorClient<'static>,
    pub token: GridTokenClient<'static>,
}

/// 5 % for maintenance, three milestones, stakes of 100 to 6,000 units.
pub fn terms(e: &Env, requester: &Address, provider: &Address, token: &Address) -> Terms {
    Terms {
        requester: requester.clone(),
        provider: provider.clone(),
        token: token.clone(),
        goal: GOAL,
        deadline: NOW + MONTH,
        min_units: 100,
        max_units: 6_000,
        milestones: Vec::from_array(e, [30, 50, 20]),
        measure: String::from_str(e, "kWh"),
        parts: 1_000,
        min_price: 0,
        max_price: 10_000_000,
        slot_seconds: SLOT,
        maintenance_bps: 500,
    }
}

/// A generator that looks for financiers; everybody has a purse.
pub fn site() -> Site {
    site_in(Env::default(), |_| {})
}

pub fn site_with(change: impl FnOnce(&mut Terms)) -> Site {
    site_in(Env::default(), change)
}

/// For many runs: it neither counts its budget nor writes what happened.
pub fn quiet_site() -> Site {
    let e = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    e.cost_estimate().budget().reset_unlimited();
    site_in(e, |_| {})
}

/// Ada has 5,000 units, Ben 3,000, Cal 2,000.
pub fn funded() -> Site {
    let s = site();
    s.fund_all();
    s
}

/// Installed, activated with `FIRST`; no price yet.
pub fn active() -> Site {
    let s = funded();
    s.start();
    s
}

/// Active, and Ada has set `PRICE`.
pub fn priced() -> Site {
    let s = active();
    s.client.set_price(&s.ada, &PRICE);
    s.next_slot();
    s
}

fn site_in(e: Env, change: impl FnOnce(&mut Terms)) -> Site {
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let [admin, requester, provider, ada, ben, cal] =
        core::array::from_fn(|_| Address::generate(&e));
    let token = e.register(
        GridToken,
        (&admin, &admin, 100 * i128::from(PURSE), i128::MAX),
    );
    let token = GridTokenClient::new(&e, &token);
    for who in [&requester, &ada, &ben, &cal] {
        token.transfer(&admin, who, &i128::from(PURSE));
    }
    let mut terms = terms(&e, &requester, &provider, &token.address);
    change(&mut terms);
    let id = e.register(Generator, (&admin, terms));
    Site {
        client: GeneratorClient::new(&e, &id),
        admin,
        requester,
        provider,
        ada,
        ben,
        cal,
        token,
        id,
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

    pub fn next_slot(&self) {
        self.wait(SLOT - self.now() % SLOT);
    }

    pub fn fund_all(&self) {
        self.client.fund(&self.ada, &5_000);
        self.client.fund(&self.ben, &3_000);
        self.client.fund(&self.cal, &2_000);
        self.client.close_funding();
    }

    pub fn start(&self) {
        self.client.install(&self.key());
        self.client.activate(&self.requester, &FIRST);
    }

    pub fn hash(&self) -> BytesN<32> {
        BytesN::from_array(&self.e, &[9; 32])
    }

    pub fn key(&self) -> BytesN<32> {
        let key = signing_key(7).verifying_key();
        BytesN::from_array(&self.e, &key.to_bytes())
    }

    pub fn signature(&self, user: &Address, quantity: u64, counter: u64) -> BytesN<64> {
        self.signature_by(7, &self.id, user, quantity, counter)
    }

    /// What a device sends, put together as the documents say.
    pub fn signature_by(
        &self,
        seed: u8,
        generator: &Address,
        user: &Address,
        quantity: u64,
        counter: u64,
    ) -> BytesN<64> {
        let mut message = DISPENSE_TAG.to_vec();
        for address in [generator, user] {
            let mut letters = [0; 56];
            address.to_string().copy_into_slice(&mut letters);
            message.extend(letters);
        }
        message.extend(counter.to_be_bytes());
        message.extend(quantity.to_be_bytes());
        let signature = signing_key(seed).sign(&message).to_bytes();
        BytesN::from_array(&self.e, &signature)
    }

    pub fn balance(&self, address: &Address) -> u64 {
        self.token.balance(address).try_into().unwrap()
    }

    pub fn units(&self, address: &Address) -> u32 {
        self.client.owner(address).units
    }

    pub fn last_event(&self, event: impl Event) {
        let events = self.e.events().all();
        assert_eq!(
            events.events().last(),
            Some(&event.to_xdr(&self.e, &self.id))
        );
    }

    /// What holds after every step while nobody but these three and the
    /// requester owns anything.
    pub fn check_sums(&self) {
        let (escrow, income) = (self.client.escrow(), self.client.income());
        let owners = [&self.ada, &self.ben, &self.cal, &self.requester];
        let claimable: u64 = owners.map(|who| self.client.claimable(who)).iter().sum();
        let mut unsettled = 0;
        let (mut id, mut last) = (0, 0);
        // Settled futures are gone: look a little further.
        while id < last + 50 {
            if self.client.future(&id).is_some() {
                let (buyer, seller) = self.client.unsettled(&id);
                unsettled += buyer + seller;
                last = id;
            }
            id += 1;
        }
        assert_eq!(
            income.received,
            income.claimed
                + claimable
                + unsettled
                + income.carry
                + income.maintenance
                + income.spent
        );
        assert_eq!(
            escrow.held + escrow.released + escrow.refunded + escrow.returned,
            UNIT * u64::from(escrow.sold)
        );
        assert_eq!(
            self.balance(&self.id),
            escrow.held + income.received - income.claimed - income.spent
        );
        let units: u32 = owners.map(|who| self.units(who)).iter().sum();
        let refunded = u32::try_from(escrow.refunded / UNIT).unwrap();
        assert_eq!(units, escrow.sold - refunded);
        assert!(income.carry < 10_000);
    }
}

pub fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
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
) -> GeneratorError {
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
