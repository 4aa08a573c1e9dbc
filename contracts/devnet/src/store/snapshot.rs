//! The snapshot: every entry after one ledger, replaced by an atomic rename.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{bail, ensure, Context, Result};

use super::codec::{Reader, Writer};
use super::{sync_folder, Identity};
use crate::config::Config;
use crate::ledger::Ledger;

const NAME: &str = "snapshot";
const MAGIC: &[u8] = b"stelltron-devnet 1";

pub fn write(folder: &Path, identity: &Identity, ledger: &Ledger) -> Result<()> {
    let mut writer = Writer::default();
    writer.bytes(MAGIC);
    writer.bytes(identity.passphrase.as_bytes());
    writer.bytes(identity.limits.as_bytes());
    writer.header(&ledger.header);
    writer.u32(ledger.entries().len() as u32);
    for (key, stored) in ledger.entries() {
        writer.change(key, Some(stored));
    }
    let checksum = crc32fast::hash(&writer.0);
    writer.u32(checksum);

    let temporary = folder.join("snapshot.new");
    let mut file = File::create(&temporary)?;
    file.write_all(&writer.0)?;
    file.sync_all()?;
    fs::rename(&temporary, folder.join(NAME))?;
    sync_folder(folder)
}

/// The ledger as of the snapshot, or nothing in a folder that has none.
pub fn read(folder: &Path, identity: &Identity, config: Arc<Config>) -> Result<Option<Ledger>> {
    let path = folder.join(NAME);
    if !path.exists() {
        return Ok(None);
    }
    let data = fs::read(&path)?;
    let ledger = decode(&data, identity, config)
        .with_context(|| format!("{} is not usable", path.display()))?;
    Ok(Some(ledger))
}

fn decode(data: &[u8], identity: &Identity, config: Arc<Config>) -> Result<Ledger> {
    let Some((body, checksum)) = data.split_last_chunk::<4>() else {
        bail!("it is cut short");
    };
    ensure!(
        crc32fast::hash(body) == u32::from_le_bytes(*checksum),
        "its checksum is wrong"
    );
    let mut reader = Reader(body);
    ensure!(reader.bytes()? == MAGIC, "it has another format");
    let found = Identity {
        passphrase: String::from_utf8(reader.bytes()?.to_vec())?,
        limits: String::from_utf8(reader.bytes()?.to_vec())?,
    };
    ensure!(
        &found == identity,
        "it belongs to network {:?} with {} limits",
        found.passphrase,
        found.limits
    );
    let mut ledger = Ledger::empty(config, &identity.passphrase, reader.header()?)?;
    for _ in 0..reader.u32()? {
        let (key, value) = reader.change()?;
        ledger.replace(key, value);
    }
    Ok(ledger)
}
