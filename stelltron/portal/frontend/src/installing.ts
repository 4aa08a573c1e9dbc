interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** The portal on a phone's home screen: offered where the browser can, and a page for when the network is away. */
export function offerInstalling(): void {
  if ("serviceWorker" in navigator) {
    // Where the browser keeps nothing (a private window), the pages work as well.
    navigator.serviceWorker.register("/service-worker.js").catch(() => undefined);
  }
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    const button = document.querySelector<HTMLButtonElement>("[data-install]");
    if (button) {
      button.hidden = false;
      button.addEventListener("click", () => void (event as InstallPrompt).prompt().then(() => button.remove()), {
        once: true,
      });
    }
  });
}
