//! The committed wasm, together: a vote replaces a contract's code.
mod common;

use common::{code, rules_of, DAY, DELAY, GRACE, NOW, PERIOD, SLOT, TERM};
use foundation::{Call, StewardError};
use governor::{Choice, GovernorClient, House, Kind, Status, KINDS};
use grid_staking::GridStakingClient;
use grid_token::GridTokenClient;
use marketplace::MarketplaceClient;
use member_registry::MemberRegistryClient;
use next_version::NextVersionClient;
use parameters::ParametersClient;
use soroban_sdk::{
    testutils::{Address as _, EnvTestConfig, Ledger},
    token::StellarAssetClient,
    vec, Address, BytesN, Env, IntoVal, Symbol, Val, Vec,
};
use timelock::{Terms, TimelockClient};

const GOVERNOR: &[u8] = include_bytes!("../../wasm/governor.wasm");
const TIMELOCK: &[u8] = include_bytes!("../../wasm/timelock.wasm");
const REGISTRY: &[u8] = include_bytes!("../../wasm/member_registry.wasm");
const PARAMETERS: &[u8] = include_bytes!("../../wasm/parameters.wasm");
const GRID: &[u8] = include_bytes!("../../wasm/grid_token.wasm");
const STAKING: &[u8] = include_bytes!("../../wasm/grid_staking.wasm");
const MARKET: &[u8] = include_bytes!("../../wasm/marketplace.wasm");
const NEXT: &[u8] = include_bytes!("../../fixtures/next_version.wasm");

/// Of the 400 million that a transaction may use.
const INSTRUCTIONS: i64 = 10_000_000;

struct Deployed {
    e: Env,
    members: std::vec::Vec<Address>,
    governor: GovernorClient<'static>,
    timelock: TimelockClient<'static>,
    parameters: ParametersClient<'static>,
    registry: MemberRegistryClient<'static>,
    staking: GridStakingClient<'static>,
}

fn metered(e: &Env, what: &str) {
    let used = e.cost_estimate().resources();
    println!(
        "{what}: {} instructions, {} entries and {} bytes written",
        used.instructions, used.write_entries, used.write_bytes
    );
    assert!(used.instructions < INSTRUCTIONS, "{what}");
}

fn deploy() -> Deployed {
    let e = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let (guardian, staff) = (Address::generate(&e), Address::generate(&e));
    let (governor, timelock) = (Address::generate(&e), Address::generate(&e));
    let terms = Terms {
        shortest_delay: DAY,
        grace: GRACE,
    };
    let until = NOW + TERM;
    e.register_at(&timelock, TIMELOCK, (&governor, terms, &guardian, until));
    let registry = e.register(REGISTRY, (&timelock, &staff));
    let grid = e.register(GRID, (&timelock, &staff, 1_000i128, 1_000i128));
    let stake_terms = grid_staking::Terms {
        rate_bps: 0,
        ends_at: NOW,
        unstake_delay: DAY,
        licence_stake: 1,
        tiers: Vec::new(&e),
    };
    let staking = e.register(STAKING, (&timelock, &grid, stake_terms));
    let declarations = Vec::<parameters::Declaration>::new(&e);
    let made = (&timelock, SLOT, declarations, &guardian, until);
    let parameters = e.register(PARAMETERS, made);
    let house = House {
        registry: registry.clone(),
        staking: staking.clone(),
        timelock: timelock.clone(),
    };
    let rules = Vec::from_iter(&e, KINDS.map(rules_of));
    let scopes = Vec::from_iter(&e, KINDS.map(|_| Vec::<governor::Grant>::new(&e)));
    let made = (house, rules, scopes, &guardian, until);
    e.register_at(&governor, GOVERNOR, made);
    let registry = MemberRegistryClient::new(&e, &registry);
    let mut members = std::vec::Vec::new();
    for _ in 0..5 {
        let member = Address::generate(&e);
        registry.join(&member);
        GridTokenClient::new(&e, &grid).transfer(&staff, &member, &100);
        members.push(member);
    }
    metered(&e, "transfer");
    e.ledger().set_timestamp(NOW + 1);
    Deployed {
        governor: GovernorClient::new(&e, &governor),
        timelock: TimelockClient::new(&e, &timelock),
        parameters: ParametersClient::new(&e, &parameters),
        staking: GridStakingClient::new(&e, &staking),
        registry,
        members,
        e,
    }
}

impl Deployed {
    fn call(&self, target: &Address, function: &str, args: Vec<Val>) -> Call {
        Call {
            target: target.clone(),
            function: Symbol::new(&self.e, function),
            args,
        }
    }

    fn wait(&self, seconds: u64) {
        let now = self.e.ledger().timestamp();
        self.e.ledger().set_timestamp(now + seconds);
    }

    /// Proposed, voted on by all, queued; returns the proposal and operation.
    fn decide(&self, kind: Kind, calls: Vec<Call>) -> (u32, BytesN<32>) {
        let text = BytesN::from_array(&self.e, &[7; 32]);
        let id = self
            .governor
            .propose(&self.members[0], &kind, &calls, &text);
        metered(&self.e, "propose");
        for member in &self.members {
            self.governor.vote(member, &id, &Choice::Yes);
        }
        metered(&self.e, "vote");
        self.wait(PERIOD);
        let operation = self.governor.queue(&id);
        metered(&self.e, "queue");
        (id, operation)
    }
}

