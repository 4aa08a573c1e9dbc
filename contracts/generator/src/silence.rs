//! What the cooperative does alone where the village does not answer: it says
//! so first, and the requester has `ANSWER_SECONDS` to object. None of the
//! verbs authorises; the door does.
use soroban_sdk::{BytesN, Env};

use crate::{
    errors::{refuse, GeneratorError},
    events::{Announced, Objected},
    funding,
    life::{enforce_owned, now, retire},
    storage,
    types::{Announcement, State},
};

pub const ANSWER_SECONDS: u64 = 14 * 86_400;
/// How long after its funding's deadline a generator may take until it runs.
pub const BUILDING_SECONDS: u64 = 365 * 86_400;

/// Says what will be done: a milestone paid or, without one, the generator
/// retired. It takes the place of what was announced before, and its wait
/// begins anew.
pub fn announce(e: &Env, milestone: Option<u32>, evidence_hash: &BytesN<32>) -> Announcement {
    enforce_owned(e);
    if let Some(number) = milestone {
        funding::payable(e, number);
    }
    let announcement = Announcement {
        milestone,
        evidence_hash: evidence_hash.clone(),
        from: now(e) + ANSWER_SECONDS,
    };
    storage::set_announced(e, Some(&announcement));
    Announced {
        milestone,
        evidence_hash: evidence_hash.clone(),
        from: announcement.from,
    }
    .publish(e);
    announcement
}

/// Nothing comes of it. No requester keeps an escrow shut for ever: with the
/// first token the work is accepted, and what does not run a year after its
/// funding may be ended.
pub fn raise_objection(e: &Env) {
    let announcement = pending(e);
    let runs = storage::state(e) == State::Active;
    let is_settled = match announcement.milestone {
        Some(_) => runs,
        None => !runs && now(e) >= storage::terms(e).deadline + BUILDING_SECONDS,
    };
    if is_settled {
        refuse(e, GeneratorError::ObjectionOver);
    }
    storage::set_announced(e, None);
    Objected {
        milestone: announcement.milestone,
    }
    .publish(e);
}

/// What runs is not ended by what was announced before.
pub fn keep(e: &Env) {
    if storage::announced(e).is_some_and(|announcement| announcement.milestone.is_none()) {
        storage::set_announced(e, None);
        Objected { milestone: None }.publish(e);
    }
}

/// Does what is named, if it is what was announced. It may be done for as long
/// as the requester had to object, and not for ever.
pub fn carry_out(e: &Env, milestone: Option<u32>, evidence_hash: &BytesN<32>) {
    let announcement = pending(e);
    let named = announcement.milestone == milestone && announcement.evidence_hash == *evidence_hash;
    if !named || now(e) >= announcement.from + ANSWER_SECONDS {
        refuse(e, GeneratorError::NothingAnnounced);
    }
    if now(e) < announcement.from {
        refuse(e, GeneratorError::AnswerAwaited);
    }
    storage::set_announced(e, None);
    match announcement.milestone {
        Some(number) => {
            funding::release(e, number, &announcement.evidence_hash);
        }
        None => retire(e),
    }
}

fn pending(e: &Env) -> Announcement {
    storage::announced(e).unwrap_or_else(|| refuse(e, GeneratorError::NothingAnnounced))
}
