//! The packed batch, written as docs/contracts.md says.
use std::collections::BTreeMap;

use super::Sample;
use marketplace::{batch::VERSION, varint};

/// A price that so many trades share has a group of its own.
const GROUP: usize = 4;

pub fn encode(sections: &[Sample]) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for section in sections {
        bytes.extend(section.slot.to_be_bytes());
        bytes.push(section.chunk);
        bytes.push(u8::from(section.closes));
        bytes.extend(section.fee.to_be_bytes());
        bytes.extend(section.leaf_count.to_be_bytes());
        bytes.extend(section.root);
        moves(&mut bytes, &section.mints);
        varint::push(&mut bytes, section.rounds.len() as u64);
        for (price, positions) in &section.rounds {
            round(&mut bytes, *price, positions);
        }
        trades(&mut bytes, &section.trades);
        moves(&mut bytes, &section.burns);
    }
    bytes
}

fn moves(bytes: &mut Vec<u8>, moves: &[(u16, u32)]) {
    let mut sums = BTreeMap::new();
    for (member, wh) in moves {
        *sums.entry(*member).or_insert(0u64) += u64::from(*wh);
    }
    ascending(bytes, sums);
}

fn round(bytes: &mut Vec<u8>, price: u32, positions: &[(u16, i32)]) {
    varint::push(bytes, u64::from(price));
    let zigzag = |wh: i32| u64::from((wh << 1 ^ wh >> 31) as u32);
    ascending(
        bytes,
        positions.iter().map(|(m, wh)| (*m, zigzag(*wh))).collect(),
    );
}

fn ascending(bytes: &mut Vec<u8>, values: BTreeMap<u16, u64>) {
    varint::push(bytes, values.len() as u64);
    let mut next = 0;
    for (member, value) in values {
        varint::push(bytes, u64::from(member) - next);
        varint::push(bytes, value);
        next = u64::from(member) + 1;
    }
}

fn trades(bytes: &mut Vec<u8>, trades: &[(u16, u16, u32, u32)]) {
    let mut prices: BTreeMap<u32, usize> = BTreeMap::new();
    for (.., price) in trades {
        *prices.entry(*price).or_default() += 1;
    }
    let (shared, rare): (Vec<_>, Vec<_>) =
        prices.into_iter().partition(|(_, trades)| *trades >= GROUP);
    let groups = shared.len() + usize::from(!rare.is_empty());
    varint::push(bytes, groups as u64);
    for (price, _) in shared {
        group(bytes, price, 0, trades.iter().filter(|t| t.3 == price));
    }
    if let Some((base, _)) = rare.first() {
        let step = rare
            .iter()
            .fold(0, |step, (price, _)| gcd(step, price - base));
        let rare = |t: &&(u16, u16, u32, u32)| rare.iter().any(|(price, _)| *price == t.3);
        group(bytes, *base, step, trades.iter().filter(rare));
    }
}

fn group<'a>(
    bytes: &mut Vec<u8>,
    base: u32,
    step: u32,
    trades: impl Iterator<Item = &'a (u16, u16, u32, u32)>,
) {
    let mut trades: Vec<_> = trades.collect();
    trades.sort();
    for number in [base, step, trades.len() as u32] {
        varint::push(bytes, u64::from(number));
    }
    let mut last = 0;
    for (buyer, seller, wh, price) in trades {
        varint::push(bytes, u64::from(buyer - last));
        varint::push(bytes, u64::from(*seller));
        varint::push(bytes, u64::from(*wh));
        if let Some(steps) = (price - base).checked_div(step) {
            varint::push(bytes, u64::from(steps));
        }
        last = *buyer;
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    match b {
        0 => a,
        _ => gcd(b, a % b),
    }
}
