// A wallet that speaks to the co-op's anchor with the JavaScript wallet SDK: a line of JSON in, a line of JSON out.
//
//     node wallet.mjs HOST:PORT PASSPHRASE SECRET

import { createInterface } from "node:readline";
import { Keypair } from "@stellar/stellar-sdk";
import sdk from "@stellar/typescript-wallet-sdk";

const [homeDomain, passphrase, secret] = process.argv.slice(2);
const account = sdk.SigningKeypair.fromSecret(secret);
const wallet = sdk.Wallet.TestNet();
const anchor = wallet.anchor({ homeDomain, allowHttp: true });
// The SDK takes http from the test network only, and the co-op under test has a network of its own.
anchor.cfg.stellar.network = passphrase;
let token;

const does = {
  toml: async () => anchor.sep1(),
  signIn: async () => {
    token = await (await anchor.sep10()).authenticate({ accountKp: account });
    return { account: token.account };
  },
  signInAsSomebodyElse: async () => {
    const stranger = sdk.SigningKeypair.fromSecret(Keypair.random().secret());
    return (await anchor.sep10()).authenticate({ accountKp: stranger });
  },
  info: async () => anchor.sep24().info(),
  deposit: async ({ amount }) => begin("deposit", amount),
  withdraw: async ({ amount }) => begin("withdraw", amount),
  get: async (by) => anchor.sep24().getTransactionBy({ authToken: token, ...by }),
  list: async ({ kind }) => anchor.sep24().getTransactionsForAsset({ authToken: token, assetCode: "WATT", kind }),
  customer: async () => (await anchor.sep12(token)).getCustomer({}),
  tell: async ({ fields }) => (await anchor.sep12(token)).add({ sep9Info: fields }),
  forget: async () => {
    await (await anchor.sep12(token)).delete(account.publicKey);
    return {};
  },
};

async function begin(kind, amount) {
  return anchor.sep24()[kind]({ assetCode: "WATT", authToken: token, extraFields: { amount } });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { act, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = { done: await does[act](given) };
  } catch (problem) {
    answer = { failed: problem.message, because: problem.data ?? null };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
