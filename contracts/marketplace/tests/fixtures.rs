//! Golden batches for encoders in other languages. `UPDATE_FIXTURES=1` writes
//! them anew.
mod common;

use std::{fmt::Write, fs, path::Path};

use common::*;
use marketplace::{
    batch,
    varint::{self, Reader},
    MarketError,
};

fn batches() -> Vec<(&'static str, Vec<Sample>)> {
    let mut root = section(NOON, 1);
    root.leaf_count = 40;
    root.root = core::array::from_fn(|n| n as u8);
    vec![
        ("only a root", vec![root]),
        (
            "an auction: mint, trade with a grid fee, burn",
            vec![section(NOON, 0)
                .closes()
                .fee(100_000)
                .mint(ADA, 1_500)
                .mint(CAL, 70_000)
                .trade(BEN, ADA, 1_001, 1_200_000)
                .trade(258, 65_535, u32::MAX, u32::MAX)
                .burn(BEN, 1_000)],
        ),
        (
            "two sections: an auction and spot trades of the next slot",
            vec![
                section(NOON, 0).fee(1_999).mint(ADA, 900),
                section(NOON + SLOT_MINUTES, 254)
                    .trade(BEN, ADA, 400, 1_000_000)
                    .trade(CAL, ADA, 500, 900_000),
            ],
        ),
        (
            "a price that four trades share, and prices in steps of their own",
            vec![section(NOON, 2)
                .trade(300, ADA, 20, 1_000_000)
                .trade(BEN, ADA, 127, 1_000_000)
                .trade(BEN, ADA, 16_384, 1_000_000)
                .trade(CAL, 299, 128, 1_000_000)
                .trade(CAL, ADA, 5, 1_000_500)
                .trade(BEN, ADA, 6, 999_000)
                .trade(BEN, CAL, 7, 1_002_000)],
        ),
        (
            "rounds of net positions",
            vec![section(NOON, 3)
                .closes()
                .mint(ADA, 700)
                .round(1_000_000, &[(ADA, -500), (BEN, 500)])
                .round(800_000, &[(ADA, -200), (CAL, 64), (65_535, 136)])
                .burn(CAL, 64)],
        ),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Records as JSON arrays of numbers.
fn rows<const N: usize>(records: impl Iterator<Item = [u32; N]>) -> String {
    let rows: Vec<_> = records
        .map(|record| {
            let fields: Vec<_> = record.iter().map(u32::to_string).collect();
            format!("[{}]", fields.join(", "))
        })
        .collect();
    format!("[{}]", rows.join(", "))
}

fn moves(records: &[(u16, u32)]) -> String {
    rows(records.iter().map(|(member, wh)| [u32::from(*member), *wh]))
}

fn rounds(rounds: &[(u32, Vec<(u16, i32)>)]) -> String {
    let written: Vec<_> = rounds
        .iter()
        .map(|(price, positions)| {
            let pairs: Vec<_> = positions
                .iter()
                .map(|(member, wh)| format!("[{member}, {wh}]"))
                .collect();
            format!("[{price}, [{}]]", pairs.join(", "))
        })
        .collect();
    written.join(", ")
}

fn json() -> String {
    let e = soroban_sdk::Env::default();
    let sha256 = |bytes: &[u8]| {
        let bytes = soroban_sdk::Bytes::from_slice(&e, bytes);
        e.crypto().sha256(&bytes).to_array()
    };
    let mut head = [0; 32];
    let batches: Vec<_> = batches()
        .into_iter()
        .map(|(name, sections)| {
            let bytes = encode(&sections);
            let mut written = Vec::new();
            for section in &sections {
                let mut link = head.to_vec();
                link.extend(section.slot.to_be_bytes());
                link.push(section.chunk);
                link.extend(section.leaf_count.to_be_bytes());
                link.extend(section.root);
                head = sha256(&link);

                let trades = section.trades.iter().map(|(buyer, seller, wh, price)| {
                    [u32::from(*buyer), u32::from(*seller), *wh, *price]
                });
                let mut text = String::new();
                write!(text, "      {{\"slot\": {}, ", section.slot).unwrap();
                write!(text, "\"chunk\": {}, ", section.chunk).unwrap();
                write!(text, "\"closes\": {}, ", section.closes).unwrap();
                write!(text, "\"fee\": {}, ", section.fee).unwrap();
                writeln!(text, "\"leaf_count\": {},", section.leaf_count).unwrap();
                writeln!(text, "       \"root\": \"{}\",", hex(&section.root)).unwrap();
                writeln!(text, "       \"mints\": {},", moves(&section.mints)).unwrap();
                writeln!(text, "       \"rounds\": [{}],", rounds(&section.rounds)).unwrap();
                writeln!(text, "       \"trades\": {},", rows(trades)).unwrap();
                write!(text, "       \"burns\": {}}}", moves(&section.burns)).unwrap();
                written.push(text);
            }
            format!(
                "    {{\n     \"name\": \"{name}\",\n     \"sections\": [\n{}\n     ],\n     \
                 \"hex\": \"{}\",\n     \"sha256\": \"{}\",\n     \"head\": \"{}\"\n    }}",
                written.join(",\n"),
                hex(&bytes),
                hex(&sha256(&bytes)),
                hex(&head),
            )
        })
        .collect();
    format!(
        "{{\n  \"version\": 2,\n  \"mints\": [\"member\", \"wh\"],\n  \
         \"rounds\": [\"price\", [\"member\", \"wh bought, or sold below zero\"]],\n  \
         \"trades\": [\"buyer\", \"seller\", \"wh\", \"price\"],\n  \
         \"burns\": [\"member\", \"wh\"],\n  \
         \"head\": \"the chain of roots after the batches so far, from 32 zero bytes\",\n  \
         \"batches\": [\n{}\n  ]\n}}\n",
        batches.join(",\n")
    )
}

#[test]
fn the_golden_batches_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/settle_batch.json");
    let current = json();
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &current).unwrap();
    }
    let kept = fs::read_to_string(&path).expect("contracts/fixtures/settle_batch.json");
    assert_eq!(kept, current, "run with UPDATE_FIXTURES=1 and commit");
}

