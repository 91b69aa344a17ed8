// Whose phone this is. Records that another person wrote here stay theirs, and wait for them.

import { changed, kept, transact } from "./store.js";

/** @returns {Promise<Identity | undefined>} */
export function identity() {
  return kept("identity");
}

/**
 * What the server last said to the person who is signed in.
 * @template {keyof Answers} Page
 * @param {Page} page
 * @returns {Promise<Answers[Page] | undefined>}
 */
export async function heard(page) {
  return (await own(page))?.body;
}

/** What is kept by this name for the person who is signed in. @param {string} name @returns {Promise<any>} */
export function own(name) {
  return transact(["kept"], "readonly", async (transaction) => {
    const person = (await transaction.objectStore("kept").get("identity"))?.person;
    return transaction.objectStore("kept").get(`${name} of ${person}`);
  });
}

/** Keep it by this name for the person who is signed in; undefined removes it. Draws nothing. @param {string} name @param {unknown} value */
export function keepOwn(name, value) {
  return transact(["kept"], "readwrite", async (transaction) => {
    const all = transaction.objectStore("kept");
    const key = `${name} of ${(await all.get("identity"))?.person}`;
    await (value === undefined ? all.delete(key) : all.put(value, key));
  });
}

/** What the first script needs to know before any database is open. @param {Settings & {joined?: boolean}} hints */
export function hint(hints) {
  try {
    const known = JSON.parse(localStorage.getItem("amble") ?? "{}");
    localStorage.setItem("amble", JSON.stringify({ ...known, ...hints }));
  } catch {
    // Only the first moment of a start looks different without it.
  }
  if (hints.joined !== undefined) document.documentElement.classList.toggle("joined", hints.joined);
  if (hints.large !== undefined) document.documentElement.classList.toggle("large", hints.large);
}

/** The server does not know this token any more: keep everything, send nothing. @param {string} token */
export async function tokenRefused(token) {
  await transact(["kept"], "readwrite", async (transaction) => {
    const known = await transaction.objectStore("kept").get("identity");
    // Somebody may have signed in while the request was on its way.
    if (known?.token === token) await transaction.objectStore("kept").put({ ...known, signed_out: true }, "identity");
  });
  changed();
}
