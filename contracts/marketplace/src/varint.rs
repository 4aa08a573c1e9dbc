//! Numbers of one to ten bytes (LEB128), little by little: seven bits a byte,
//! the lowest first; the eighth bit says that more follow.
use alloc::vec::Vec;

use crate::errors::MarketError;

/// Reads packed bytes from front to back; what does not fit is malformed.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline]
    pub fn byte(&mut self) -> Result<u8, MarketError> {
        let (byte, rest) = self.rest.split_first().ok_or(MarketError::MalformedBatch)?;
        self.rest = rest;
        Ok(*byte)
    }

    /// A fixed head of `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> Result<&'a [u8; N], MarketError> {
        let (head, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(MarketError::MalformedBatch)?;
        self.rest = rest;
        Ok(head)
    }

    #[inline]
    pub fn u32(&mut self) -> Result<u32, MarketError> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(u32::from(first));
        }
        u32::try_from(self.long(first)?).map_err(|_| MarketError::MalformedBatch)
    }

    #[inline]
    pub fn u64(&mut self) -> Result<u64, MarketError> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        self.long(first)
    }

    /// A signed number in zigzag order: 0, -1, 1, -2, 2 ...
    #[inline]
    pub fn i32(&mut self) -> Result<i32, MarketError> {
        let raw = self.u32()?;
        Ok((raw >> 1) as i32 ^ -((raw & 1) as i32))
    }

    #[inline(never)]
    fn long(&mut self, first: u8) -> Result<u64, MarketError> {
        let mut value = u64::from(first & 0x7F);
        let mut shift = 7;
        loop {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if shift > 63 || bits << shift >> shift != bits {
                return Err(MarketError::MalformedBatch);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
        }
    }
}

pub fn write(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
