declare const self: ServiceWorkerGlobalScope;

// The page for those without a connection, and what it is made of. Nothing of a member's is kept:
// figures that are not live mislead, and a phone may be shared.
const OFFLINE = "/offline";
const KEPT = [OFFLINE, "/static/portal/build/style.css", "/static/portal/icon.svg"];
const CACHE = "offline";

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith(fetch(request).catch(() => kept(OFFLINE)));
  } else if (KEPT.includes(new URL(request.url).pathname)) {
    event.respondWith(fetch(request).catch(() => kept(request)));
  }
});

/** Once for each version of this file, and as somebody who is not signed in. */
async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(KEPT.map((path) => new Request(path, { credentials: "omit", cache: "reload" })));
}

async function kept(request: RequestInfo): Promise<Response> {
  return (await caches.match(request)) ?? Response.error();
}

export {};
