//! Who signed: the keys of an account and their weights against the threshold of what is done.

use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey};
use soroban_env_host::xdr::*;

use crate::ledger::{public_key, sha256};

#[derive(Clone, Copy)]
pub enum Level {
    Low = 1,
    Medium = 2,
    High = 3,
}

/// The weight that an act of this level needs.
pub fn needed(account: &AccountEntry, level: Level) -> u8 {
    account.thresholds.0[level as usize]
}

/// The signatures of one envelope, and which of them somebody needed.
pub struct Signatures<'a> {
    hash: [u8; 32],
    given: &'a [DecoratedSignature],
    used: Vec<bool>,
}

impl<'a> Signatures<'a> {
    pub fn new(hash: [u8; 32], given: &'a [DecoratedSignature]) -> Self {
        Self {
            hash,
            given,
            used: vec![false; given.len()],
        }
    }

    pub fn all_used(&self) -> bool {
        !self.used.contains(&false)
    }

    pub fn authorize(&mut self, account: &AccountEntry, needed: u8) -> bool {
        let mut signers = account.signers.to_vec();
        let master = account.thresholds.0[0];
        if master > 0 {
            signers.push(Signer {
                key: SignerKey::Ed25519(public_key(&account.account_id).clone()),
                weight: master.into(),
            });
        }
        self.weigh(signers, needed.into())
    }

    /// Each of these keys has signed.
    pub fn all_of(&mut self, keys: &[SignerKey]) -> bool {
        let signer = |key: &SignerKey| Signer {
            key: key.clone(),
            weight: 1,
        };
        keys.is_empty() || self.weigh(keys.iter().map(signer).collect(), keys.len() as u32)
    }

    /// Adds up weights until they suffice, as core does: signatures beyond that stay unused, and a
    /// threshold of zero still wants one signature.
    fn weigh(&mut self, mut signers: Vec<Signer>, needed: u32) -> bool {
        let hash = self.hash;
        let known =
            |signer: &Signer| matches!(&signer.key, SignerKey::PreAuthTx(tx) if tx.0 == hash);
        let mut weight = 0;
        for signer in signers.iter().filter(|signer| known(signer)) {
            weight += signer.weight.min(255);
            if weight >= needed {
                return true;
            }
        }
        for (signature, used) in self.given.iter().zip(&mut self.used) {
            let Some(at) = signers
                .iter()
                .position(|signer| is_by(signature, &signer.key, &hash))
            else {
                continue;
            };
            *used = true;
            weight += signers.swap_remove(at).weight.min(255);
            if weight >= needed {
                return true;
            }
        }
        false
    }
}

fn is_by(signature: &DecoratedSignature, key: &SignerKey, hash: &[u8; 32]) -> bool {
    let bytes = signature.signature.0.as_slice();
    match key {
        SignerKey::PreAuthTx(_) => false,
        SignerKey::HashX(Uint256(image)) => {
            signature.hint.0 == image[28..] && sha256(bytes) == *image
        }
        SignerKey::Ed25519(Uint256(key)) => {
            signature.hint.0 == key[28..] && verifies(key, hash, bytes)
        }
        SignerKey::Ed25519SignedPayload(signer) => {
            let payload = signer.payload.as_slice();
            signature.hint.0 == payload_hint(&signer.ed25519.0, payload)
                && verifies(&signer.ed25519.0, payload, bytes)
        }
    }
}

fn payload_hint(key: &[u8; 32], payload: &[u8]) -> [u8; 4] {
    let mut hint = [0; 4];
    let tail = &payload[payload.len().saturating_sub(4)..];
    hint[..tail.len()].copy_from_slice(tail);
    for (byte, key) in hint.iter_mut().zip(&key[28..]) {
        *byte ^= key;
    }
    hint
}

fn verifies(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (
        VerifyingKey::from_bytes(key),
        Ed25519Signature::from_slice(signature),
    ) else {
        return false;
    };
    key.verify_strict(message, &signature).is_ok()
}
