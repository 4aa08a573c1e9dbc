// What a client sees of a network, asked with the JavaScript SDK: one line of JSON for each check.
//
//     node conformance.mjs URL probe.wasm
//
// conformance.py asks the same with the Python SDK, in the same order. The network has to be a
// fresh one that closes a ledger for each transaction and has its admin door open.

import { readFileSync } from "node:fs";
import {
  Account,
  Address,
  Asset,
  Contract,
  Keypair,
  Operation,
  SorobanDataBuilder,
  TransactionBuilder,
  authorizeEntry,
  hash,
  nativeToScVal,
  rpc,
  scValToNative,
  xdr,
} from "@stellar/stellar-sdk";

const SUPPLY = 1_000_000;
const FUNDED = 100_000_000_000;
const PERSISTENT_TTL = 2_073_600;

const [url, wasmPath] = process.argv.slice(2);
const wasm = readFileSync(wasmPath);
const server = new rpc.Server(url, { allowHttp: true });
const { passphrase } = await server.getNetwork();
let contract = "";
let firstLedger = 0;

const keypair = (name) => Keypair.fromRawEd25519Seed(hash(Buffer.from(`conformance ${name}`)));
const [ALICE, BOB, CAROL, SHARED, SECOND] = ["alice", "bob", "carol", "shared", "second"].map(keypair);

// ---- building and sending

async function build(source, operation, { sequence, bounds, data } = {}) {
  let account = await server.getAccount(source.publicKey());
  if (sequence !== undefined) account = new Account(source.publicKey(), String(sequence - 1n));
  const builder = new TransactionBuilder(account, { fee: "100", networkPassphrase: passphrase });
  builder.addOperation(operation);
  if (data) builder.setSorobanData(data);
  if (bounds) builder.setTimebounds(...bounds);
  else builder.setTimeout(300);
  return builder.build();
}

async function send(transaction, ...signers) {
  transaction.sign(...signers);
  const sent = await server.sendTransaction(transaction);
  if (sent.errorResult) return { status: sent.status, ...codes(sent.errorResult) };
  if (sent.status !== "PENDING") return { status: sent.status };
  return outcome(sent.hash);
}

async function outcome(hash) {
  const done = await server.getTransaction(hash);
  const answer = { status: done.status, ...codes(done.resultXdr) };
  if (done.returnValue) answer.value = native(done.returnValue);
  return answer;
}

// Simulate, sign, send.
async function run(source, operation, options) {
  const prepared = await server.prepareTransaction(await build(source, operation, options));
  return send(prepared, source);
}

const simulate = async (source, operation) => server.simulateTransaction(await build(source, operation));

// ---- the probe contract

const address = (owner) => new Address(owner.publicKey()).toScVal();
const i128 = (value) => nativeToScVal(value, { type: "i128" });

const call = (name, args, auth) =>
  Operation.invokeContractFunction({ contract, function: name, args, ...(auth && { auth }) });

const transfer = (giver, taker, amount, auth) =>
  call("transfer", [address(giver), address(taker), i128(amount)], auth);

async function balance(owner) {
  const simulated = await simulate(ALICE, call("balance", [address(owner)]));
  return native(simulated.result.retval);
}

function balanceKey(owner) {
  const name = nativeToScVal("Balance", { type: "symbol" });
  return xdr.LedgerKey.contractData(
    new xdr.LedgerKeyContractData({
      contract: new Contract(contract).address().toScAddress(),
      key: xdr.ScVal.scvVec([name, address(owner)]),
      durability: xdr.ContractDataDurability.persistent,
    }),
  );
}

const entry = async (owner) => (await server.getLedgerEntries(balanceKey(owner))).entries[0];

// ---- the ledger

const stroops = async (owner) => Number((await server.getAccountEntry(owner.publicKey())).balance);
const latest = async () => (await server.getLatestLedger()).sequence;
const sequenceOf = async (owner) => BigInt((await server.getAccount(owner.publicKey())).sequenceNumber());

