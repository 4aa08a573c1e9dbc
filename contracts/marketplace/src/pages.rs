//! Pages of 256 member slots: the packed records, and the set of pages that one
//! batch works on, each read once and written once.
//!
//! A page of balances is
//!
//! ```text
//! newest slot u32, big-endian | one record for each member slot up to the last that holds anything
//! ```
//!
//! and a record is a byte whose bits say which of eight numbers follow, as
//! varints: quote, energy, the Wh of the newest slot and of the three before,
//! the Wh of the newest slot's day and of the day before.
use alloc::{vec, vec::Vec};

use crate::{errors::MarketError, mandate, slots, types::Mandate, varint};

/// Twice as many as a settlement of a small community needs: a page holds only
/// the member slots in use, and each page costs an entry.
pub const SLOTS: usize = 256;
/// Pages that 65,536 members fill.
pub const PAGES: usize = 256;
pub const MANDATES: usize = SLOTS * mandate::RECORD;

/// Slots whose energy is counted one by one, the newest of the page first.
/// Chunks of neighbouring slots settle in any order, because spot trades of a
/// slot settle while the auctions of the ones before wait for late meters.
pub const WINDOW: usize = 4;
const MINUTES_A_DAY: u32 = 1440;
const HEAD: usize = 4;
/// A record's bytes, mostly and at most.
const TYPICAL: usize = 16;
const LONGEST: usize = 1 + 8 * varint::LONGEST;

pub fn page_of(member: u16) -> u16 {
    member / SLOTS as u16
}

pub fn slot_in_page(member: u16) -> usize {
    usize::from(member) % SLOTS
}

/// One member's balances and cap counters. Balances are below zero only while
/// a section is being worked on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Balance {
    /// Stroops.
    pub quote: i64,
    /// Wh.
    pub energy: i64,
    /// Energy of the page's newest slot and of the three before.
    pub slot_wh: [u32; WINDOW],
    /// Energy of the newest slot's day and of the day before.
    pub day_wh: [u32; 2],
}

impl Balance {
    #[inline(always)]
    pub fn pay(&mut self, stroops: i64) -> Result<(), MarketError> {
        self.quote = self
            .quote
            .checked_add(stroops)
            .ok_or(MarketError::Overflow)?;
        Ok(())
    }

    #[inline(always)]
    pub fn gain(&mut self, wh: i64) -> Result<(), MarketError> {
        self.energy = self.energy.checked_add(wh).ok_or(MarketError::Overflow)?;
        Ok(())
    }

    #[inline(always)]
    pub fn enforce_covered(&self) -> Result<(), MarketError> {
        if self.quote | self.energy >= 0 {
            return Ok(());
        }
        if self.quote < 0 {
            return Err(MarketError::InsufficientQuote);
        }
        Err(MarketError::InsufficientEnergy)
    }

    /// Counts traded energy against the caps of the slot and of its day.
    #[inline(always)]
    pub fn count(&mut self, age: Age, wh: u32, mandate: &Mandate) -> Result<(), MarketError> {
        count(
            &mut self.slot_wh[age.slots],
            wh,
            mandate.slot_wh,
            MarketError::SlotCapExceeded,
        )?;
        count(
            &mut self.day_wh[age.days],
            wh,
            mandate.day_wh,
            MarketError::DayCapExceeded,
        )
    }

    #[inline(always)]
    fn read(bytes: &[u8], at: &mut usize) -> Balance {
        let present = bytes.get(*at).copied().unwrap_or_default();
        *at += 1;
        let mut next = |bit: u8| match present & bit {
            0 => 0,
            _ => varint::read(bytes, at),
        };
        Balance {
            quote: next(1) as i64,
            energy: next(2) as i64,
            slot_wh: [
                next(4) as u32,
                next(8) as u32,
                next(16) as u32,
                next(32) as u32,
            ],
            day_wh: [next(64) as u32, next(128) as u32],
        }
    }

    #[inline(always)]
    fn write(&self, bytes: &mut [u8], at: &mut usize) {
        let [s0, s1, s2, s3] = self.slot_wh;
        let [d0, d1] = self.day_wh;
        let mark = *at;
        *at += 1;
        let mut present = 0u8;
        let mut put = |bit: u8, number: u64| {
            if number != 0 {
                present |= bit;
                varint::write(bytes, at, number);
            }
        };
        put(1, self.quote as u64);
        put(2, self.energy as u64);
        put(4, s0.into());
        put(8, s1.into());
        put(16, s2.into());
        put(32, s3.into());
        put(64, d0.into());
        put(128, d1.into());
        if let Some(byte) = bytes.get_mut(mark) {
            *byte = present;
        }
    }
}

