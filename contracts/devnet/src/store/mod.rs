//! The ledger on disk: a log of closed ledgers in segments, and a snapshot of all entries.
//!
//! A ledger is written, and synced if it holds anything, before anybody can see it. Opening takes
//! the snapshot and applies the ledgers after it; the older ones only refill the history.

mod codec;
mod segment;
mod snapshot;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{bail, ensure, Context, Result};

pub use codec::Record;
use codec::{Reader, Writer};
use segment::Segment;

use crate::config::Config;
use crate::history::History;
use crate::ledger::Ledger;
use crate::node::now;

/// How many ledgers without transactions may follow the last synced one. They are written, so they
/// outlive the process; only a power failure takes them, and then their numbers are skipped.
const LAZY_LEDGERS: u32 = 60;
const SEGMENT_BYTES: u64 = 64 << 20;
const SEGMENT_RECORDS: u32 = 20_000;

/// What identifies the network whose ledger a folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub passphrase: String,
    pub limits: String,
}

pub struct Store {
    folder: PathBuf,
    identity: Identity,
    segment: Segment,
    records: u32,
    /// Older segments, each with the last ledger it holds.
    older: Vec<(PathBuf, u32)>,
    /// Ledgers up to this one need not be synced: opening skips past it.
    reserved: u32,
    /// Held, and with it the folder, until the process ends.
    _lock: File,
}

/// What the segments add to the snapshot.
struct Replay {
    ledger: Ledger,
    history: History,
    snapshot_seq: u32,
    reserved: u32,
    records: u32,
}

impl Store {
    pub fn open(
        folder: &Path,
        identity: Identity,
        config: Arc<Config>,
    ) -> Result<(Self, Ledger, History)> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let lock = lock(folder)?;
        let ledger = match snapshot::read(folder, &identity, config.clone())? {
            Some(ledger) => ledger,
            None => begin(folder, &identity, config)?,
        };
        let mut replay = Replay {
            snapshot_seq: ledger.header.seq,
            reserved: ledger.header.seq,
            ledger,
            history: History::default(),
            records: 0,
        };
        let (segment, older) = replay.segments(folder)?;
        let mut store = Self {
            folder: folder.to_owned(),
            identity,
            segment,
            records: replay.records,
            older,
            reserved: replay.reserved,
            _lock: lock,
        };
        let Replay {
            mut ledger,
            mut history,
            ..
        } = replay;
        store.skip_reserved(&mut ledger, &mut history)?;
        ledger.loaded();
        Ok((store, ledger, history))
    }

    /// After a crash, ledgers up to `reserved` may have been seen: their numbers are not used again.
    fn skip_reserved(&mut self, ledger: &mut Ledger, history: &mut History) -> Result<()> {
        let fresh = history.is_empty();
        if fresh {
            history.record(ledger.header.clone(), Vec::new());
        }
        if self.reserved > ledger.header.seq {
            ledger.open_next(now());
            ledger.seq = self.reserved;
            let header = ledger.next_header([0; 32]);
            ledger.seal(header.clone());
            history.record(header, Vec::new());
        } else if !fresh {
            return Ok(());
        }
        self.append_marker(ledger)
    }

    /// The current header once more, with nothing reserved beyond it.
    fn append_marker(&mut self, ledger: &Ledger) -> Result<()> {
        let record = Record {
            closed: ledger.header.clone().into(),
            changes: Vec::new(),
            transactions: Vec::new(),
        };
        self.write(&record, ledger.header.seq)?;
        self.segment.sync()
    }

    /// Keeps a closed ledger. `always_sync` is for nodes that close ledgers only when asked to.
    pub fn append(&mut self, record: &Record, always_sync: bool) -> Result<()> {
        let seq = record.closed.header.seq;
        if record.is_empty() && !always_sync && seq <= self.reserved {
            return self.write(record, self.reserved);
        }
        let reserved = if always_sync { seq } else { seq + LAZY_LEDGERS };
        self.write(record, reserved)?;
        self.segment.sync()
    }

    fn write(&mut self, record: &Record, reserved: u32) -> Result<()> {
        let mut writer = Writer::default();
        writer.record(record, reserved);
        self.segment.append(&writer.0)?;
        self.reserved = reserved;
        self.records += 1;
        Ok(())
    }

    /// Starts a new segment behind a fresh snapshot when this one has grown long, and drops the
    /// segments that hold no ledger of the history any more.
    pub fn compact_if_due(&mut self, ledger: &Ledger, oldest: u32) -> Result<()> {
        if self.segment.bytes < SEGMENT_BYTES && self.records < SEGMENT_RECORDS {
            return Ok(());
        }
        self.compact(ledger, oldest)
    }

    fn compact(&mut self, ledger: &Ledger, oldest: u32) -> Result<()> {
        self.segment.sync()?;
        snapshot::write(&self.folder, &self.identity, ledger)?;
        let seq = ledger.header.seq;
        let next = Segment::create(segment_path(&self.folder, seq + 1))?;
        sync_folder(&self.folder)?;
        let full = std::mem::replace(&mut self.segment, next);
        self.older.push((full.path, seq));
        self.records = 0;
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.older)
            .into_iter()
            .partition(|(_, last)| *last < oldest);
        self.older = kept;
        for (path, _) in gone {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// Leaves the log so that the next start goes on with the next number.
    pub fn finish(&mut self, ledger: &Ledger) -> Result<()> {
        self.append_marker(ledger)
    }
}