async function travel(jump) {
  const answer = await fetch(`${url}/admin/close?${new URLSearchParams(jump)}`, { method: "POST" });
  if (!answer.ok) throw new Error(await answer.text());
}

const fund = async (owner) => (await fetch(`${url}/friendbot?addr=${owner.publicKey()}`)).status;

async function refused(method, params) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const headers = { "Content-Type": "application/json" };
  const answer = await (await fetch(url, { method: "POST", headers, body })).json();
  return answer.error.code;
}

// ---- the same words as conformance.py

function native(value) {
  const made = scValToNative(value);
  if (typeof made === "bigint" || typeof made === "number") return String(made);
  return made instanceof Uint8Array ? Buffer.from(made).toString("hex") : made;
}

function plain(name) {
  const prefixes = ["invokeHostFunction", "payment", "restoreFootprint", "extendFootprintTtl", "setOptions"];
  const prefix = prefixes.find((prefix) => name.startsWith(prefix)) ?? "";
  return name.slice(prefix.length).toLowerCase();
}

function codes(result) {
  const answer = { code: plain(result.result.type) };
  const pair = result.result.innerResultPair;
  if (pair) return { ...answer, inner: plain(pair.result.result.type) };
  const [operation] = result.result.results ?? [];
  if (operation) answer.operation = plain(operationCode(operation));
  return answer;
}

function operationCode(operation) {
  if (!operation.tr) return operation.type;
  const made = Object.entries(operation.tr).find(([name]) => name.endsWith("Result"));
  return made[1].type;
}

const pay = (taker, amount = "1") =>
  Operation.payment({ destination: taker.publicKey(), asset: Asset.native(), amount });

// ---- the checks, in order

