//! Which value holds when. Pure: knows no ledger.
use crate::{
    errors::ParameterError,
    types::{Declaration, Parameter, Version, MAX_VERSIONS, TAKE_BACK_WITHIN},
};
use soroban_sdk::{Env, Vec};

impl Parameter {
    pub fn new(e: &Env, declaration: Declaration) -> Self {
        Self {
            declaration,
            versions: Vec::new(e),
            forgot: false,
            taken_back: 0,
        }
    }

    /// The value at a moment in unix minutes.
    pub fn value_at(&self, moment: u32) -> Result<i128, ParameterError> {
        match self.count_by(moment).checked_sub(1) {
            Some(newest) => Ok(self.versions.get_unchecked(newest).value),
            None if self.forgot => Err(ParameterError::Forgotten),
            None => Ok(self.declaration.default),
        }
    }

    /// Adds a version, or replaces the one that starts in the same slot.
    /// `effective_from` is in the future: what has held is never rewritten.
    pub fn schedule(&mut self, version: Version, now: u32) -> Result<(), ParameterError> {
        if !self.declaration.allows(version.value) {
            return Err(ParameterError::OutOfBounds);
        }
        let place = self.count_by(version.effective_from);
        if let Some(before) = place.checked_sub(1) {
            if self.versions.get_unchecked(before).effective_from == version.effective_from {
                self.versions.set(before, version);
                return Ok(());
            }
        }
        self.versions.insert(place, version);
        if self.versions.len() > MAX_VERSIONS {
            // The oldest goes, unless it still says what holds now.
            if self.count_by(now) < 2 {
                return Err(ParameterError::TooManyPending);
            }
            self.versions.pop_front();
            self.forgot = true;
        }
        Ok(())
    }

    /// Undoes the newest version: one still to come is dropped, and one in
    /// force gives way, from `next_slot` on, to the value before it.
    pub fn revert(&mut self, now: u32, next_slot: u32) -> Result<Version, ParameterError> {
        let Some(newest) = self.versions.last() else {
            return Err(ParameterError::NothingToRevert);
        };
        let before = self.value_before(&newest)?;
        if newest.effective_from > now {
            self.versions.pop_back();
            return Ok(Version {
                effective_from: newest.effective_from,
                value: before,
            });
        }
        let version = Version {
            effective_from: next_slot,
            value: before,
        };
        self.schedule(version.clone(), now)?;
        Ok(version)
    }

    /// From `next_slot` on, the value before the version in force holds again,
    /// if that took effect lately and is not itself a taking back. Versions
    /// still to come stay.
    pub fn take_back(&mut self, now: u32, next_slot: u32) -> Result<Version, ParameterError> {
        let known = self.count_by(now);
        // What ends with this slot anyway gives way to what was decided.
        if self.count_by(next_slot) > known {
            return Err(ParameterError::NothingToTakeBack);
        }
        let change = known
            .checked_sub(1)
            .map(|newest| self.versions.get_unchecked(newest))
            .filter(|change| now - change.effective_from <= TAKE_BACK_WITHIN)
            .filter(|change| change.effective_from > self.taken_back)
            .ok_or(ParameterError::NothingToTakeBack)?;
        let version = Version {
            effective_from: next_slot,
            value: self.value_before(&change)?,
        };
        self.schedule(version.clone(), now)?;
        self.taken_back = next_slot;
        Ok(version)
    }

    /// What held just before; a declared value until the first version.
    fn value_before(&self, version: &Version) -> Result<i128, ParameterError> {
        match version.effective_from.checked_sub(1) {
            Some(moment) => self.value_at(moment),
            None => Ok(self.declaration.default),
        }
    }

    /// How many versions have taken effect by a moment.
    fn count_by(&self, moment: u32) -> u32 {
        let (mut low, mut high) = (0, self.versions.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.versions.get_unchecked(middle).effective_from <= moment {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}
