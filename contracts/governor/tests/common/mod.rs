#![allow(dead_code)]

use foundation::Call;
use governor::{
    Choice, Governor, GovernorClient, GovernorError, Grant, House, Kind, Rules, Weight,
};
use grid_staking::{GridStaking, GridStakingClient};
use grid_token::{GridToken, GridTokenClient};
use member_registry::{MemberRegistry, MemberRegistryClient};
use parameters::{Declaration, Parameters, ParametersClient};
use soroban_sdk::{
    testutils::{Address as _, EnvTestConfig, Ledger},
    vec, Address, BytesN, Env, Error, IntoVal, InvokeError, String, Symbol, Vec,
};
use timelock::{Terms, Timelock, TimelockClient};

pub const SLOT: u32 = 15;
pub const DAY: u64 = 86_400;
/// 2026-06-01 00:00 UTC.
pub const NOW: u64 = 29_671_200 * 60;
pub const PERIOD: u64 = 3 * DAY;
pub const NOTICE: u64 = DAY;
pub const DELAY: u64 = 2 * DAY;
pub const GRACE: u64 = 14 * DAY;
pub const TERM: u64 = 300 * DAY;
/// What every member has at stake unless a test says otherwise.
pub const MEMBERS: usize = 10;
pub const DEFAULT: i128 = 300;

pub struct Site {
    pub e: Env,
    pub guardian: Address,
    pub staff: Address,
    pub stranger: Address,
    pub members: std::vec::Vec<Address>,
    pub id: Address,
    pub client: GovernorClient<'static>,
    pub timelock: TimelockClient<'static>,
    pub registry: MemberRegistryClient<'static>,
    pub staking: GridStakingClient<'static>,
    pub parameters: ParametersClient<'static>,
    pub key: String,
}

pub fn rules_of(kind: Kind) -> Rules {
    let (quorum_bps, majority_bps) = match kind {
        Kind::Upgrade => (5_000, 6_667),
        _ => (3_000, 5_000),
    };
    Rules {
        quorum_bps,
        majority_bps,
        notice: if kind == Kind::Mechanism { NOTICE } else { 0 },
        period: PERIOD,
        delay: DELAY,
        weight: match kind {
            Kind::Budget => Weight::Stake,
            _ => Weight::Members,
        },
    }
}

/// Ten members and the house that they govern, one second later.
pub fn site() -> Site {
    let e = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    e.cost_estimate().budget().reset_unlimited();
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let (guardian, staff) = (Address::generate(&e), Address::generate(&e));
    // Each names the other: the addresses are known before the contracts are.
    let (id, timelock) = (Address::generate(&e), Address::generate(&e));
    let terms = Terms {
        shortest_delay: DAY,
        grace: GRACE,
    };
    e.register_at(&timelock, Timelock, (&id, terms, &guardian, NOW + TERM));
    let registry = e.register(MemberRegistry, (&timelock, &staff));
    let supply = 1_000_000i128;
    let grid = e.register(GridToken, (&timelock, &staff, supply, supply));
    let grid = GridTokenClient::new(&e, &grid);
    let staking = e.register(GridStaking, (&timelock, &grid.address, staking_terms(&e)));
    let key = String::from_str(&e, "market.grace_seconds");
    let declaration = Declaration {
        key: key.clone(),
        unit: String::from_str(&e, "s"),
        default: DEFAULT,
        lowest: 0,
        highest: 86_400,
    };
    let declarations = vec![&e, declaration];
    let made = (&timelock, SLOT, declarations, &guardian, NOW + TERM);
    let parameters = e.register(Parameters, made);
    let house = House {
        registry: registry.clone(),
        staking: staking.clone(),
        timelock: timelock.clone(),
    };
    let rules = Vec::from_iter(&e, governor::KINDS.map(rules_of));
    let grant = |target: &Address, function: &str| Grant {
        target: target.clone(),
        function: Symbol::new(&e, function),
    };
    let schedules = vec![
        &e,
        grant(&parameters, "schedule"),
        grant(&parameters, "revert"),
    ];
    let scopes = Vec::from_iter(&e, governor::KINDS.map(|kind| scope_of(kind, &schedules)));
    let made = (house, rules, scopes, &guardian, NOW + TERM);
    e.register_at(&id, Governor, made);

    let registry = MemberRegistryClient::new(&e, &registry);
    let mut members = std::vec::Vec::new();
    for _ in 0..MEMBERS {
        let member = Address::generate(&e);
        registry.join(&member);
        grid.transfer(&staff, &member, &10_000);
        members.push(member);
    }
    let client = GovernorClient::new(&e, &id);
    e.ledger().set_timestamp(NOW + 1);
    Site {
        stranger: Address::generate(&e),
        timelock: TimelockClient::new(&e, &timelock),
        staking: GridStakingClient::new(&e, &staking),
        parameters: ParametersClient::new(&e, &parameters),
        guardian,
        staff,
        members,
        id,
        client,
        registry,
        key,
        e,
    }
}

