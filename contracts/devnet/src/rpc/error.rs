//! JSON-RPC errors and the reading of parameters.

use serde_json::{json, Value};
use soroban_env_host::xdr::{Limits, ReadXdr};

/// What arrives from outside: nested no deeper than the host allows, and within the body limit.
const UNTRUSTED: Limits = Limits {
    depth: 500,
    len: 1 << 20,
};

#[derive(Debug)]
pub struct RpcError {
    code: i64,
    message: String,
}

pub type RpcResult = Result<Value, RpcError>;

impl RpcError {
    pub fn parse(message: impl ToString) -> Self {
        Self::new(-32700, message)
    }

    pub fn invalid_request(message: impl ToString) -> Self {
        Self::new(-32600, message)
    }

    /// Where the public nodes call a bad page a bad request.
    pub fn of_request(self) -> Self {
        Self::invalid_request(self.message)
    }

    pub fn unknown_method(method: &str) -> Self {
        Self::new(-32601, format!("method not found: {method}"))
    }

    pub fn invalid_params(message: impl ToString) -> Self {
        Self::new(-32602, message)
    }

    pub fn internal(message: impl ToString) -> Self {
        Self::new(-32603, message)
    }

    fn new(code: i64, message: impl ToString) -> Self {
        let message = message.to_string();
        Self { code, message }
    }

    pub fn json(&self) -> Value {
        json!({"code": self.code, "message": self.message})
    }
}

/// The named parameters of a call. Clients may send none, or null.
pub struct Params<'a>(&'a Value);

impl<'a> Params<'a> {
    pub fn new(value: &'a Value) -> Result<Self, RpcError> {
        if value.is_object() || value.is_null() {
            return Ok(Self(value));
        }
        Err(RpcError::invalid_params("parameters have to be an object"))
    }

    /// An absent parameter and a null one are the same.
    fn get(&self, pointer: &str) -> Option<&'a Value> {
        self.0.pointer(pointer).filter(|value| !value.is_null())
    }

    fn typed<T>(
        &self,
        pointer: &str,
        kind: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, RpcError> {
        let Some(value) = self.get(pointer) else {
            return Ok(None);
        };
        match read(value) {
            Some(value) => Ok(Some(value)),
            None => Err(RpcError::invalid_params(format!(
                "{} has to be {kind}",
                &pointer[1..]
            ))),
        }
    }

    pub fn text(&self, pointer: &str) -> Result<Option<&'a str>, RpcError> {
        self.typed(pointer, "a string", Value::as_str)
    }

    pub fn number(&self, pointer: &str) -> Result<Option<u32>, RpcError> {
        self.typed(pointer, "a 32-bit number", |value| {
            value.as_u64()?.try_into().ok()
        })
    }

    pub fn flag(&self, pointer: &str) -> Result<bool, RpcError> {
        let flag = self.typed(pointer, "true or false", Value::as_bool)?;
        Ok(flag.unwrap_or(false))
    }

    pub fn list(&self, pointer: &str) -> Result<&'a [Value], RpcError> {
        let list = self.typed(pointer, "an array", Value::as_array)?;
        Ok(list.map_or(&[], Vec::as_slice))
    }

    pub fn xdr<T: ReadXdr>(&self, pointer: &str) -> Result<T, RpcError> {
        decode(self.required_text(pointer)?)
            .ok_or_else(|| RpcError::invalid_params(format!("{} is not valid XDR", &pointer[1..])))
    }

    pub fn required_text(&self, pointer: &str) -> Result<&'a str, RpcError> {
        self.text(pointer)?
            .ok_or_else(|| RpcError::invalid_params(format!("{} is missing", &pointer[1..])))
    }

    /// The answer's format: only base64 XDR, which is also the default.
    pub fn check_format(&self) -> Result<(), RpcError> {
        match self.text("/xdrFormat")? {
            None | Some("" | "base64") => Ok(()),
            Some(other) => Err(RpcError::invalid_params(format!(
                "xdrFormat {other} is not supported"
            ))),
        }
    }

    pub fn limit(&self, default: u32, most: u32) -> Result<usize, RpcError> {
        match self.number("/pagination/limit")? {
            None | Some(0) => Ok(default as usize),
            Some(limit) if limit <= most => Ok(limit as usize),
            Some(_) => Err(RpcError::invalid_params(format!(
                "limit must not exceed {most}"
            ))),
        }
    }
}

pub fn decode<T: ReadXdr>(base64: &str) -> Option<T> {
    T::from_xdr_base64(base64, UNTRUSTED).ok()
}
