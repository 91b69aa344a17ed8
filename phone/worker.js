// The service worker. The server puts BUILD, STATIC, FILES and WORDS before it: the build's id, where static files are,
// the address of each of its own, and what a message says in each language.
// A new build waits until no page of the old one is open, so that nothing changes under a session.

const CACHE = `amble ${BUILD}`;
const SHELL = "/app/";
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", (event) => {
  // A browser that knows such routes answers these itself: a cold start does not wait until this worker has started.
  const source = { cacheName: CACHE };
  const routes = [
    { condition: { requestMode: "navigate", urlPattern: { pathname: SHELL, search: "" } }, source },
    { condition: { urlPattern: { pathname: `${STATIC}*` } }, source },
  ];
  /** @type {any} */ (event).addRoutes?.(routes).catch(console.error);
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) =>
        cache.addAll([
          new Request(SHELL, { cache: "reload" }),
          ...FILES.map((url) => new Request(url, { cache: "no-cache" })),
        ]),
      ),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names.filter((name) => name.startsWith("amble ") && name !== CACHE).map((name) => caches.delete(name)),
        ),
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

// --- messages: shown, confirmed and answered here, whether the app is open or not ------------------------------------

const ACTIONS = /** @type {Record<string, ("log" | "later" | "done")[]>} */ ({
  diary: ["log", "later"],
  exercise: ["done", "later", "log"],
  walk: ["done", "later", "log"],
  movement_break: ["done", "later"],
  weekly_check: ["later"],
  measures: ["later"],
});
const OPENS = /** @type {Record<string, string>} */ ({
  diary: "/app/evening",
  weekly_check: "/app/check",
  measures: "/app/measures",
  message: "/app/messages",
  test: "/app/reminders",
});
const LATER = { for: "30_minutes" };
const LATER_MS = 30 * 60_000; // "in half an hour" that is sent after it would be another half hour
const WEEK_MS = 7 * 86_400_000;

worker.addEventListener("push", (event) => event.waitUntil(show(event)));
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(act(event.action, event.notification.data ?? {}));
});
worker.addEventListener("pushsubscriptionchange", (event) => {
  /** @type {ExtendableEvent} */ (event).waitUntil(renew());
});
worker.addEventListener("sync", (event) => /** @type {any} */ (event).waitUntil(sendAnswers()));
worker.addEventListener("message", (event) => {
  if (event.data !== "answers") return;
  // Every page says this at its start. The one that brought the worker has only its first screen: it gets the others here.
  event.waitUntil(Promise.all([worker.clients.claim(), sendAnswers()]));
});

/** In the patient's own language, whatever the server wrote it in. @param {PushEvent} event */
async function show(event) {
  const given = message(event);
  const tag = String(given.tag ?? "");
  const kind = tag.split("-")[0] ?? "";
  const [settings, identity] = await Promise.all([kept("settings"), kept("identity")]).catch(() => []);
  const language =
    settings?.language === "es" || (!settings?.language && navigator.language.startsWith("es")) ? "es" : "en";
  const words = WORDS[language];
  const id = Number(given.data?.id ?? 0);
  const [before] = await worker.registration.getNotifications({ tag });
  const options = {
    body: words[kind === "test" ? "test_body" : "open"],
    lang: language,
    tag,
    // One that replaces another is heard: it is of another day, or was put off and comes back. A sender that was killed
    // may send one twice; while the first still stands there the second makes no sound.
    renotify: tag !== "" && !(id && before?.data?.id === id),
    icon: FILES.find((url) => url.includes("icon-192")),
    actions: (ACTIONS[kind] ?? []).map((action) => ({ action, title: words[action] })),
    data: { id, kind, person: identity?.person },
  };
  await worker.registration.showNotification(words[kind] ?? given.title ?? "Amble", options);
  for (const page of await worker.clients.matchAll({ type: "window", includeUncontrolled: true }))
    page.postMessage({ shown: tag });
  if (id) await answer(identity?.person, `notifications/${id}/receipt`);
}

/** The declarative form: as data, or already read by a browser that knows it. @param {PushEvent} event @returns {any} */
function message(event) {
  try {
    const read = event.data?.json();
    if (read?.notification) return read.notification;
  } catch {
    // Something has come, so something must be shown.
  }
  return /** @type {any} */ (event).notification ?? {};
}

/** @param {string} action @param {{id?: number, kind?: string, person?: number}} data */
async function act(action, { id = 0, kind = "", person }) {
  if (action === "later") return answer(person, `notifications/${id}/snooze`, LATER, LATER_MS);
  if (action === "done") return answer(person, `notifications/${id}/done`);
  const address = action === "log" ? SHELL : (OPENS[kind] ?? SHELL);
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => new URL(one.url).pathname.startsWith(SHELL));
  if (!page) return worker.clients.openWindow(address);
  page.postMessage({ open: address });
  return page.focus().catch(() => {}); // some browsers allow it only once for each tap
}

/** The browser has changed its subscription: the server hears of it, or the phone would fall silent. */
async function renew() {
  const identity = await kept("identity");
  if (!identity || identity.signed_out) return;
  const { public_key } = await (await fetch("/api/v1/push/key")).json();
  const now = await worker.registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: public_key,
  });
  const { endpoint, keys } = now.toJSON();
  await answer(identity.person, "push/subscriptions", { endpoint, keys });
}

/**
 * Keep an answer of this person, then send what is kept; without a network it waits for one.
 * @param {number | undefined} person @param {string} path @param {unknown} [body] @param {number} [lasts]
 */
async function answer(person, path, body, lasts = WEEK_MS) {
  if (person === undefined) return;
  await kept("answers", (before = []) => [...before, { person, path, body, until: Date.now() + lasts }]);
  await sendAnswers();
}

function sendAnswers() {
  return navigator.locks.request("amble answers", async () => {
    const identity = await kept("identity");
    if (!identity || identity.signed_out) return;
    const all = /** @type {Answer[]} */ ((await kept("answers")) ?? []);
    for (const one of all) {
      if (one.until < Date.now() || (one.person === identity.person && (await wasTaken(identity.token, one)))) {
        await kept("answers", (now = []) => now.filter((/** @type {Answer} */ other) => !same(one, other)));
      } else if (one.person === identity.person) {
        // With the app closed only the browser can tell when the network is back, where it does.
        await /** @type {any} */ (worker.registration).sync?.register("answers").catch(() => {});
        return;
      }
    }
  });
}

/** @typedef {{person: number, path: string, body?: unknown, until: number}} Answer */
/** @param {Answer} one @param {Answer} other */
const same = (one, other) => one.path === other.path && one.person === other.person && one.until === other.until;

/** Whether the server has it, or never will take it. @param {string} token @param {Answer} one */
async function wasTaken(token, { path, body }) {
  try {
    const { status } = await fetch(`/api/v1/${path}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    return status < 500 && ![401, 408, 429].includes(status);
  } catch {
    return false;
  }
}

/**
 * What the app keeps under this name; with `change`, what comes of it is kept instead.
 * @param {string} name @param {(before: any) => unknown} [change] @returns {Promise<any>}
 */
async function kept(name, change) {
  const db = await database();
  try {
    const transaction = db.transaction("kept", change ? "readwrite" : "readonly");
    const store = transaction.objectStore("kept");
    return await new Promise((resolve, reject) => {
      const asked = store.get(name);
      asked.onsuccess = () => change && store.put(change(asked.result), name);
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
}

/** @returns {Promise<IDBDatabase>} */
function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("amble");
    opening.onupgradeneeded = () => opening.transaction?.abort(); // the app makes it, with its stores
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}
