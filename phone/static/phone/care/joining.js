// Who joins this phone and who leaves it. What the one before noted and nobody has taken stays here, and waits for them.

import { hint, identity } from "../identity.js";
import { changed, transact } from "../store.js";

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
  const left = await transact(["kept", "records"], "readwrite", async (transaction) => {
    const before = await transaction.objectStore("kept").get("identity");
    await transaction.objectStore("kept").put(joined, "identity");
    if (!before || before.person === person) return null;
    await forget(transaction, before.person);
    return /** @type {Identity} */ (before);
  });
  hint({ joined: true });
  changed();
  if (left) farewell(left);
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
  farewell(known);
}

/**
 * Their messages come to this phone no more, nor is it one of theirs. Nothing waits for it: without a network the token is
 * forgotten here, and ends at the server after 90 days without use.
 * @param {Identity} left
 */
function farewell({ device, token }) {
  const headers = { Authorization: `Bearer ${token}` };
  void fetch(`/api/v1/devices/${device}`, { method: "DELETE", headers, keepalive: true }).catch(console.error);
  void unsubscribe().catch(console.error);
}

async function unsubscribe() {
  const worker = await navigator.serviceWorker?.getRegistration("/app/");
  await (await worker?.pushManager?.getSubscription())?.unsubscribe();
}

/** What the server has anyway, and what is named for this person. @param {import("../vendor/idb.js").Transaction} transaction @param {number} person */
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
