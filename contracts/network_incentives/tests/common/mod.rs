#![allow(dead_code)]

use grid_token::{GridToken, GridTokenClient};
use network_incentives::{
    report::Line, IncentiveError, NetworkIncentives, NetworkIncentivesClient,
};
use soroban_sdk::{
    testutils::{Address as _, EnvTestConfig, Ledger},
    Address, Bytes, Env, Error, InvokeError,
};

pub const PURSE: i128 = 1_000_000_000;
pub const HOUR: u64 = 3_600;
/// The periods 1 to 23 are over.
pub const NOW: u64 = 24 * HOUR;

pub struct Site {
    pub e: Env,
    pub admin: Address,
    pub registrar: Address,
    pub reporter: Address,
    pub treasury: Address,
    pub ada: Address,
    pub ben: Address,
    pub id: Address,
    pub client: NetworkIncentivesClient<'static>,
    pub token: GridTokenClient<'static>,
}

/// A node that did neither well nor badly.
pub fn line(node: u16, packets: u32) -> Line {
    Line {
        node,
        packets,
        uptime: 9_000,
        latency: 200,
    }
}

/// Ada has the nodes 1 and 2, Ben 3 and 200; one stroop for 100 packets, and
/// nothing in the pool.
pub fn site() -> Site {
    site_in(Env::default())
}

/// For many runs: it neither counts its budget nor writes what happened.
pub fn quiet_site() -> Site {
    let e = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    e.cost_estimate().budget().reset_unlimited();
    site_in(e)
}

fn site_in(e: Env) -> Site {
    e.mock_all_auths();
    e.ledger().set_timestamp(NOW);
    let [admin, registrar, reporter, treasury, ada, ben] =
        core::array::from_fn(|_| Address::generate(&e));
    let token = e.register(GridToken, (&admin, &treasury, PURSE, PURSE));
    let id = e.register(
        NetworkIncentives,
        (&admin, &registrar, &reporter, &token, 1u32, HOUR),
    );
    let client = NetworkIncentivesClient::new(&e, &id);
    for (node, owner) in [(1, &ada), (2, &ada), (3, &ben), (200, &ben)] {
        client.register(&node, owner);
    }
    Site {
        token: GridTokenClient::new(&e, &token),
        admin,
        registrar,
        reporter,
        treasury,
        ada,
        ben,
        id,
        client,
        e,
    }
}

pub fn encode(lines: &[Line]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend(line.node.to_be_bytes());
        bytes.extend(line.packets.to_be_bytes());
        bytes.extend(line.uptime.to_be_bytes());
        bytes.extend(line.latency.to_be_bytes());
    }
    bytes
}

impl Site {
    pub fn bytes(&self, lines: &[Line]) -> Bytes {
        Bytes::from_slice(&self.e, &encode(lines))
    }

    pub fn fund(&self, amount: i128) {
        self.client.fund(&self.treasury, &amount);
    }

    /// At the end of the next period, if it is not over.
    pub fn report(&self, lines: &[Line]) {
        let period = self.client.pool().period + 1;
        let over = (u64::from(period) + 1) * HOUR;
        let now = self.e.ledger().timestamp();
        self.e.ledger().set_timestamp(now.max(over));
        self.client.report(&period, &self.bytes(lines));
    }

    /// Whole stroops and parts of one that a node has.
    pub fn earned(&self, node: u32) -> (i128, u32) {
        let node = self.client.node(&node).unwrap();
        (node.claimable, node.carry)
    }

    /// What holds after every step.
    pub fn check_sums(&self) {
        let pool = self.client.pool();
        assert_eq!(pool.received, pool.paid + pool.claimable + pool.free);
        assert_eq!(self.token.balance(&self.id), pool.received - pool.paid);
        assert!(pool.free >= 0 && pool.claimable >= 0);
        let owned = self.client.claimable(&self.ada) + self.client.claimable(&self.ben);
        assert_eq!(owned, pool.claimable);
    }
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

pub fn refusal<T: core::fmt::Debug, C: core::fmt::Debug>(
    result: Result<Result<T, C>, Result<Error, InvokeError>>,
) -> IncentiveError {
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
