// The service worker. The server puts BUILD and FILES before it: the build's id, and the address of each of its files.
// A new build waits until no page of the old one is open, so that nothing changes under a session.

const CACHE = `amble ${BUILD}`;
const SHELL = "/app/";
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      cache.addAll([new Request(SHELL, { cache: "reload" }), ...FILES.map((url) => new Request(url, { cache: "no-cache" }))]),
    ),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name.startsWith("amble ") && name !== CACHE).map((name) => caches.delete(name))),
      ),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    // Every screen is the same page; the address says which one its scripts show.
    if (url.pathname.startsWith(SHELL)) event.respondWith(fromCache(SHELL, request));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(fromCache(url.pathname, request));
  }
});

/** @param {string} name @param {Request} request */
async function fromCache(name, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(name)) ?? fetch(request);
}
