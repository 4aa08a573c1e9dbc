//! A segment of the ledger log: frames of length, checksum and payload, one a closed ledger.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};

/// Payload length, payload checksum, and a checksum of these two.
const FRAME_HEAD: usize = 12;

pub struct Segment {
    file: File,
    pub path: PathBuf,
    pub bytes: u64,
}

impl Segment {
    pub fn create(path: PathBuf) -> Result<Self> {
        let file = OpenOptions::new()
            .create_new(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self {
            file,
            path,
            bytes: 0,
        })
    }

    /// Reads every whole frame. What a crash left unfinished at the end of the last segment is cut
    /// off; damage anywhere else is an error, because ledgers that clients saw would go missing.
    pub fn open(
        path: PathBuf,
        is_last: bool,
        mut each: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        let mut data = Vec::new();
        file.read_to_end(&mut data)?;
        let mut at = 0;
        while at < data.len() {
            match next_frame(&data[at..]) {
                Frame::Whole(payload) => {
                    each(payload).with_context(|| damage(&path, at))?;
                    at += FRAME_HEAD + payload.len();
                }
                Frame::Torn if is_last => break,
                Frame::Torn | Frame::Damaged => bail!(damage(&path, at)),
            }
        }
        if at < data.len() {
            file.set_len(at as u64)?;
            file.sync_all()?;
        }
        file.seek(SeekFrom::End(0))?;
        Ok(Self {
            file,
            path,
            bytes: at as u64,
        })
    }

    pub fn append(&mut self, payload: &[u8]) -> Result<()> {
        let mut frame = Vec::with_capacity(FRAME_HEAD + payload.len());
        frame.extend((payload.len() as u32).to_le_bytes());
        frame.extend(crc32fast::hash(payload).to_le_bytes());
        frame.extend(crc32fast::hash(&frame).to_le_bytes());
        frame.extend(payload);
        self.file.write_all(&frame)?;
        self.bytes += frame.len() as u64;
        Ok(())
    }

    pub fn sync(&self) -> Result<()> {
        Ok(self.file.sync_data()?)
    }
}

enum Frame<'a> {
    Whole(&'a [u8]),
    /// Cut short, or never filled in: what an interrupted write leaves.
    Torn,
    /// Followed by more data, so it was once complete.
    Damaged,
}

fn next_frame(data: &[u8]) -> Frame<'_> {
    if data.iter().take(FRAME_HEAD).all(|byte| *byte == 0) {
        // A file that had grown before its data reached the disk reads as zeros.
        let empty = data.iter().all(|byte| *byte == 0);
        return if empty { Frame::Torn } else { Frame::Damaged };
    }
    let Some((head, rest)) = data.split_at_checked(FRAME_HEAD) else {
        return Frame::Torn;
    };
    let field =
        |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (length, checksum) = (field(0) as usize, field(4));
    if crc32fast::hash(&head[..8]) != field(8) {
        return Frame::Damaged;
    }
    match rest.split_at_checked(length) {
        None => Frame::Torn,
        Some((payload, _)) if crc32fast::hash(payload) == checksum => Frame::Whole(payload),
        Some((_, [])) => Frame::Torn,
        Some(_) => Frame::Damaged,
    }
}

fn damage(path: &Path, at: usize) -> String {
    format!("{} is damaged at byte {at}", path.display())
}