#[test]
fn the_decoder_reads_what_the_golden_batches_say() {
    for (name, samples) in batches() {
        let mut bytes = encode(&samples);
        bytes.extend([0; varint::SPARE]);
        let mut reader = batch::open(&bytes).unwrap();
        for sample in &samples {
            let section = read(&mut reader).expect(name);
            assert_eq!(
                format!("{section:?}"),
                format!("{:?}", sorted(sample.clone()))
            );
        }
        assert!(reader.is_empty());
    }
}

fn read(reader: &mut Reader) -> Result<Sample, MarketError> {
    let head = batch::head(reader)?;
    let mut sample = section(head.slot, head.chunk).fee(head.fee);
    sample.closes = head.closes;
    sample.leaf_count = head.leaf_count;
    sample.root = head.root;
    let moves = |reader: &mut Reader| {
        let mut moves = vec![];
        batch::moves(reader, |m| {
            moves.push((m.member, m.wh));
            Ok(())
        })?;
        Ok(moves)
    };
    sample.mints = moves(reader)?;
    for _ in 0..reader.u32()? {
        let price = reader.u32()?;
        let mut positions = vec![];
        batch::positions(reader, |p| {
            positions.push((p.member, p.wh));
            Ok(())
        })?;
        sample.rounds.push((price, positions));
    }
    for _ in 0..reader.u32()? {
        batch::trades(reader, |t| {
            sample.trades.push((t.buyer, t.seller, t.wh, t.price));
            Ok(())
        })?;
    }
    sample.burns = moves(reader)?;
    Ok(sorted(sample))
}

/// Trades in one order, whatever groups they came in.
fn sorted(mut sample: Sample) -> Sample {
    sample.trades.sort();
    sample
}