fn lock(folder: &Path) -> Result<File> {
    let file = File::create(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            bail!("{} is in use by another devnet", folder.display())
        }
        Err(fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

fn begin(folder: &Path, identity: &Identity, config: Arc<Config>) -> Result<Ledger> {
    ensure!(
        segments(folder)?.is_empty(),
        "{} holds ledgers but no snapshot",
        folder.display()
    );
    let ledger = Ledger::genesis(config, &identity.passphrase, now())?;
    snapshot::write(folder, identity, &ledger)?;
    Ok(ledger)
}

impl Replay {
    fn segments(&mut self, folder: &Path) -> Result<(Segment, Vec<(PathBuf, u32)>)> {
        let mut paths = segments(folder)?;
        let Some(last) = paths.pop() else {
            let segment = Segment::create(segment_path(folder, self.ledger.header.seq))?;
            sync_folder(folder)?;
            return Ok((segment, Vec::new()));
        };
        let mut older = Vec::new();
        for path in paths {
            let segment = Segment::open(path, false, |payload| self.record(payload))?;
            older.push((segment.path, self.last_seq()));
        }
        self.records = 0;
        let segment = Segment::open(last, true, |payload| self.record(payload))?;
        ensure!(
            self.last_seq() >= self.snapshot_seq,
            "the log ends before the snapshot"
        );
        Ok((segment, older))
    }

    fn last_seq(&self) -> u32 {
        match self.history.is_empty() {
            true => self.snapshot_seq,
            false => self.history.latest().seq,
        }
    }

    fn record(&mut self, payload: &[u8]) -> Result<()> {
        let (record, reserved) = Reader(payload).record()?;
        self.records += 1;
        self.reserved = reserved;
        let header = &record.closed.header;
        if !self.history.is_empty() {
            let latest = self.history.latest();
            if header == latest {
                return Ok(());
            }
            let follows = header.seq > latest.seq && header.previous == latest.hash();
            ensure!(
                follows,
                "ledger {} does not follow {}",
                header.seq,
                latest.seq
            );
        }
        if header.seq > self.snapshot_seq {
            for (key, value) in record.changes {
                self.ledger.replace(key, value);
            }
            self.ledger.resume_at(header.clone());
        }
        self.history.record(record.closed, record.transactions);
        Ok(())
    }
}

fn segment_path(folder: &Path, first: u32) -> PathBuf {
    folder.join(format!("ledgers-{first:010}.log"))
}

fn segments(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("ledgers-") && name.ends_with(".log") {
            found.push(folder.join(name.as_ref()));
        }
    }
    found.sort();
    Ok(found)
}

/// Makes new and renamed files in the folder outlive a power failure.
fn sync_folder(folder: &Path) -> Result<()> {
    Ok(File::open(folder)?.sync_all()?)
}