#[inline(always)]
fn count(used: &mut u32, wh: u32, most: u32, refusal: MarketError) -> Result<(), MarketError> {
    *used = match used.checked_add(wh) {
        Some(sum) if sum <= most => sum,
        _ => return Err(refusal),
    };
    Ok(())
}

/// Which counters a slot uses: how many slots, and how many days, it lies
/// before its page's newest.
#[derive(Clone, Copy)]
pub struct Age {
    slots: usize,
    days: usize,
}

/// A page of balances, unpacked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// Newest slot traded on the page, in unix minutes.
    pub slot: u32,
    pub balances: Vec<Balance>,
}

impl Page {
    /// Unpacks a page, behind which lie `varint::SPARE` bytes that belong to
    /// nobody. No bytes are a page that nobody has used.
    pub fn read(bytes: &[u8]) -> Page {
        let mut balances = vec![Balance::default(); SLOTS];
        let mut at = HEAD;
        for balance in &mut balances {
            if at + varint::SPARE >= bytes.len() {
                break;
            }
            *balance = Balance::read(bytes, &mut at);
        }
        let head = bytes.first_chunk().copied().unwrap_or_default();
        Page {
            slot: u32::from_be_bytes(head),
            balances,
        }
    }

    pub fn write(&self) -> Vec<u8> {
        let last = self.balances.iter().rposition(|b| *b != Balance::default());
        let balances = &self.balances[..last.map_or(0, |last| last + 1)];
        let mut bytes = vec![0; HEAD + TYPICAL * balances.len() + LONGEST];
        bytes[..HEAD].copy_from_slice(&self.slot.to_be_bytes());
        let mut at = HEAD;
        for balance in balances {
            if bytes.len() - at < LONGEST {
                bytes.resize(2 * bytes.len(), 0);
            }
            balance.write(&mut bytes, &mut at);
        }
        bytes.truncate(at);
        bytes
    }

    /// Where a slot's energy is counted. A newer slot moves the page on.
    #[inline(always)]
    pub fn age(&mut self, slot: u32, slot_minutes: u32) -> Result<Age, MarketError> {
        if slot > self.slot {
            self.roll_to(slot, slot_minutes);
        }
        let age = Age {
            slots: ((self.slot - slot) / slot_minutes) as usize,
            days: (self.slot / MINUTES_A_DAY - slot / MINUTES_A_DAY) as usize,
        };
        if age.slots < WINDOW && age.days < 2 {
            Ok(age)
        } else {
            Err(MarketError::SlotTooOld)
        }
    }

    /// A closed slot takes no more energy, so what it took needs no keeping.
    pub fn forget(&mut self, age: Age) {
        for balance in &mut self.balances {
            balance.slot_wh[age.slots] = 0;
        }
    }

    #[inline(never)]
    fn roll_to(&mut self, slot: u32, slot_minutes: u32) {
        let steps = (slot - self.slot) / slot_minutes;
        let days = slot / MINUTES_A_DAY - self.slot / MINUTES_A_DAY;
        for balance in &mut self.balances {
            if balance.slot_wh != [0; WINDOW] {
                let [s0, s1, s2, _] = balance.slot_wh;
                balance.slot_wh = match steps {
                    1 => [0, s0, s1, s2],
                    2 => [0, 0, s0, s1],
                    3 => [0, 0, 0, s0],
                    _ => [0; WINDOW],
                };
            }
            if days > 0 {
                let yesterday = if days == 1 { balance.day_wh[0] } else { 0 };
                balance.day_wh = [0, yesterday];
            }
        }
        self.slot = slot;
    }
}

/// Where a batch finds its pages.
pub trait Shelf {
    /// With `varint::SPARE` bytes behind it.
    fn balances(&self, page: u16) -> Vec<u8>;
    fn mandates(&self, page: u16) -> Vec<u8>;
    /// A member's replaced mandates, packed oldest first.
    fn replaced(&self, member: u16) -> Vec<u8>;
    /// A block of the guard that has left the chain's entry.
    fn block(&self, number: u32) -> Option<slots::Block>;
}

