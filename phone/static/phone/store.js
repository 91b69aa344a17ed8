// What the phone keeps: one IndexedDB. A write is over when it is on the disk.

import { openDB } from "./vendor/idb.js";

const VERSION = 1;
/** @type {Promise<import("./vendor/idb.js").Database> | null} */
let opened = null;

function database() {
  if (opened) return opened;
  const opening = openDB("amble", VERSION, {
    upgrade(db) {
      db.createObjectStore("kept"); // identity, settings and snapshots, by name
      db.createObjectStore("records", { keyPath: "id" });
      db.createObjectStore("outbox", { keyPath: ["id", "revision"] });
      db.createObjectStore("refused", { keyPath: ["id", "revision"] });
    },
    async blocking() {
      (await opened)?.close();
      opened = null;
    },
    terminated() {
      opened = null;
    },
  });
  opening.catch(() => (opened = null)); // what stood in its way may be gone at the next try
  return (opened = opening);
}

/**
 * Do `work` in one transaction over `stores`. Resolves with its result once all of it is durable; if it fails, nothing
 * of it is kept. Safari loses its connection now and then (WebKit 277615): then once more, with a new one.
 * @template Result
 * @param {readonly ("kept" | "records" | "outbox" | "refused")[]} stores
 * @param {"readonly" | "readwrite"} mode
 * @param {(transaction: import("./vendor/idb.js").Transaction) => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function transact(stores, mode, work) {
  try {
    return await attempt(stores, mode, work);
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (!["InvalidStateError", "UnknownError", "AbortError"].includes(name)) throw error;
    opened = null;
    return attempt(stores, mode, work);
  }
}

/** @type {typeof transact} */
async function attempt(stores, mode, work) {
  const db = await database();
  const transaction = db.transaction(stores, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
  const over = transaction.done;
  over.catch(() => {}); // said by the await below, or by the work that failed first
  try {
    const result = await work(transaction);
    await over;
    return result;
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It has ended by itself.
    }
    throw error;
  }
}

/** @template Value @param {string} name @returns {Promise<Value | undefined>} */
export function kept(name) {
  return transact(["kept"], "readonly", (transaction) => transaction.objectStore("kept").get(name));
}

/** @param {string} name @param {unknown} value */
export async function keep(name, value) {
  await transact(["kept"], "readwrite", (transaction) => transaction.objectStore("kept").put(value, name));
  changed();
}

// --- who wants to know ---------------------------------------------------------------------------------

const tabs = new BroadcastChannel("amble");
/** @type {Set<() => void>} */
const listeners = new Set();
tabs.onmessage = () => listeners.forEach((listener) => listener());

/** Call `listener` after every change of what is kept, in this tab or another. @param {() => void} listener */
export function onChange(listener) {
  listeners.add(listener);
}

/** Say that what is kept has changed. */
export function changed() {
  listeners.forEach((listener) => listener());
  tabs.postMessage("changed");
}