#[test]
fn a_vote_upgrades_the_marketplace_and_everything_stored_stays() {
    let h = deploy();
    let (founder, operator) = (Address::generate(&h.e), Address::generate(&h.e));
    let issuer = Address::generate(&h.e);
    let quote = h.e.register_stellar_asset_contract_v2(issuer).address();
    StellarAssetClient::new(&h.e, &quote).mint(&h.members[0], &5_000);
    let settings = (
        &founder, &operator, &quote, &operator, SLOT, 60u64, 604_800u64,
    );
    let id = h.e.register(MARKET, settings);
    let market = MarketplaceClient::new(&h.e, &id);
    market.deposit(&h.members[0], &5_000);
    // The founder hands the market over; the timelock takes it by a vote.
    market.transfer_admin(&h.timelock.address, &1_000);
    let (config, chain) = (market.config(), market.chain());
    let stored = |h: &Deployed| -> soroban_sdk::Bytes {
        h.e.as_contract(&id, || h.e.storage().persistent().get(&0u32).unwrap())
    };
    let page = stored(&h);
    assert_eq!((market.schema_version(), chain.sections), (1, 0));

    let next = h.e.deployer().upload_contract_wasm(NEXT);
    let itself = h.e.deployer().upload_contract_wasm(TIMELOCK);
    let calls = vec![
        &h.e,
        h.call(&id, "accept_admin", vec![&h.e]),
        h.call(&id, "upgrade", vec![&h.e, next.into_val(&h.e)]),
        h.call(&id, "migrate", vec![&h.e]),
        h.call(
            &h.timelock.address,
            "upgrade",
            vec![&h.e, itself.into_val(&h.e)],
        ),
    ];
    let (proposal, operation) = h.decide(Kind::Upgrade, calls);
    h.e.set_auths(&[]);
    h.wait(DELAY - 1);
    assert!(h.timelock.try_execute(&operation).is_err());
    assert_eq!(market.schema_version(), 1);
    h.wait(1);
    h.timelock.execute(&operation);
    metered(&h.e, "execute an upgrade with its migration");

    assert_eq!(h.governor.status(&proposal), Status::Executed);
    let market = NextVersionClient::new(&h.e, &id);
    assert_eq!(market.schema_version(), 2);
    assert_eq!(market.admin(), Some(h.timelock.address.clone()));
    let kept = market.config().unwrap();
    assert_eq!((kept.operator, kept.quote), (config.operator, config.quote));
    let times = market.times().unwrap();
    assert_eq!((times.slot, times.withdraw_delay), (900, 60));
    assert_eq!(market.page(&0), Some(page));

    // Neither again, nor by anybody else.
    assert!(market.try_migrate().is_err());
    h.e.mock_all_auths();
    let again = market.try_migrate();
    assert_eq!(code(again), StewardError::WrongSchema as u32);
    let again = vec![&h.e, h.call(&id, "migrate", vec![&h.e])];
    let (_, operation) = h.decide(Kind::Upgrade, again);
    h.wait(DELAY);
    assert!(h.timelock.try_execute(&operation).is_err());
}

#[test]
fn votes_declare_a_parameter_grant_its_change_and_change_it() {
    let h = deploy();
    let key = soroban_sdk::String::from_str(&h.e, "market.grid_fee");
    let declaration = parameters::Declaration {
        key: key.clone(),
        unit: soroban_sdk::String::from_str(&h.e, "stroops per kWh"),
        default: 50,
        lowest: 0,
        highest: 100,
    };
    let target = &h.parameters.address;
    let grants = vec![
        &h.e,
        governor::Grant {
            target: target.clone(),
            function: Symbol::new(&h.e, "schedule"),
        },
    ];
    let grant = vec![&h.e, Kind::Budget.into_val(&h.e), grants.into_val(&h.e)];
    let calls = vec![
        &h.e,
        h.call(target, "declare", vec![&h.e, declaration.into_val(&h.e)]),
        h.call(&h.governor.address, "set_scope", grant),
    ];
    let (_, operation) = h.decide(Kind::Upgrade, calls);
    h.wait(DELAY);
    h.timelock.execute(&operation);
    assert_eq!(h.parameters.get(&key, &0), 50);

    // By stake, as this kind says.
    for member in &h.members {
        h.staking.stake(member, &100);
    }
    h.wait(1);
    let from = ((NOW + 30 * DAY) / 60) as u32;
    let args = vec![
        &h.e,
        key.into_val(&h.e),
        60i128.into_val(&h.e),
        from.into_val(&h.e),
    ];
    let calls = vec![&h.e, h.call(target, "schedule", args)];
    let (_, operation) = h.decide(Kind::Budget, calls);
    h.wait(DELAY);
    h.timelock.execute(&operation);
    metered(&h.e, "execute a change of a parameter");
    assert_eq!(h.parameters.get(&key, &(from - 1)), 50);
    assert_eq!(h.parameters.get(&key, &from), 60);
    metered(&h.e, "get");
    assert_eq!(h.registry.members(), 5);
}
