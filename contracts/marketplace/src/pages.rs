//! Pages of 128 member slots: the packed balance record, and the set of pages
//! that one batch works on, copied in once and out once.
use alloc::vec::Vec;

use crate::{errors::MarketError, mandate, types::Mandate};

pub const SLOTS: usize = 128;
/// Pages that 65,536 members fill.
pub const PAGES: usize = 512;
pub const BALANCES: usize = SLOTS * RECORD;
pub const MANDATES: usize = SLOTS * mandate::RECORD;

pub const RECORD: usize = 38;
/// Slots whose energy is counted one by one, the newest traded slot first.
/// Chunks of neighbouring slots settle in any order, because spot trades of a
/// slot settle while the auctions of the ones before wait for late meters.
pub const WINDOW: usize = 4;
const U24_MAX: u32 = 0xFF_FFFF;
const U48_MAX: u64 = 0xFFFF_FFFF_FFFF;
const MINUTES_A_DAY: u32 = 1440;

pub fn page_of(member: u16) -> u16 {
    member / SLOTS as u16
}

pub fn slot_in_page(member: u16) -> usize {
    usize::from(member) % SLOTS
}

/// One member's balances and cap counters.
///
/// ```text
/// quote u64 | energy u48 | newest slot u32 | 4 x slot wh u24 | day wh u32 | day-before wh u32
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Balance {
    /// Stroops.
    pub quote: u64,
    /// Wh.
    pub energy: u64,
    /// Newest slot traded, in unix minutes.
    pub slot: u32,
    pub slot_wh: [u32; WINDOW],
    /// Energy of the newest slot's day and of the day before.
    pub day_wh: [u32; 2],
}

impl Balance {
    pub fn read(record: &[u8; RECORD]) -> Balance {
        let mut slot_wh = [0; WINDOW];
        for (age, wh) in slot_wh.iter_mut().enumerate() {
            *wh = get_u32(record, 17 + 3 * age) & U24_MAX;
        }
        Balance {
            quote: u64::from(get_u32(record, 0)) << 32 | u64::from(get_u32(record, 4)),
            energy: u64::from(get_u32(record, 8)) << 16
                | u64::from(record[12]) << 8
                | u64::from(record[13]),
            slot: get_u32(record, 14),
            slot_wh,
            day_wh: [get_u32(record, 30), get_u32(record, 34)],
        }
    }

    pub fn write(&self, record: &mut [u8; RECORD]) {
        record[0..8].copy_from_slice(&self.quote.to_be_bytes());
        record[8..14].copy_from_slice(&self.energy.to_be_bytes()[2..]);
        put_u32(record, 14, self.slot);
        for (age, wh) in self.slot_wh.iter().enumerate() {
            record[18 + 3 * age..21 + 3 * age].copy_from_slice(&wh.to_be_bytes()[1..]);
        }
        put_u32(record, 30, self.day_wh[0]);
        put_u32(record, 34, self.day_wh[1]);
    }

    #[inline(always)]
    pub fn pay_in(&mut self, stroops: u64) -> Result<(), MarketError> {
        self.quote = self
            .quote
            .checked_add(stroops)
            .ok_or(MarketError::Overflow)?;
        Ok(())
    }

    #[inline(always)]
    pub fn pay_out(&mut self, stroops: u64) -> Result<(), MarketError> {
        self.quote = self
            .quote
            .checked_sub(stroops)
            .ok_or(MarketError::InsufficientQuote)?;
        Ok(())
    }

    #[inline(always)]
    pub fn gain(&mut self, wh: u64) -> Result<(), MarketError> {
        self.energy = self
            .energy
            .checked_add(wh)
            .filter(|energy| *energy <= U48_MAX)
            .ok_or(MarketError::Overflow)?;
        Ok(())
    }

    #[inline(always)]
    pub fn lose(&mut self, wh: u64) -> Result<(), MarketError> {
        self.energy = self
            .energy
            .checked_sub(wh)
            .ok_or(MarketError::InsufficientEnergy)?;
        Ok(())
    }

    /// Counts traded energy against the caps of the slot and of its day.
    #[inline(always)]
    pub fn count(
        &mut self,
        slot: u32,
        slot_minutes: u32,
        wh: u32,
        mandate: &Mandate,
    ) -> Result<(), MarketError> {
        if slot > self.slot {
            self.roll_to(slot, slot_minutes);
        }
        let age = if slot == self.slot {
            0
        } else {
            ((self.slot - slot) / slot_minutes) as usize
        };
        let in_slot = self.slot_wh.get_mut(age).ok_or(MarketError::SlotTooOld)?;
        *in_slot = in_slot
            .checked_add(wh)
            .filter(|used| *used <= mandate.slot_wh.min(U24_MAX))
            .ok_or(MarketError::SlotCapExceeded)?;

        let age = (self.slot / MINUTES_A_DAY - slot / MINUTES_A_DAY) as usize;
        let on_day = self.day_wh.get_mut(age).ok_or(MarketError::SlotTooOld)?;
        *on_day = on_day
            .checked_add(wh)
            .filter(|used| *used <= mandate.day_wh)
            .ok_or(MarketError::DayCapExceeded)?;
        Ok(())
    }

