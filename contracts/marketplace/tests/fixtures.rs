//! Golden batches for encoders in other languages. `UPDATE_FIXTURES=1` writes
//! them anew.
mod common;

use std::{fmt::Write, fs, path::Path};

use common::*;

fn batches() -> Vec<(&'static str, Vec<Sample>)> {
    let mut root = section(NOON, 1);
    root.leaf_count = 40;
    root.root = core::array::from_fn(|n| n as u8);
    vec![
        ("only a root", vec![root]),
        (
            "an auction: mint, trade with a grid fee, burn",
            vec![section(NOON, 0)
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
                write!(text, "\"fee\": {}, ", section.fee).unwrap();
                writeln!(text, "\"leaf_count\": {},", section.leaf_count).unwrap();
                writeln!(text, "       \"root\": \"{}\",", hex(&section.root)).unwrap();
                writeln!(text, "       \"mints\": {},", moves(&section.mints)).unwrap();
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
        "{{\n  \"version\": 1,\n  \"mints\": [\"member\", \"wh\"],\n  \
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
    for (_, samples) in batches() {
        let bytes = encode(&samples);
        let sections: Vec<_> = marketplace::batch::sections(&bytes)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(sections.len(), samples.len());
        for (section, sample) in sections.iter().zip(&samples) {
            assert_eq!(
                (section.slot, section.chunk, section.fee, section.leaf_count),
                (sample.slot, sample.chunk, sample.fee, sample.leaf_count)
            );
            assert_eq!(section.root, sample.root);
            let mints: Vec<_> = section.mints().map(|m| (m.member, m.wh)).collect();
            let burns: Vec<_> = section.burns().map(|m| (m.member, m.wh)).collect();
            let trades: Vec<_> = section
                .trades()
                .map(|t| (t.buyer, t.seller, t.wh, t.price))
                .collect();
            assert_eq!(mints, sample.mints);
            assert_eq!(trades, sample.trades);
            assert_eq!(burns, sample.burns);
        }
    }
}
