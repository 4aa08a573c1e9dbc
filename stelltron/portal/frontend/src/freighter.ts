import { isConnected, requestAccess, signTransaction } from "@stellar/freighter-api";

interface Challenge {
  transaction: string;
  network_passphrase: string;
}

const INSTALL = "Freighter was not found in this browser. Install the extension from freighter.app, then reload this page.";

/** SEP-10: the wallet signs the co-op's challenge; nothing is paid and no key leaves the wallet. */
async function signIn(endpoint: string): Promise<string> {
  const found = await isConnected();
  if (!found.isConnected) {
    throw new Error(INSTALL);
  }
  const access = await requestAccess();
  if (access.error || !access.address) {
    throw new Error(access.error?.message ?? "Freighter did not share an account.");
  }
  const challenge = await json<Challenge>(`${endpoint}?account=${encodeURIComponent(access.address)}`);
  const signed = await signTransaction(challenge.transaction, {
    networkPassphrase: challenge.network_passphrase,
    address: access.address,
  });
  if (signed.error || !signed.signedTxXdr) {
    throw new Error(signed.error?.message ?? "Freighter did not sign.");
  }
  const answer = await json<{ next: string }>(endpoint, { transaction: signed.signedTxXdr });
  return answer.next;
}

async function json<Answer>(address: string, body?: object): Promise<Answer> {
  const token = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value ?? "";
  const answer = await fetch(address, {
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token },
    ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
  });
  const read = (await answer.json()) as Answer & { error?: string };
  if (!answer.ok) {
    throw new Error(read.error ?? `The co-op answered ${answer.status}.`);
  }
  return read;
}

const button = document.querySelector<HTMLButtonElement>("[data-freighter]");
const status = document.querySelector<HTMLElement>("[data-freighter-status]");
button?.addEventListener("click", async () => {
  if (!status) {
    return;
  }
  button.disabled = true;
  status.textContent = "Waiting for Freighter …";
  try {
    location.assign(await signIn(button.dataset["freighter"] ?? ""));
  } catch (problem) {
    status.textContent = problem instanceof Error ? problem.message : String(problem);
    button.disabled = false;
  }
});
