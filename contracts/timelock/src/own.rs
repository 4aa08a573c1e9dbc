//! What the timelock can be asked to do to itself. The ledger lets no contract
//! call itself, so these calls are understood here; nobody else can make them.
use foundation::Call;
use soroban_sdk::{panic_with_error, Address, BytesN, Env, Symbol, TryFromVal, Val};
use stellar_contract_utils::upgradeable;

use crate::{
    errors::TimelockError,
    events::{GovernorSet, TermsSet},
    storage,
    types::Terms,
};

pub enum OwnCall {
    SetTerms(Terms),
    SetGovernor(Address),
    SetGuardian(Address, u64),
    Unpause,
    Upgrade(BytesN<32>),
}

impl OwnCall {
    pub fn read(e: &Env, call: &Call) -> Result<Self, TimelockError> {
        let is = |name| call.function == Symbol::new(e, name);
        let (own, arguments) = if is("set_terms") {
            (Self::SetTerms(argument(e, call, 0)?), 1)
        } else if is("set_governor") {
            (Self::SetGovernor(argument(e, call, 0)?), 1)
        } else if is("set_guardian") {
            let guardian = argument(e, call, 0)?;
            (Self::SetGuardian(guardian, argument(e, call, 1)?), 2)
        } else if is("unpause") {
            (Self::Unpause, 0)
        } else if is("upgrade") {
            (Self::Upgrade(argument(e, call, 0)?), 1)
        } else {
            return Err(TimelockError::InvalidOwnCall);
        };
        if call.args.len() != arguments {
            return Err(TimelockError::InvalidOwnCall);
        }
        if let Self::SetTerms(terms) = &own {
            terms.check()?;
        }
        Ok(own)
    }

    pub fn run(self, e: &Env) {
        match self {
            Self::SetTerms(terms) => {
                storage::set_terms(e, &terms);
                TermsSet { terms }.publish(e);
            }
            Self::SetGovernor(governor) => {
                storage::set_governor(e, &governor);
                GovernorSet { governor }.publish(e);
            }
            Self::SetGuardian(guardian, until) => foundation::name_guardian(e, guardian, until),
            Self::Unpause => foundation::lift_pause(e),
            Self::Upgrade(hash) => upgradeable::upgrade(e, &hash),
        }
    }
}

fn argument<T: TryFromVal<Env, Val>>(
    e: &Env,
    call: &Call,
    number: u32,
) -> Result<T, TimelockError> {
    call.args
        .get(number)
        .and_then(|value| T::try_from_val(e, &value).ok())
        .ok_or(TimelockError::InvalidOwnCall)
}

pub fn read(e: &Env, call: &Call) -> OwnCall {
    OwnCall::read(e, call).unwrap_or_else(|error| panic_with_error!(e, error))
}
