//! Compiled contracts. Simulation reckons with a module that is already compiled, so the ledger
//! keeps all of its modules so.

use std::sync::Arc;

use anyhow::{anyhow, Result};
use soroban_env_host::budget::{AsBudget, Budget};
use soroban_env_host::{CompilationContext, Error, ErrorHandler, HostError, ModuleCache, Val};

use crate::config::Config;
use crate::ledger::PROTOCOL;

pub struct Modules {
    config: Arc<Config>,
    cache: ModuleCache,
}

impl Modules {
    pub fn new(config: Arc<Config>) -> Result<Self> {
        let cache = ModuleCache::new(&HostContext::new(&config)?)
            .map_err(|error| anyhow!("the module cache does not start: {error:?}"))?;
        Ok(Self { config, cache })
    }

    /// A handle for the host; all of them share the modules.
    pub fn cache(&self) -> ModuleCache {
        self.cache.clone()
    }

    pub fn compile(&self, code: &[u8]) {
        let compiled = HostContext::new(&self.config).and_then(|context| {
            self.cache
                .parse_and_cache_module_simple(&context, PROTOCOL, code)
                .map_err(|error| anyhow!("{error:?}"))
        });
        if let Err(error) = compiled {
            eprintln!("a contract's code does not compile: {error}");
        }
    }
}

/// The context in which the module cache compiles.
#[derive(Clone)]
struct HostContext(Budget);

impl HostContext {
    fn new(config: &Config) -> Result<Self> {
        let budget = config
            .unlimited_budget()
            .map_err(|error| anyhow!("the cost model is not usable: {error:?}"))?;
        Ok(Self(budget))
    }
}

impl AsBudget for HostContext {
    fn as_budget(&self) -> &Budget {
        &self.0
    }
}

impl ErrorHandler for HostContext {
    fn map_err<T, E>(&self, result: Result<T, E>) -> Result<T, HostError>
    where
        Error: From<E>,
        E: std::fmt::Debug,
    {
        result.map_err(|error| HostError::from(Error::from(error)))
    }

    fn error(&self, error: Error, _message: &str, _arguments: &[Val]) -> HostError {
        HostError::from(error)
    }
}

impl CompilationContext for HostContext {}
