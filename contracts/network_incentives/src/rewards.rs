//! The verbs. None of them authorises; the door does.
use alloc::vec;

use soroban_sdk::{panic_with_error, token::TokenClient, Address, Bytes, BytesN, Env, Vec};

use crate::{
    errors::IncentiveError,
    events::{Claimed, Funded, NodeRegistered, NodeRetired, Reported},
    pages::{page_of, Earnings, Page, Status},
    periods, report, storage,
    types::{Node, Pool, MAX_NODES_EACH, MAX_RATE},
};

pub fn register(e: &Env, node: u32, owner: &Address) {
    let number = or_refuse(
        e,
        u16::try_from(node).map_err(|_| IncentiveError::InvalidNode),
    );
    let mut nodes = storage::nodes(e, owner);
    if nodes.len() >= MAX_NODES_EACH {
        panic_with_error!(e, IncentiveError::TooManyNodes);
    }
    storage::change_earnings(e, number, |earnings| {
        if earnings.status != Status::Free {
            panic_with_error!(e, IncentiveError::NodeTaken);
        }
        earnings.status = Status::Active;
    });
    nodes.push_back(node);
    storage::set_nodes(e, owner, &nodes);
    storage::set_owner(e, number, owner);
    NodeRegistered {
        owner: owner.clone(),
        node,
    }
    .publish(e);
}

/// Ends a node's rewards. What it has earned stays its owner's.
pub fn retire(e: &Env, node: u32) {
    let (Ok(number), Some(owner)) = (u16::try_from(node), storage::owner(e, node)) else {
        panic_with_error!(e, IncentiveError::NodeNotActive);
    };
    storage::change_earnings(e, number, |earnings| {
        if earnings.status != Status::Active {
            panic_with_error!(e, IncentiveError::NodeNotActive);
        }
        earnings.status = Status::Retired;
    });
    NodeRetired { owner, node }.publish(e);
}

pub fn report(e: &Env, period: u32, report: &Bytes, report_hash: BytesN<32>) {
    let mut pool = storage::pool(e);
    if period <= pool.period {
        panic_with_error!(e, IncentiveError::PeriodSettled);
    }
    periods::enforce_reportable(e, period);
    let mut bytes = vec![0; report.len() as usize];
    report.copy_into_slice(&mut bytes);
    let total = or_refuse(e, credit(e, &bytes, storage::rate(e)));

    // Nobody earns what nobody has paid in: the whole report waits for funds.
    let earned = i128::from(total.earned);
    if earned > pool.free {
        panic_with_error!(e, IncentiveError::PoolInsufficient);
    }
    pool.free -= earned;
    pool.claimable += earned;
    pool.period = period;
    storage::set_pool(e, &pool);
    Reported {
        period,
        report_hash,
        nodes: total.nodes,
        packets: total.packets,
        earned,
    }
    .publish(e);
}

#[derive(Default)]
struct Total {
    nodes: u32,
    packets: u64,
    earned: u64,
}

/// Credits every line. Nodes rise, so each page is read and written once.
fn credit(e: &Env, bytes: &[u8], rate: u32) -> Result<Total, IncentiveError> {
    let mut total = Total::default();
    let (mut open, mut page) = (None, Page::default());
    for line in report::lines(bytes)? {
        let line = line?;
        let number = page_of(line.node);
        if open != Some(number) {
            close(e, open, &page);
            (open, page) = (Some(number), storage::page(e, number));
        }
        let mut earnings = page.get(line.node);
        if earnings.status != Status::Active {
            return Err(IncentiveError::NodeNotActive);
        }
        let earned = earnings.earn(line.parts(rate))?;
        page.set(line.node, &earnings);

        total.nodes += 1;
        total.packets += u64::from(line.packets);
        total.earned = total
            .earned
            .checked_add(earned)
            .ok_or(IncentiveError::Overflow)?;
    }
    close(e, open, &page);
    Ok(total)
}

fn close(e: &Env, open: Option<u32>, page: &Page) {
    if let Some(number) = open {
        storage::set_page(e, number, page);
    }
}

/// Pays everything that the owner's nodes have earned.
pub fn claim(e: &Env, owner: &Address) -> i128 {
    let mut amount = 0;
    let nodes = storage::nodes(e, owner);
    let mut active = Vec::new(e);
    for node in nodes.iter() {
        let earnings = earnings(e, node);
        if earnings.claimable > 0 {
            amount += i128::from(earnings.claimable);
            storage::change_earnings(e, node as u16, |earnings| earnings.claimable = 0);
        }
        // A retired node has now been paid for good.
        if earnings.status == Status::Active {
            active.push_back(node);
        }
    }
    if active.len() < nodes.len() {
        storage::set_nodes(e, owner, &active);
    }
    if amount == 0 {
        return 0;
    }
    let mut pool = storage::pool(e);
    pool.claimable -= amount;
    pool.paid += amount;
    storage::set_pool(e, &pool);
    let here = e.current_contract_address();
    TokenClient::new(e, &storage::token(e)).transfer(&here, owner, &amount);
    Claimed {
        owner: owner.clone(),
        amount,
    }
    .publish(e);
    amount
}

pub fn fund(e: &Env, from: &Address, amount: i128) {
    if amount <= 0 {
        panic_with_error!(e, IncentiveError::InvalidAmount);
    }
    let mut pool: Pool = storage::pool(e);
    let received = pool.received.checked_add(amount);
    pool.received = or_refuse(e, received.ok_or(IncentiveError::Overflow));
    pool.free += amount;
    storage::set_pool(e, &pool);
    let here = e.current_contract_address();
    TokenClient::new(e, &storage::token(e)).transfer(from, &here, &amount);
    Funded {
        from: from.clone(),
        amount,
    }
    .publish(e);
}

pub fn enforce_rate(e: &Env, rate: u32) {
    if rate == 0 || rate > MAX_RATE {
        panic_with_error!(e, IncentiveError::InvalidRate);
    }
}

pub fn node(e: &Env, node: u32) -> Option<Node> {
    let owner = storage::owner(e, node)?;
    let earnings = earnings(e, node);
    Some(Node {
        owner,
        active: earnings.status == Status::Active,
        claimable: earnings.claimable.into(),
        carry: earnings.carry.into(),
    })
}

pub fn claimable(e: &Env, owner: &Address) -> i128 {
    storage::nodes(e, owner)
        .iter()
        .map(|node| i128::from(earnings(e, node).claimable))
        .sum()
}

/// Only for numbers that were registered.
fn earnings(e: &Env, node: u32) -> Earnings {
    let number = node as u16;
    storage::page(e, page_of(number)).get(number)
}

fn or_refuse<T>(e: &Env, result: Result<T, IncentiveError>) -> T {
    result.unwrap_or_else(|error| panic_with_error!(e, error))
}
