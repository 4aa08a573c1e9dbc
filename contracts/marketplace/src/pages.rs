//! Pages of 128 member slots: the packed records, and the set of pages that one
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

use crate::{
    errors::MarketError,
    mandate,
    types::Mandate,
    varint::{self, Reader},
};

pub const SLOTS: usize = 128;
/// Pages that 65,536 members fill.
pub const PAGES: usize = 512;
pub const MANDATES: usize = SLOTS * mandate::RECORD;

/// Slots whose energy is counted one by one, the newest of the page first.
/// Chunks of neighbouring slots settle in any order, because spot trades of a
/// slot settle while the auctions of the ones before wait for late meters.
pub const WINDOW: usize = 4;
const MINUTES_A_DAY: u32 = 1440;

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
    #[inline]
    pub fn pay(&mut self, stroops: i64) -> Result<(), MarketError> {
        self.quote = self
            .quote
            .checked_add(stroops)
            .ok_or(MarketError::Overflow)?;
        Ok(())
    }

    #[inline]
    pub fn gain(&mut self, wh: i64) -> Result<(), MarketError> {
        self.energy = self.energy.checked_add(wh).ok_or(MarketError::Overflow)?;
        Ok(())
    }

    #[inline]
    pub fn enforce_covered(&self) -> Result<(), MarketError> {
        if self.quote < 0 {
            return Err(MarketError::InsufficientQuote);
        }
        if self.energy < 0 {
            return Err(MarketError::InsufficientEnergy);
        }
        Ok(())
    }

    /// Counts traded energy against the caps of the slot and of its day.
    #[inline]
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

    #[inline(never)]
    fn read(reader: &mut Reader) -> Result<Balance, MarketError> {
        let present = reader.byte()?;
        let mut numbers = [0; 8];
        if present != 0 {
            for (bit, number) in numbers.iter_mut().enumerate() {
                if present >> bit & 1 == 1 {
                    *number = reader.u64()?;
                }
            }
        }
        let [quote, energy, s0, s1, s2, s3, d0, d1] = numbers;
        Ok(Balance {
            quote: quote as i64,
            energy: energy as i64,
            slot_wh: [s0 as u32, s1 as u32, s2 as u32, s3 as u32],
            day_wh: [d0 as u32, d1 as u32],
        })
    }

    #[inline(never)]
    fn write(&self, bytes: &mut Vec<u8>) {
        let [s0, s1, s2, s3] = self.slot_wh.map(u64::from);
        let [d0, d1] = self.day_wh.map(u64::from);
        let numbers = [
            self.quote as u64,
            self.energy as u64,
            s0,
            s1,
            s2,
            s3,
            d0,
            d1,
        ];
        let at = bytes.len();
        bytes.push(0);
        for (bit, number) in numbers.into_iter().enumerate() {
            if number != 0 {
                bytes[at] |= 1 << bit;
                varint::write(bytes, number);
            }
        }
    }
}

#[inline]
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
    /// Unpacks a page; no bytes are a page that nobody has used.
    pub fn read(bytes: &[u8]) -> Result<Page, MarketError> {
        let mut page = Page {
            slot: 0,
            balances: vec![Balance::default(); SLOTS],
        };
        if bytes.is_empty() {
            return Ok(page);
        }
        let mut reader = Reader::new(bytes);
        page.slot = u32::from_be_bytes(*reader.bytes()?);
        for balance in page.balances.iter_mut() {
            if reader.is_empty() {
                break;
            }
            *balance = Balance::read(&mut reader)?;
        }
        Ok(page)
    }

    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SLOTS * 16);
        bytes.extend_from_slice(&self.slot.to_be_bytes());
        let last = self.balances.iter().rposition(|b| *b != Balance::default());
        for balance in &self.balances[..last.map_or(0, |last| last + 1)] {
            balance.write(&mut bytes);
        }
        bytes
    }

    /// Where a slot's energy is counted. A newer slot moves the page on.
    #[inline]
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
        let steps = (((slot - self.slot) / slot_minutes) as usize).min(WINDOW);
        let days = slot / MINUTES_A_DAY - self.slot / MINUTES_A_DAY;
        for balance in &mut self.balances {
            balance.slot_wh.copy_within(..WINDOW - steps, steps);
            balance.slot_wh[..steps].fill(0);
            match days {
                0 => {}
                1 => balance.day_wh = [0, balance.day_wh[0]],
                _ => balance.day_wh = [0, 0],
            }
        }
        self.slot = slot;
    }
}

/// Where a batch finds its pages.
pub trait Shelf {
    fn balances(&self, page: u16) -> Vec<u8>;
    fn mandates(&self, page: u16) -> Vec<u8>;
}

struct Open {
    number: u16,
    page: Page,
    mandates: Vec<Option<Mandate>>,
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

    /// A member's balance and mandate, and where the slot's energy is counted.
    #[inline]
    pub fn trader(
        &mut self,
        member: u16,
        slot: u32,
        slot_minutes: u32,
    ) -> Result<(&mut Balance, &Mandate, Age), MarketError> {
        let place = self.place(member)?;
        let open = &mut self.pages[place];
        let age = match open.age {
            Some(age) => age,
            None => *open.age.insert(open.page.age(slot, slot_minutes)?),
        };
        let at = slot_in_page(member);
        let mandate = open.mandates[at].as_ref().ok_or(MarketError::NoMandate)?;
        Ok((&mut open.page.balances[at], mandate, age))
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

    #[inline]
    fn place(&mut self, member: u16) -> Result<usize, MarketError> {
        if u32::from(member) >= self.members {
            return Err(MarketError::UnknownMember);
        }
        let number = page_of(member);
        match self.places[usize::from(number)] {
            0 => self.fetch(number),
            place => Ok(usize::from(place) - 1),
        }
    }

    #[inline(never)]
    fn fetch(&mut self, number: u16) -> Result<usize, MarketError> {
        let mandates = self.shelf.mandates(number);
        self.pages.push(Open {
            number,
            page: Page::read(&self.shelf.balances(number))?,
            mandates: mandate::read_page(&mandates),
            age: None,
        });
        self.places[usize::from(number)] = self.pages.len() as u16;
        Ok(self.pages.len() - 1)
    }
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
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[inline]
pub(crate) fn put_u32<const N: usize>(bytes: &mut [u8; N], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
}
