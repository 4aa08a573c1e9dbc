//! Arguments of contract calls.
use anyhow::Result;
use soroban_env_host::xdr::*;

pub fn i128(value: i64) -> ScVal {
    ScVal::I128(Int128Parts {
        hi: value >> 63,
        lo: value as u64,
    })
}

pub fn bytes(bytes: Vec<u8>) -> Result<ScVal> {
    Ok(ScVal::Bytes(bytes.try_into()?))
}

pub fn symbol(name: &str) -> Result<ScVal> {
    Ok(ScVal::Symbol(ScSymbol(name.try_into()?)))
}

pub fn text(text: &str) -> Result<ScVal> {
    Ok(ScVal::String(ScString(text.try_into()?)))
}

pub fn list(values: Vec<ScVal>) -> Result<ScVal> {
    Ok(ScVal::Vec(Some(ScVec(values.try_into()?))))
}

/// A struct, its fields in alphabetical order.
pub fn record<const N: usize>(fields: [(&str, ScVal); N]) -> Result<ScVal> {
    let entries: Result<Vec<_>> = fields
        .into_iter()
        .map(|(name, val)| {
            let key = symbol(name)?;
            Ok(ScMapEntry { key, val })
        })
        .collect();
    Ok(ScVal::Map(Some(ScMap(entries?.try_into()?))))
}

pub fn address(account: &AccountId) -> ScVal {
    ScVal::Address(ScAddress::Account(account.clone()))
}

pub fn contract(address: &ScAddress) -> ScVal {
    ScVal::Address(address.clone())
}
