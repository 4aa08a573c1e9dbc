import htmx from "htmx.org";
import { localTimes } from "./format";
import { offerInstalling } from "./installing";
import { Live } from "./live";
import { tellUnanswered } from "./unanswered";

// The page's content policy allows no evaluated code and no injected styles.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  // A refused form comes back with its errors beside the fields.
  { code: "422", swap: true },
  { code: "[45]..", swap: false, error: true },
];

document.addEventListener("htmx:afterSettle", (event) => localTimes(event.target as HTMLElement));
document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("[data-copy]");
  if (button) {
    void navigator.clipboard.writeText(button.dataset["copy"] ?? "").then(() => {
      button.textContent = "Copied";
    });
  }
});
localTimes(document);
offerInstalling();
tellUnanswered();

if (document.body.hasAttribute("data-signed-in")) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  new Live(`${scheme}://${location.host}/ws/live`);
}