const CHECKS = {
  async network() {
    const known = await server.getNetwork();
    return {
      health: (await server.getHealth()).status,
      protocol: Number(known.protocolVersion),
      version: (await server.getVersionInfo()).protocolVersion,
      fees: Number((await server.getFeeStats()).inclusionFee.transactionCount),
    };
  },

  async friendbot() {
    const funded = [];
    for (const owner of [ALICE, BOB, CAROL, SHARED]) funded.push(await fund(owner));
    return { funded, again: await fund(ALICE), balance: await stroops(ALICE) };
  },

  async account() {
    const sequence = await sequenceOf(BOB);
    return { ledger: Number(sequence >> 32n), number: Number(sequence & 0xffffffffn) };
  },

  async payment() {
    const made = await send(await build(ALICE, pay(BOB, "12.5")), ALICE);
    return { ...made, paid: FUNDED - (await stroops(ALICE)), received: (await stroops(BOB)) - FUNDED };
  },

  async payment_fails() {
    return send(await build(ALICE, pay(keypair("nobody"))), ALICE);
  },

  async upload() {
    return run(ALICE, Operation.uploadContractWasm({ wasm }));
  },

  async construct() {
    firstLedger = (await latest()) + 1;
    const made = await run(
      ALICE,
      Operation.createCustomContract({
        wasmHash: hash(wasm),
        address: new Address(ALICE.publicKey()),
        salt: Buffer.alloc(32, 7),
        constructorArgs: [address(ALICE), i128(SUPPLY)],
      }),
    );
    contract = made.value;
    return { ...made, supply: await balance(ALICE) };
  },

  async invoke() {
    const before = await stroops(ALICE);
    const made = [];
    for (const amount of [100, 20, 3]) made.push(await run(ALICE, transfer(ALICE, BOB, amount)));
    return { made, paid_something: (await stroops(ALICE)) < before };
  },

  async read_only() {
    const before = await latest();
    const balances = [];
    for (const owner of [ALICE, BOB, CAROL]) balances.push(await balance(owner));
    return { balances, closed_nothing: (await latest()) === before };
  },

  async second_signer() {
    const simulated = await simulate(CAROL, transfer(BOB, ALICE, 10));
    const [wanted] = simulated.result.auth;
    const signed = await authorizeEntry(wanted, BOB, (await latest()) + 50, passphrase);
    const made = await run(CAROL, transfer(BOB, ALICE, 10, [signed]));
    const replayed = await simulate(CAROL, transfer(BOB, ALICE, 10, [signed]));
    return { ...made, replay_refused: replayed.error.includes("ExistingValue") };
  },

  async contract_error() {
    const simulated = await simulate(ALICE, transfer(ALICE, BOB, 10n ** 12n));
    return { error: simulated.error.split("\n")[0], events: simulated.events.length > 0 };
  },

  async resource_error() {
    const raw = await build(ALICE, transfer(ALICE, BOB, 1));
    const simulated = await server.simulateTransaction(raw);
    const { diskReadBytes, writeBytes } = simulated.transactionData.build().resources;
    simulated.transactionData.setResources(300_000, Number(diskReadBytes), Number(writeBytes));
    return send(rpc.assembleTransaction(raw, simulated).build(), ALICE);
  },

  async events() {
    const moved = nativeToScVal("moved", { type: "symbol" }).toXDR("base64");
    const filters = [
      { type: "contract", contractIds: [contract], topics: [[moved, address(ALICE).toXDR("base64"), "*"]] },
    ];
    let page = await server.getEvents({ startLedger: firstLedger, filters, limit: 2 });
    const pages = [page.events];
    while (pages.length < 4) {
      page = await server.getEvents({ filters, cursor: page.cursor, limit: 2 });
      pages.push(page.events);
    }
    return {
      amounts: pages.map((page) => page.map((one) => Number(scValToNative(one.value).amount))),
      ids: pages.flat().map((one) => one.id),
      first: pages[0][0].type,
      ledgers: pages.flat().map((one) => one.ledger),
      too_early: await refused("getEvents", { startLedger: 4_000_000 }),
    };
  },

  async ledger_entries() {
    const keys = [BOB, CAROL, ALICE].map(balanceKey);
    const { entries } = await server.getLedgerEntries(...keys);
    const text = (key) => key.toXDR("base64");
    const order = entries.map((entry) => text(entry.key));
    return {
      values: entries.map((entry) => native(entry.val.contractData.val)),
      in_order: JSON.stringify(order) === JSON.stringify([keys[0], keys[2]].map(text)),
      lives: entries.map((entry) => entry.liveUntilLedgerSeq - PERSISTENT_TTL - firstLedger),
      modified: entries.map((entry) => entry.lastModifiedLedgerSeq),
    };
  },

  async transactions() {
    const first = await server.getTransactions({ startLedger: 2, pagination: { limit: 3 } });
    const second = await server.getTransactions({ pagination: { cursor: first.cursor, limit: 4 } });
    const page = [...first.transactions, ...second.transactions];
    return {
      ledgers: page.map((one) => one.ledger),
      statuses: page.map((one) => one.status),
      orders: page.map((one) => one.applicationOrder),
      cursors: [first.cursor, second.cursor],
      unknown: (await server.getTransaction("00".repeat(32))).status,
      not_a_hash: await refused("getTransaction", { hash: "xyz" }),
    };
  },

  async ledgers() {
    const first = await server.getLedgers({ startLedger: 1, pagination: { limit: 3 } });
    const second = await server.getLedgers({ pagination: { cursor: first.cursor, limit: 3 } });
    const page = [...first.ledgers, ...second.ledgers];
    const previous = page.map((one) => Buffer.from(one.headerXdr.header.previousLedgerHash.value).toString("hex"));
    const metas = page.map((one) => one.metadataXdr.v2);
    const end = await latest();
    return {
      sequences: page.map((one) => one.sequence),
      cursors: [first.cursor, second.cursor],
      chained: page.slice(0, -1).map((one, index) => previous[index + 1] === one.hash),
      transactions: metas.map((meta) => meta.txProcessing.length),
      fee_changes: metas.flatMap((meta) => meta.txProcessing.map((one) => one.feeProcessing.length)),
      phases: metas.map((meta) => meta.txSet.v1TxSet.phases.length),
      past_the_end: await refused("getLedgers", { pagination: { cursor: String(end) } }),
      before_the_start: await refused("getLedgers", { startLedger: end + 1 }),
      too_many: await refused("getLedgers", { startLedger: 1, pagination: { limit: 201 } }),
    };
  },

  async fee_bump() {
    const inner = await build(BOB, pay(ALICE));
    inner.sign(BOB);
    const bump = TransactionBuilder.buildFeeBumpTransaction(CAROL, "250", inner, passphrase);
    const before = await stroops(CAROL);
    const made = await send(bump, CAROL);
    const byInner = await server.getTransaction(Buffer.from(inner.hash()).toString("hex"));
    return {
      ...made,
      paid: before - (await stroops(CAROL)),
      bid: Number(bump.fee),
      by_inner: [byInner.status, byInner.feeBump],
      inner_again: await send(inner),
    };
  },

  async fee_bump_unsigned() {
    const inner = await build(BOB, pay(ALICE));
    return send(TransactionBuilder.buildFeeBumpTransaction(CAROL, "250", inner, passphrase), CAROL);
  },

  async extension() {
    const data = new SorobanDataBuilder().setReadOnly([balanceKey(BOB)]).build();
    const made = await run(ALICE, Operation.extendFootprintTtl({ extendTo: 2_500_000 }), { data });
    return { ...made, lives: (await entry(BOB)).liveUntilLedgerSeq - (await latest()) };
  },

  async archival() {
    await travel({ skip: PERSISTENT_TTL + 100 });
    const simulated = await simulate(ALICE, transfer(ALICE, BOB, 5));
    const marked = simulated.transactionData.build().ext.resourceExt.archivedSorobanEntries.length;
    const made = await run(ALICE, transfer(ALICE, BOB, 5));
    return { marked, ...made, lives: (await entry(ALICE)).liveUntilLedgerSeq - (await latest()) };
  },

  async restoration() {
    await travel({ skip: PERSISTENT_TTL + 100 });
    const data = new SorobanDataBuilder().setReadWrite([balanceKey(ALICE)]).build();
    const made = await run(ALICE, Operation.restoreFootprint({}), { data });
    return { ...made, lives: (await entry(ALICE)).liveUntilLedgerSeq - (await latest()) };
  },

  async bad_sequence() {
    const sequence = await sequenceOf(ALICE);
    const answers = [];
    for (const ahead of [-1n, 1n]) {
      const envelope = await build(ALICE, pay(BOB), { sequence: sequence + ahead + 1n });
      answers.push(await send(envelope, ALICE));
    }
    return answers;
  },

  async duplicate() {
    const envelope = await build(ALICE, pay(BOB));
    return [await send(envelope, ALICE), await send(envelope)];
  },

  async shared_account() {
    const signer = { ed25519PublicKey: SECOND.publicKey(), weight: 1 };
    const share = Operation.setOptions({ medThreshold: 2, signer });
    const answers = [await send(await build(SHARED, share), SHARED)];
    for (const signers of [[SHARED], [SHARED, SECOND], [SHARED, SECOND, CAROL]]) {
      answers.push(await send(await build(SHARED, pay(BOB)), ...signers));
    }
    return answers;
  },

  async too_late() {
    const now = Number((await server.getLatestLedger()).closeTime);
    const expired = await build(ALICE, pay(BOB), { bounds: [0, now - 100] });
    const early = await build(ALICE, pay(BOB), { bounds: [now + 50_000, 0] });
    const answers = [await send(expired, ALICE), await send(early, ALICE)];
    await travel({ seconds: 60_000 });
    return [...answers, await send(early)];
  },
};

for (const [check, perform] of Object.entries(CHECKS)) {
  console.log(JSON.stringify({ check, result: await perform() }));
}
