//! The packed batch, read in place. `v` is a varint (see `varint`), `z` one in
//! zigzag order; the fixed numbers of the head are big-endian.
//!
//! ```text
//! version u8 = 2, then one or more sections:
//! slot u32 | chunk u8 | closes u8 | fee u32 | leaf_count u32 | root 32 bytes
//! v mints  x ( v member gap | v wh )
//! v rounds x ( v price | v positions x ( v member gap | z wh ) )
//! v groups x ( v price | v step | v trades x ( v buyer gap | v seller | v wh | v steps, if step > 0 ) )
//! v burns  x ( v member gap | v wh )
//! ```
//!
//! Members ascend in every list: the first gap is the member itself, each
//! following one counts from the member after the last. Buyers may repeat, so
//! their gap counts from the last buyer itself.
use crate::{errors::MarketError, varint::Reader};

pub const VERSION: u8 = 2;

pub struct Head {
    /// Unix minutes of the slot's start.
    pub slot: u32,
    pub chunk: u8,
    /// No chunk of this slot follows.
    pub closes: bool,
    /// Grid fee in stroops per kWh, paid by the buyer.
    pub fee: u32,
    pub leaf_count: u32,
    pub root: [u8; 32],
}

/// Energy that one member gains (a mint) or loses (a burn).
pub struct Move {
    pub member: u16,
    pub wh: u32,
}

/// What one member bought (above zero) or sold (below) in a round.
pub struct Position {
    pub member: u16,
    pub wh: i32,
}

pub struct Trade {
    pub buyer: u16,
    pub seller: u16,
    pub wh: u32,
    /// Stroops per kWh.
    pub price: u32,
}

/// The batch, and `varint::SPARE` bytes behind it, after its version; refuses another version and an empty batch.
pub fn open(batch: &[u8]) -> Result<Reader<'_>, MarketError> {
    let mut reader = Reader::new(batch);
    if *reader.bytes()? != [VERSION] || reader.is_empty() {
        return Err(MarketError::MalformedBatch);
    }
    Ok(reader)
}

pub fn head(reader: &mut Reader) -> Result<Head, MarketError> {
    let bytes: &[u8; 46] = reader.bytes()?;
    let number =
        |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let closes = match bytes[5] {
        0 => false,
        1 => true,
        _ => return Err(MarketError::MalformedBatch),
    };
    let mut root = [0; 32];
    root.copy_from_slice(&bytes[14..]);
    Ok(Head {
        slot: number(0),
        chunk: bytes[4],
        closes,
        fee: number(6),
        leaf_count: number(10),
        root,
    })
}

/// Mints or burns, each handed to `visit`.
pub fn moves(
    reader: &mut Reader,
    mut visit: impl FnMut(Move) -> Result<(), MarketError>,
) -> Result<(), MarketError> {
    let mut ascent = Ascent::default();
    for _ in 0..reader.u32()? {
        let member = ascent.next(reader.u32()?)?;
        let wh = reader.u32()?;
        visit(Move { member, wh })?;
    }
    Ok(())
}

/// The positions of one round.
#[inline]
pub fn positions(
    reader: &mut Reader,
    mut visit: impl FnMut(Position) -> Result<(), MarketError>,
) -> Result<(), MarketError> {
    let mut ascent = Ascent::default();
    for _ in 0..reader.u32()? {
        let member = ascent.next(reader.u32()?)?;
        let wh = reader.i32()?;
        visit(Position { member, wh })?;
    }
    Ok(())
}

/// The trades of one group, at its price and whole steps above it.
#[inline]
pub fn trades(
    reader: &mut Reader,
    mut visit: impl FnMut(Trade) -> Result<(), MarketError>,
) -> Result<(), MarketError> {
    let (base, step) = (reader.u32()?, reader.u32()?);
    let mut buyer = 0;
    for _ in 0..reader.u32()? {
        buyer = add(buyer, reader.u32()?)?;
        let seller = reader.u32()?;
        let wh = reader.u32()?;
        let above = match step {
            0 => 0,
            _ => reader.u32()?.checked_mul(step).ok_or(MALFORMED)?,
        };
        visit(Trade {
            buyer: member(buyer)?,
            seller: member(seller)?,
            wh,
            price: add(base, above)?,
        })?;
    }
    Ok(())
}

const MALFORMED: MarketError = MarketError::MalformedBatch;

/// Members in strictly ascending order, each given by its distance.
#[derive(Default)]
struct Ascent {
    next: u32,
}

impl Ascent {
    #[inline]
    fn next(&mut self, gap: u32) -> Result<u16, MarketError> {
        let at = member(add(self.next, gap)?)?;
        self.next = u32::from(at) + 1;
        Ok(at)
    }
}

#[inline]
fn add(a: u32, b: u32) -> Result<u32, MarketError> {
    a.checked_add(b).ok_or(MALFORMED)
}

#[inline]
fn member(number: u32) -> Result<u16, MarketError> {
    u16::try_from(number).map_err(|_| MALFORMED)
}
