//! A mandate: its packed record, its validity, and what it allows.
use crate::{
    errors::MarketError,
    pages::{get_u32, put_u32},
    types::Mandate,
};

/// The mandate's numbers, the zone and the sides.
pub const RECORD: usize = 26;
pub const SELL: u32 = 1;
pub const BUY: u32 = 2;

impl Mandate {
    /// None where the member slot never had one.
    #[inline(always)]
    pub fn read(record: &[u8; RECORD]) -> Option<Mandate> {
        let sides = u32::from(record[25]);
        (sides != 0).then(|| Mandate {
            sell_min: get_u32(record, 0),
            buy_max: get_u32(record, 4),
            slot_wh: get_u32(record, 8),
            day_wh: get_u32(record, 12),
            valid_from: get_u32(record, 16),
            valid_until: get_u32(record, 20),
            zone: u32::from(record[24]),
            sides,
        })
    }

    pub fn write(&self, record: &mut [u8; RECORD]) {
        put_u32(record, 0, self.sell_min);
        put_u32(record, 4, self.buy_max);
        put_u32(record, 8, self.slot_wh);
        put_u32(record, 12, self.day_wh);
        put_u32(record, 16, self.valid_from);
        put_u32(record, 20, self.valid_until);
        record[24] = self.zone as u8;
        record[25] = self.sides as u8;
    }

    pub fn validate(&self) -> Result<(), MarketError> {
        let sells = self.sides & SELL != 0;
        let buys = self.sides & BUY != 0;
        let sound = (sells || buys)
            && self.sides <= SELL | BUY
            && self.zone <= u32::from(u8::MAX)
            && self.valid_until > self.valid_from
            && (!sells || self.sell_min > 0)
            && (!buys || self.buy_max > 0)
            && self.slot_wh > 0
            && self.day_wh > 0;
        if sound {
            Ok(())
        } else {
            Err(MarketError::InvalidMandate)
        }
    }

    /// The slot lies inside the validity and the side is enabled.
    #[inline(always)]
    pub fn allows(&self, side: u32, slot: u32, slot_end: u32) -> Result<(), MarketError> {
        if slot < self.valid_from || slot_end > self.valid_until {
            return Err(MarketError::MandateExpired);
        }
        if self.sides & side == 0 {
            return Err(MarketError::SideDisabled);
        }
        Ok(())
    }

    /// Ends by then, if not sooner.
    pub fn end_by(&mut self, moment: u32) {
        self.valid_until = self.valid_until.min(moment);
    }
}

/// The newest of the mandates, packed oldest first, that covers the slot's start.
pub fn covering(packed: &[u8], slot: u32) -> Option<Mandate> {
    let records: &[[u8; RECORD]] = packed.as_chunks().0;
    let mut newest_first = records.iter().rev().filter_map(Mandate::read);
    newest_first.find(|mandate| (mandate.valid_from..mandate.valid_until).contains(&slot))
}
