const NO_ANSWER = "No answer from the co-op. Look whether it was done before you send it again.";

/** What a member sent in place and got no answer to is said; what the page asks by itself it asks again. */
export function tellUnanswered(): void {
  document.addEventListener("htmx:sendError", (event) => isSent(event) && tell());
  document.addEventListener("htmx:responseError", (event) => isSent(event) && tell());
  document.addEventListener("htmx:beforeRequest", (event) => isSent(event) && note()?.remove());
}

function isSent(event: Event): boolean {
  const { requestConfig } = (event as CustomEvent<{ requestConfig: { verb: string } }>).detail;
  return requestConfig.verb !== "get";
}

function tell(): void {
  const said = note() ?? document.createElement("p");
  said.className = "note error";
  said.dataset["unanswered"] = "";
  said.setAttribute("role", "alert");
  said.textContent = NO_ANSWER;
  document.querySelector("main")?.prepend(said);
}

function note(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-unanswered]");
}
