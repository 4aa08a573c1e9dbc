// A wallet whose account is a contract answers a challenge (SEP-45): a line of JSON in, the signed entries out.
//
//     echo '{"entries": …, "passphrase": …, "secret": …, "until": …, "toml": {…}, "homeDomain": …}' | node contract_wallet.mjs

import { readFileSync } from "node:fs";
import assert from "node:assert";
import { Address, Keypair, authorizeEntry, buildAuthorizationEntryPreimage, hash, scValToNative, xdr } from "@stellar/stellar-sdk";

const asked = JSON.parse(readFileSync(0, "utf8"));
const { WEB_AUTH_CONTRACT_ID, SIGNING_KEY } = asked.toml;
// The SDK reads arrays of entries only inside an operation: this is one with an empty upload.
const EMPTY_UPLOAD = Buffer.from("0000000200000000", "hex");

const operation = xdr.InvokeHostFunctionOp.fromXdr(Buffer.concat([EMPTY_UPLOAD, Buffer.from(asked.entries, "base64")]));
const entries = operation.auth.map((entry) => (checked(entry), entry));
const server = entries.find((entry) => addressOf(entry) === SIGNING_KEY);
assert(isSignedBy(server, SIGNING_KEY), "the server's signature is wrong");

const key = Keypair.fromSecret(asked.secret);
const sign = async (preimage) => ({ signatureScVal: xdr.ScVal.scvBytes(key.sign(hash(preimage.toXdr()))) });
const signed = await Promise.all(
  entries.map((entry) =>
    addressOf(entry) === asked.account ? authorizeEntry(entry, sign, asked.until, asked.passphrase) : entry,
  ),
);
const answer = new xdr.InvokeHostFunctionOp({ hostFunction: operation.hostFunction, auth: signed }).toXdr();
process.stdout.write(Buffer.from(answer).subarray(EMPTY_UPLOAD.length).toString("base64"));

/** What the standard tells a wallet to look at before it signs. */
function checked(entry) {
  const { function: called, subInvocations } = entry.rootInvocation;
  const { contractAddress, functionName, args } = called.contractFn;
  assert.equal(Address.fromScAddress(contractAddress).toString(), WEB_AUTH_CONTRACT_ID);
  assert.equal(functionName.toString(), "web_auth_verify");
  assert.equal(subInvocations.length, 0);
  const said = scValToNative(args[0]);
  assert.equal(said.account, asked.account);
  assert.equal(said.home_domain, asked.homeDomain);
  assert.equal(said.web_auth_domain, asked.homeDomain);
  assert.equal(said.web_auth_domain_account, SIGNING_KEY);
}

function credentialsOf(entry) {
  return entry.credentials.addressV2 ?? entry.credentials.address;
}

function addressOf(entry) {
  return Address.fromScAddress(credentialsOf(entry).address).toString();
}

function isSignedBy(entry, address) {
  const { signature, signatureExpirationLedger } = credentialsOf(entry);
  const payload = hash(buildAuthorizationEntryPreimage(entry, signatureExpirationLedger, asked.passphrase).toXdr());
  return scValToNative(signature).some((one) => Keypair.fromPublicKey(address).verify(payload, one.signature));
}