    #[inline(never)]
    fn roll_to(&mut self, slot: u32, slot_minutes: u32) {
        let steps = ((slot - self.slot) / slot_minutes) as usize;
        let before = self.slot_wh;
        for (age, wh) in self.slot_wh.iter_mut().enumerate() {
            *wh = match age.checked_sub(steps) {
                Some(was) => before[was],
                None => 0,
            };
        }
        match slot / MINUTES_A_DAY - self.slot / MINUTES_A_DAY {
            0 => {}
            1 => self.day_wh = [0, self.day_wh[0]],
            _ => self.day_wh = [0, 0],
        }
        self.slot = slot;
    }
}

/// A member that the batch has touched, unpacked once.
pub struct Member {
    pub balance: Balance,
    pub mandate: Option<Mandate>,
    number: u16,
}

struct Page {
    number: u16,
    balances: Vec<u8>,
    mandates: Vec<u8>,
    /// Member slot to its place in the book's `members`, plus one.
    open: [u16; SLOTS],
}

/// The pages that a batch needs, and the members of them that it touches.
pub struct Book {
    pages: Vec<Page>,
    /// Page number to its place in `pages`, plus one.
    places: [u16; PAGES],
    members: Vec<Member>,
}

impl Default for Book {
    fn default() -> Self {
        Book {
            pages: Vec::new(),
            places: [0; PAGES],
            members: Vec::with_capacity(SLOTS),
        }
    }
}

impl Book {
    /// Adds a page of `BALANCES` bytes and one of `MANDATES` bytes.
    pub fn add_page(&mut self, number: u16, balances: Vec<u8>, mandates: Vec<u8>) {
        self.pages.push(Page {
            number,
            balances,
            mandates,
            open: [0; SLOTS],
        });
        self.places[usize::from(number)] = self.pages.len() as u16;
    }

    /// Where a member of a loaded page is unpacked; `UnknownMember` if its
    /// page was not added.
    #[inline(always)]
    pub fn open(&mut self, member: u16) -> Result<usize, MarketError> {
        let place = usize::from(self.places[usize::from(page_of(member))]).wrapping_sub(1);
        let page = self.pages.get(place).ok_or(MarketError::UnknownMember)?;
        match page.open[slot_in_page(member)] {
            0 => self.unpack(place, member),
            open => Ok(usize::from(open) - 1),
        }
    }

    #[inline(never)]
    fn unpack(&mut self, place: usize, member: u16) -> Result<usize, MarketError> {
        let page = &mut self.pages[place];
        let at = slot_in_page(member);
        self.members.push(Member {
            balance: Balance::read(record(&page.balances, at)),
            mandate: Mandate::read(record(&page.mandates, at)),
            number: member,
        });
        // 65,535 distinct members at most, because zero means none.
        page.open[at] =
            u16::try_from(self.members.len()).map_err(|_| MarketError::MalformedBatch)?;
        Ok(self.members.len() - 1)
    }

    #[inline(always)]
    pub fn at(&mut self, place: usize) -> &mut Member {
        &mut self.members[place]
    }

    /// Packs the touched members and hands back every page's balances.
    pub fn close(mut self) -> impl Iterator<Item = (u16, Vec<u8>)> {
        for member in &self.members {
            let place = usize::from(self.places[usize::from(page_of(member.number))]) - 1;
            let balances = &mut self.pages[place].balances;
            member
                .balance
                .write(record_mut(balances, slot_in_page(member.number)));
        }
        self.pages
            .into_iter()
            .map(|page| (page.number, page.balances))
    }
}

/// One slot's record in a page of records of `N` bytes.
pub fn record<const N: usize>(page: &[u8], slot: usize) -> &[u8; N] {
    &page.as_chunks().0[slot]
}

pub fn record_mut<const N: usize>(page: &mut [u8], slot: usize) -> &mut [u8; N] {
    &mut page.as_chunks_mut().0[slot]
}

#[inline(always)]
pub(crate) fn get_u32<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[inline(always)]
pub(crate) fn put_u32<const N: usize>(bytes: &mut [u8; N], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
}
