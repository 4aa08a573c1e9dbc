//! The node: ledger, history, queue and store behind one lock.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use ed25519_dalek::Signer as _;
use soroban_env_host::xdr::*;

use crate::history::{results_hash, History, TxRecord};
use crate::ledger::{account_id, Ledger};
use crate::log;
use crate::store::{Record, Store};
use crate::tx::apply::{apply, charge};
use crate::tx::validate::{validate, Refusal};
use crate::tx::SignedTx;

/// What a ledger takes at most; more waits outside, with TRY_AGAIN_LATER.
const MAX_PENDING: usize = 1_000;
const FRIENDBOT_STROOPS: i64 = 10_000 * 10_000_000;

pub struct Node {
    pub ledger: Ledger,
    pub history: History,
    pub passphrase: String,
    /// Each transaction closes its own ledger at once.
    pub instant: bool,
    pending: VecDeque<SignedTx>,
    store: Store,
}

pub enum Submission {
    Pending,
    Duplicate,
    TryAgainLater,
    Refused(Box<Refusal>),
}

impl Node {
    pub fn new(
        ledger: Ledger,
        history: History,
        store: Store,
        passphrase: String,
        instant: bool,
    ) -> Self {
        Self {
            ledger,
            history,
            passphrase,
            instant,
            pending: VecDeque::new(),
            store,
        }
    }

    pub fn submit(&mut self, tx: SignedTx) -> Submission {
        let known = self.history.by_hash(&tx.hash).is_some();
        if known || self.pending.iter().any(|other| other.hash == tx.hash) {
            return Submission::Duplicate;
        }
        // As a core node does: one pending transaction per source account.
        let source = tx.source();
        let busy = self.pending.iter().any(|other| other.source() == source);
        if busy || self.pending.len() >= MAX_PENDING {
            return Submission::TryAgainLater;
        }
        let time = now().max(self.ledger.header.time);
        if let Err(refusal) = validate(&self.ledger, &tx, time) {
            log::verbose(|| format!("refused {}: {}", hex::encode(tx.hash), refusal.reason));
            return Submission::Refused(Box::new(refusal));
        }
        self.pending.push_back(tx);
        if self.instant {
            self.close();
        }
        Submission::Pending
    }

    /// Closes the next ledger with everything that waits.
    pub fn close(&mut self) {
        let unfinished = AbortUnlessFinished;
        self.ledger.open_next(now());
        let mut charged = Vec::new();
        for tx in std::mem::take(&mut self.pending) {
            // Its time may have run out, or its balance gone, while it waited: core drops it too.
            match validate(&self.ledger, &tx, self.ledger.time) {
                Ok(()) => charged.push(charge(&mut self.ledger, tx)),
                Err(refusal) => {
                    log::verbose(|| format!("dropped {}: {}", hex::encode(tx.hash), refusal.reason))
                }
            }
        }
        let transactions = (1..)
            .zip(charged)
            .map(|(order, charged)| apply(&mut self.ledger, charged, order))
            .collect();
        self.keep(transactions);
        unfinished.done();
    }

    /// Stores the open ledger, and only then lets anyone see it.
    fn keep(&mut self, transactions: Vec<TxRecord>) {
        let header = self.ledger.next_header(results_hash(&transactions));
        let record = Record {
            header,
            changes: self.ledger.changes(),
            transactions,
        };
        let stored = self.store.append(&record, self.instant);
        self.ledger.seal(record.header.clone());
        self.history.record(record.header, record.transactions);
        let stored = stored.and_then(|()| {
            self.store
                .compact_if_due(&mut self.ledger, self.history.oldest().seq)
        });
        if let Err(error) = stored {
            eprintln!("the ledger cannot be stored, stopping: {error:#}");
            std::process::exit(1);
        }
    }

    /// Jumps `ledgers` ahead without closing those between, to see entries expire.
    pub fn skip(&mut self, ledgers: u32) {
        let unfinished = AbortUnlessFinished;
        self.ledger.open_next(now());
        self.ledger.seq = self.ledger.seq.saturating_add(ledgers);
        self.keep(Vec::new());
        unfinished.done();
    }

    pub fn shut_down(&mut self) -> Result<()> {
        self.store.finish(&self.ledger)
    }

    /// Opens and funds an account with a transaction of the root account, in a ledger of its own.
    pub fn fund(&mut self, key: [u8; 32]) -> Result<&TxRecord, String> {
        let destination = account_id(key);
        if self.ledger.account(&destination).is_some() {
            return Err("createAccountAlreadyExist".to_owned());
        }
        let tx = self
            .funding(destination)
            .map_err(|error| error.to_string())?;
        let hash = tx.hash;
        match self.submit(tx) {
            Submission::Pending if !self.instant => self.close(),
            Submission::Pending => {}
            Submission::Refused(refusal) => return Err(refusal.reason.to_owned()),
            _ => return Err("friendbot is busy, try again".to_owned()),
        }
        self.history
            .by_hash(&hash)
            .ok_or_else(|| "the funding transaction was dropped".to_owned())
    }

    fn funding(&self, destination: AccountId) -> Result<SignedTx> {
        let key = self.ledger.root_key();
        let root = self.ledger.root_account();
        let sequence = self.ledger.account(&root).map_or(0, |root| root.seq_num.0);
        let operation = Operation {
            source_account: None,
            body: OperationBody::CreateAccount(CreateAccountOp {
                destination,
                starting_balance: FRIENDBOT_STROOPS,
            }),
        };
        let tx = Transaction {
            source_account: root.into(),
            fee: 100,
            seq_num: SequenceNumber(sequence + 1),
            cond: Preconditions::None,
            memo: Memo::None,
            operations: vec![operation].try_into()?,
            ext: TransactionExt::V0,
        };
        let public = key.verifying_key().to_bytes();
        let signature = key.sign(&tx.hash(self.ledger.network_id)?).to_bytes();
        let signature = DecoratedSignature {
            hint: SignatureHint([public[28], public[29], public[30], public[31]]),
            signature: Signature(signature.to_vec().try_into()?),
        };
        let envelope = TransactionEnvelope::Tx(TransactionV1Envelope {
            tx,
            signatures: vec![signature].try_into()?,
        });
        SignedTx::new(envelope, self.ledger.network_id)
    }
}

/// A ledger that panics half-way is neither the old nor the new one. The process ends then, and
/// starts again from the last ledger on disk.
struct AbortUnlessFinished;

impl AbortUnlessFinished {
    fn done(self) {
        std::mem::forget(self);
    }
}

impl Drop for AbortUnlessFinished {
    fn drop(&mut self) {
        eprintln!("a ledger did not close, stopping");
        std::process::abort();
    }
}

pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