/// What the kinds that call something by name may call from the start.
pub fn scope_of(kind: Kind, granted: &Vec<Grant>) -> Vec<Grant> {
    match kind {
        Kind::Parameter | Kind::Mechanism | Kind::Budget => granted.clone(),
        _ => Vec::new(granted.env()),
    }
}

fn staking_terms(e: &Env) -> grid_staking::Terms {
    grid_staking::Terms {
        rate_bps: 0,
        ends_at: NOW,
        unstake_delay: DAY,
        licence_stake: 1,
        tiers: Vec::new(e),
    }
}

impl Site {
    pub fn now(&self) -> u64 {
        self.e.ledger().timestamp()
    }

    pub fn wait(&self, seconds: u64) {
        self.e.ledger().set_timestamp(self.now() + seconds);
    }

    pub fn text(&self) -> BytesN<32> {
        BytesN::from_array(&self.e, &[7; 32])
    }

    /// Sets the parameter from 30 days ahead.
    pub fn set_parameter(&self, value: i128) -> Call {
        Call {
            target: self.parameters.address.clone(),
            function: Symbol::new(&self.e, "schedule"),
            args: vec![
                &self.e,
                self.key.into_val(&self.e),
                value.into_val(&self.e),
                self.later().into_val(&self.e),
            ],
        }
    }

    /// 60 days after the beginning, in unix minutes.
    pub fn later(&self) -> u32 {
        ((NOW + 60 * DAY) / 60) as u32
    }

    /// The first member proposes to set the parameter to 600.
    pub fn propose(&self, kind: Kind) -> u32 {
        let calls = match kind {
            Kind::Text => vec![&self.e],
            _ => vec![&self.e, self.set_parameter(600)],
        };
        self.propose_calls(kind, &calls)
    }

    pub fn propose_calls(&self, kind: Kind, calls: &Vec<Call>) -> u32 {
        let proposer = &self.members[0];
        self.client.propose(proposer, &kind, calls, &self.text())
    }

    /// So many members vote yes, then no, then abstain.
    pub fn votes(&self, id: u32, yes: usize, no: usize, abstain: usize) {
        let mut voters = self.members.iter();
        for (choice, count) in [
            (Choice::Yes, yes),
            (Choice::No, no),
            (Choice::Abstain, abstain),
        ] {
            for voter in voters.by_ref().take(count) {
                self.client.vote(voter, &id, &choice);
            }
        }
    }

    /// A proposal that has passed, its vote over.
    pub fn passed(&self, kind: Kind) -> u32 {
        let id = self.propose(kind);
        self.wait(rules_of(kind).notice);
        self.votes(id, 9, 0, 0);
        self.wait(PERIOD);
        id
    }

    pub fn value(&self) -> i128 {
        self.parameters.get(&self.key, &self.later())
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
) -> GovernorError {
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
