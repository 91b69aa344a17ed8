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

/** The clinic's answer to a code: a sentence for the patient when it says no. */
export class NotJoined extends Error {}

/**
 * Sign this phone in. Raises NotJoined with the word that says why not.
 * @param {{code: string, birth_year: number, device_name: string}} asked
 */
export async function join(asked) {
  let answer;
  try {
    answer = await fetch("/api/v1/join", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(asked),
      signal: AbortSignal.timeout(30_000),
    });
  } catch {
    throw new NotJoined("no_network");
  }
  if (answer.status === 429) throw new NotJoined("too_often");
  if (answer.status === 400) throw new NotJoined("wrong_code");
  if (answer.status !== 201) throw new NotJoined("no_network");
  const { token, device, person, clinic } = await answer.json();
  /** @type {Identity} */
  const joined = { token, device, person, clinic, signed_out: false };
  await transact(["kept", "records"], "readwrite", async (transaction) => {
    const before = await transaction.objectStore("kept").get("identity");
    await transaction.objectStore("kept").put(joined, "identity");
    if (before && before.person !== person) await forget(transaction, before.person);
  });
  hint({ joined: true });
  changed();
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

/** Leave this phone. What waits in the outbox stays there for the person who wrote it. */
export async function signOut() {
  const known = await identity();
  if (!known) return;
  await transact(["kept", "records"], "readwrite", async (transaction) => {
    await transaction.objectStore("kept").delete("identity");
    await forget(transaction, known.person);
  });
  hint({ joined: false });
  changed();
  try {
    await fetch(`/api/v1/devices/${known.device}`, {
      method: "DELETE",
      headers: { Authorization: `Bearer ${known.token}` },
      keepalive: true,
    });
  } catch {
    // Without a network the token is forgotten here, and ends at the server after 90 days without use.
  }
}

/** What the server has anyway, and what is named for this person. @param {import("./vendor/idb.js").Transaction} transaction @param {number} person */
async function forget(transaction, person) {
  const kept = transaction.objectStore("kept");
  for (const name of await kept.getAllKeys()) {
    if (String(name).endsWith(` of ${person}`)) await kept.delete(name);
  }
  const records = transaction.objectStore("records");
  for (const record of await records.getAll()) {
    if (record.person === person) await records.delete(record.id);
  }
}