struct Open {
    number: u16,
    page: Page,
    /// Packed; empty where nobody gave one.
    mandates: Vec<u8>,
    /// Age of the section's slot, once the section has traded on this page.
    age: Option<Age>,
}

/// The pages that a batch has touched.
pub struct Book<S> {
    shelf: S,
    /// Member slots that are taken.
    members: u32,
    pages: Vec<Open>,
    /// Page number to its place in `pages`, plus one.
    places: [u16; PAGES],
}

impl<S: Shelf> Book<S> {
    pub fn new(shelf: S, members: u32) -> Self {
        Book {
            shelf,
            members,
            pages: Vec::new(),
            places: [0; PAGES],
        }
    }

    /// A member's balance. Refuses member slots that nobody has.
    #[inline]
    pub fn balance(&mut self, member: u16) -> Result<&mut Balance, MarketError> {
        let place = self.place(member)?;
        Ok(&mut self.pages[place].page.balances[slot_in_page(member)])
    }

    /// A member's balance, the mandate the slot is traded under, and where its energy
    /// is counted.
    #[inline(always)]
    pub fn trader(
        &mut self,
        member: u16,
        slot: u32,
        slot_minutes: u32,
    ) -> Result<(&mut Balance, Mandate, Age), MarketError> {
        let place = self.place(member)?;
        let open = &mut self.pages[place];
        let age = match open.age {
            Some(age) => age,
            None => *open.age.insert(open.page.age(slot, slot_minutes)?),
        };
        let at = slot_in_page(member);
        let record = open.mandates.as_chunks().0.get(at);
        let record = record.ok_or(MarketError::NoMandate)?;
        let mut mandate = Mandate::read(record).ok_or(MarketError::NoMandate)?;
        if slot < mandate.valid_from {
            mandate = earlier(&self.shelf, member, slot)?;
        }
        Ok((&mut open.page.balances[at], mandate, age))
    }

    /// A block of the guard that has left the chain's entry.
    pub fn block(&self, number: u32) -> Option<slots::Block> {
        self.shelf.block(number)
    }

    /// Ends a section: every balance is covered, and a closed slot's counters
    /// are dropped.
    pub fn end_section(&mut self, closes: bool) -> Result<(), MarketError> {
        for open in &mut self.pages {
            for balance in &open.page.balances {
                balance.enforce_covered()?;
            }
            if let (Some(age), true) = (open.age.take(), closes) {
                open.page.forget(age);
            }
        }
        Ok(())
    }

    /// Hands back every page of balances, packed.
    pub fn close(self) -> impl Iterator<Item = (u16, Vec<u8>)> {
        self.pages
            .into_iter()
            .map(|open| (open.number, open.page.write()))
    }

    #[inline(always)]
    fn place(&mut self, member: u16) -> Result<usize, MarketError> {
        if u32::from(member) >= self.members {
            return Err(MarketError::UnknownMember);
        }
        let number = page_of(member);
        Ok(match self.places[usize::from(number)] {
            0 => self.fetch(number),
            place => usize::from(place) - 1,
        })
    }

    #[inline(never)]
    fn fetch(&mut self, number: u16) -> usize {
        self.pages.push(Open {
            number,
            page: Page::read(&self.shelf.balances(number)),
            mandates: self.shelf.mandates(number),
            age: None,
        });
        self.places[usize::from(number)] = self.pages.len() as u16;
        self.pages.len() - 1
    }
}

/// The mandate that the slot began under, before it was replaced.
#[cold]
#[inline(never)]
fn earlier(shelf: &impl Shelf, member: u16, slot: u32) -> Result<Mandate, MarketError> {
    mandate::covering(&shelf.replaced(member), slot).ok_or(MarketError::MandateExpired)
}

/// One slot's record in a page of records of `N` bytes.
pub fn record<const N: usize>(page: &[u8], slot: usize) -> &[u8; N] {
    &page.as_chunks().0[slot]
}

pub fn record_mut<const N: usize>(page: &mut [u8], slot: usize) -> &mut [u8; N] {
    &mut page.as_chunks_mut().0[slot]
}

#[inline]
pub(crate) fn get_u32<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[inline]
pub(crate) fn put_u32<const N: usize>(bytes: &mut [u8; N], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}
