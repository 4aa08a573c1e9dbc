//! The node: ledger, history, queue and store behind one lock.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use ed25519_dalek::Signer as _;
use soroban_env_host::xdr::*;
use TransactionResultResult as Code;

use crate::history::{results_hash, ClosedLedger, History, TxRecord};
use crate::ledger::{account_id, spendable, Ledger};
use crate::log;
use crate::queue::select::{BaseFees, Selection};
use crate::queue::{Displaced, Queue, Submission};
use crate::store::{Record, Store};
use crate::tx::apply::{apply, charge, refund};
use crate::tx::result::result;
use crate::tx::validate::{validate, Refusal};
use crate::tx::SignedTx;

const FRIENDBOT_STROOPS: i64 = 10_000 * 10_000_000;
/// Offered, not paid: a full ledger has to hold the funding all the same.
const FRIENDBOT_BID: u32 = 100_000_000;

pub struct Node {
    pub ledger: Ledger,
    pub history: History,
    pub passphrase: String,
    /// Each transaction closes its own ledger at once.
    pub instant: bool,
    queue: Queue,
    store: Store,
    /// Seconds by which this network's time is ahead of the machine's.
    ahead: u64,
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
            // A network that has travelled goes on from where it was.
            ahead: ledger.header.time.saturating_sub(now()),
            ledger,
            history,
            passphrase,
            instant,
            queue: Queue::default(),
            store,
        }
    }

    /// The time at which the next ledger would close now.
    pub fn time(&self) -> u64 {
        let time = now().saturating_add(self.ahead);
        time.max(self.ledger.header.time)
    }

    pub fn submit(&mut self, tx: SignedTx) -> Submission {
        let known = self.history.by_hash(&tx.hash);
        if known.is_some_and(|record| record.hash == tx.hash) {
            return Submission::Duplicate;
        }
        match self.admit(&tx) {
            Ok(displaced) => self.queue.push(tx, &displaced),
            Err(answer) => {
                if let Submission::Refused(refusal) = &answer {
                    let hash = hex::encode(tx.hash);
                    log::verbose(|| format!("refused {hash}: {}", refusal.reason));
                }
                return answer;
            }
        }
        if self.instant {
            self.close();
        }
        Submission::Pending
    }

    fn admit(&self, tx: &SignedTx) -> Result<Displaced, Submission> {
        let limits = &self.ledger.config.ledger_limits;
        let displaced = self.queue.admit(tx, limits)?;
        let refused = |refusal| Submission::Refused(Box::new(refusal));
        validate(&self.ledger, tx, self.time()).map_err(refused)?;
        let payer = tx.fee_source();
        let owed = self.queue.owed_by(&payer, &displaced);
        let payer = self.ledger.account(&payer);
        if payer.is_none_or(|payer| spendable(&payer) - owed < tx.full_fee()) {
            return Err(refused(Refusal {
                result: result(Code::TxInsufficientBalance, 0),
                reason: "fees of waiting transactions",
            }));
        }
        Ok(displaced)
    }

    /// Closes the next ledger with as much of what waits as it holds.
    pub fn close(&mut self) {
        let unfinished = AbortUnlessFinished;
        self.ledger.open_next(self.time());
        let selection = self.select();
        let base_fees = selection.base_fees;
        let transactions = self.run(selection);
        self.keep(transactions, base_fees);
        unfinished.done();
    }

    fn select(&mut self) -> Selection {
        let ledger = &self.ledger;
        self.queue.take(&ledger.config.ledger_limits, |tx| {
            match validate(ledger, tx, ledger.time) {
                Ok(()) => true,
                Err(refusal) => {
                    let hash = hex::encode(tx.hash);
                    log::verbose(|| format!("dropped {hash}: {}", refusal.reason));
                    false
                }
            }
        })
    }

    fn run(&mut self, selection: Selection) -> Vec<TxRecord> {
        let ledger = &mut self.ledger;
        let mut charged = Vec::new();
        for tx in selection.transactions {
            // Transactions of this ledger may share a payer whose balance has gone down since.
            let payer = ledger.account(&tx.fee_source());
            if payer.is_some_and(|payer| spendable(&payer) >= tx.full_fee()) {
                let base_fee = selection.base_fees.of(&tx);
                charged.push(charge(ledger, tx, base_fee));
            }
        }
        let applied: Vec<_> = (1..)
            .zip(charged)
            .map(|(order, charged)| apply(ledger, charged, order))
            .collect();
        applied
            .into_iter()
            .map(|applied| refund(ledger, applied))
            .collect()
    }

    /// Stores the open ledger, and only then lets anyone see it.
    fn keep(&mut self, transactions: Vec<TxRecord>, base_fees: BaseFees) {
        let evicted = self.ledger.evict();
        let record = Record {
            closed: ClosedLedger {
                header: self.ledger.next_header(results_hash(&transactions)),
                base_fees,
                evicted,
            },
            changes: self.ledger.changes(),
            transactions,
        };
        let stored = self.store.append(&record, self.instant).and_then(|()| {
            self.ledger.seal(record.closed.header.clone());
            self.history.record(record.closed, record.transactions);
            self.store
                .compact_if_due(&self.ledger, self.history.oldest().seq)
        });
        if let Err(error) = stored {
            eprintln!("the ledger cannot be stored, stopping: {error:#}");
            std::process::exit(1);
        }
    }

    /// Jumps `ledgers` and `seconds` ahead without closing the ledgers between.
    pub fn travel(&mut self, ledgers: u32, seconds: u64) {
        let unfinished = AbortUnlessFinished;
        self.ahead = self.ahead.saturating_add(seconds);
        self.ledger.open_next(self.time());
        self.ledger.seq = self.ledger.seq.saturating_add(ledgers.saturating_sub(1));
        self.keep(Vec::new(), BaseFees::default());
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
            fee: FRIENDBOT_BID,
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
