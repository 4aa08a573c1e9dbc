import { isConnected, requestAccess, signTransaction } from "@stellar/freighter-api";

interface Challenge {
  transaction: string;
  network_passphrase: string;
}

const INSTALL = "Freighter was not found in this browser. Install the extension from freighter.app, then reload this page.";

/** The account the member lets this page see. */
async function account(): Promise<string> {
  const found = await isConnected();
  if (!found.isConnected) {
    throw new Error(INSTALL);
  }
  const access = await requestAccess();
  if (access.error || !access.address) {
    throw new Error(access.error?.message ?? "Freighter did not share an account.");
  }
  return access.address;
}

async function sign(asked: Challenge, address: string): Promise<string> {
  const options = { networkPassphrase: asked.network_passphrase, address };
  const signed = await signTransaction(asked.transaction, options);
  if (signed.error || !signed.signedTxXdr) {
    throw new Error(signed.error?.message ?? "Freighter did not sign.");
  }
  return signed.signedTxXdr;
}

/** SEP-10: the wallet signs the co-op's challenge; nothing is paid and no key leaves the wallet. */
async function signIn(endpoint: string): Promise<string> {
  const address = await account();
  const challenge = await json<Challenge>(`${endpoint}?account=${encodeURIComponent(address)}`);
  const answer = await json<{ next: string }>(endpoint, { transaction: await sign(challenge, address) });
  return answer.next;
}

/** A contract call: built by the co-op, signed here, sent by the co-op. */
async function act(endpoint: string): Promise<void> {
  const address = await account();
  const asked = await json<Challenge>(endpoint);
  await json(endpoint, { transaction: await sign(asked, address) });
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

/** Run `work` for a button, its progress and problems in `status`. */
async function press(button: HTMLButtonElement, status: HTMLElement | null, work: () => Promise<void>): Promise<void> {
  const say = (text: string) => {
    if (status) {
      status.textContent = text;
    }
  };
  button.disabled = true;
  say("Waiting for Freighter …");
  try {
    await work();
  } catch (problem) {
    say(problem instanceof Error ? problem.message : String(problem));
    button.disabled = false;
  }
}

function actAddress(button: HTMLButtonElement): string {
  const endpoint = button.dataset["sign"] ?? "";
  const field = button.dataset["signSubject"];
  const typed = field ? document.querySelector<HTMLInputElement>(field)?.value : undefined;
  return typed === undefined ? endpoint : `${endpoint}?subject=${encodeURIComponent(typed)}`;
}

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("[data-freighter], [data-sign]");
  if (!button) {
    return;
  }
  if (button.dataset["freighter"] !== undefined) {
    const status = document.querySelector<HTMLElement>("[data-freighter-status]");
    void press(button, status, async () => location.assign(await signIn(button.dataset["freighter"] ?? "")));
  } else {
    const status = button.closest("section")?.querySelector<HTMLElement>("[data-sign-status]") ?? null;
    void press(button, status, async () => {
      await act(actAddress(button));
      const then = button.dataset["signThen"];
      if (then) {
        location.assign(then);
      } else {
        location.reload();
      }
    });
  }
});
