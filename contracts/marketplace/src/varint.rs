//! Numbers of one to nine bytes: as many as their value needs at seven bits a
//! byte. The zeros below the first byte's lowest one say how many bytes follow,
//! so a number is one load and one shift, however long it is:
//!
//! ```text
//! vvvvvvv1                       7 bits
//! vvvvvv10 vvvvvvvv             14 bits, little-endian
//! ...                           up to 56 bits in eight bytes
//! 00000000 and eight bytes      everything longer
//! ```
use alloc::vec::Vec;

use crate::errors::MarketError;

/// Zeros to keep behind the packed bytes, so that the last number is loaded
/// like any other.
pub const SPARE: usize = 9;

/// Reads packed bytes from front to back; what does not fit is malformed.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// `bytes` end in `SPARE` bytes that belong to nobody.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, at: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.at + SPARE >= self.bytes.len()
    }

    /// A fixed head of `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> Result<&'a [u8; N], MarketError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += N;
        match rest.first_chunk() {
            Some(head) if self.at + SPARE <= self.bytes.len() => Ok(head),
            _ => Err(MarketError::MalformedBatch),
        }
    }

    #[inline(always)]
    pub fn u32(&mut self) -> Result<u32, MarketError> {
        let value = read(self.bytes, &mut self.at);
        if self.at + SPARE > self.bytes.len() || value > u64::from(u32::MAX) {
            return Err(MarketError::MalformedBatch);
        }
        Ok(value as u32)
    }

    /// A signed number in zigzag order: 0, -1, 1, -2, 2 ...
    #[inline(always)]
    pub fn i32(&mut self) -> Result<i32, MarketError> {
        let raw = self.u32()?;
        Ok((raw >> 1) as i32 ^ -((raw & 1) as i32))
    }
}

/// Reads a number at `at` and moves on. Nothing is read beyond the end: there
/// every number is zero.
#[inline(always)]
pub fn read(bytes: &[u8], at: &mut usize) -> u64 {
    let Some(word) = bytes.get(*at..).and_then(<[u8]>::first_chunk) else {
        *at += 1;
        return 0;
    };
    let word = u64::from_le_bytes(*word);
    let length = (word as u8).trailing_zeros() as usize + 1;
    if length > 8 {
        return read_long(bytes, at);
    }
    *at += length;
    // Seven bits a byte, behind as many bits as there are bytes.
    word << (64 - 8 * length) >> (64 - 7 * length)
}

/// The eight bytes after a first byte of zero.
#[cold]
fn read_long(bytes: &[u8], at: &mut usize) -> u64 {
    let tail = bytes.get(*at + 1..).and_then(<[u8]>::first_chunk);
    *at += LONGEST;
    tail.copied().map_or(0, u64::from_le_bytes)
}

/// The most bytes that `write` touches.
pub const LONGEST: usize = 9;

/// Writes a number at `at` and moves on. The caller leaves room for `LONGEST`
/// bytes; without it nothing is written.
#[inline(always)]
pub fn write(bytes: &mut [u8], at: &mut usize, value: u64) {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    let length = bits.div_ceil(7);
    let word = match length {
        ..=8 => (value << 1 | 1) << (length - 1),
        _ => return write_long(bytes, at, value),
    };
    if let Some(room) = bytes.get_mut(*at..).and_then(<[u8]>::first_chunk_mut) {
        *room = word.to_le_bytes();
    }
    *at += length;
}

#[cold]
fn write_long(bytes: &mut [u8], at: &mut usize, value: u64) {
    if let Some(room) = bytes.get_mut(*at..*at + LONGEST) {
        room[0] = 0;
        room[1..].copy_from_slice(&value.to_le_bytes());
    }
    *at += LONGEST;
}

/// Appends a number.
pub fn push(bytes: &mut Vec<u8>, value: u64) {
    let mut at = bytes.len();
    bytes.resize(at + LONGEST, 0);
    write(bytes, &mut at, value);
    bytes.truncate(at);
}
