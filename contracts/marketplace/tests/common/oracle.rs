//! A price oracle whose key the test holds.
use ed25519_dalek::{Signer, SigningKey};
use price_oracle::{OracleError, PriceOracle, PriceOracleClient, Quote, Terms};
use soroban_sdk::{xdr::ToXdr, Bytes, BytesN, Env};

use crate::common::{Market, SLOT_MINUTES};

pub const COLLAR: u32 = 20;

pub struct Quoter {
    e: Env,
    pub client: PriceOracleClient<'static>,
}

impl Quoter {
    pub fn new(m: &Market) -> Quoter {
        let terms = Terms {
            key: BytesN::from_array(&m.e, &key().verifying_key().to_bytes()),
            collar_percent: COLLAR,
        };
        let id = m.e.register(PriceOracle, (&m.admin, SLOT_MINUTES, terms));
        Quoter {
            client: PriceOracleClient::new(&m.e, &id),
            e: m.e.clone(),
        }
    }

    /// Quotes one slot.
    pub fn quote(&self, slot: u32, price: u32) -> Result<(), OracleError> {
        let until = slot + SLOT_MINUTES;
        let mut message = Bytes::from_slice(&self.e, b"stelltron quote 1");
        message.append(&self.client.address.clone().to_xdr(&self.e));
        for number in [slot, until, price] {
            message.extend_from_array(&number.to_be_bytes());
        }
        let message: Vec<u8> = message.iter().collect();
        let signature = BytesN::from_array(&self.e, &key().sign(&message).to_bytes());
        let quote = Quote {
            from: slot,
            until,
            price,
        };
        match self.client.try_post_quote(&quote, &signature) {
            Ok(_) => Ok(()),
            Err(refusal) => Err(refusal.unwrap().try_into().unwrap()),
        }
    }
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}
