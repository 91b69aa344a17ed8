// The outbox goes out and what the server says comes in. See docs/records.md for the table of answers.

import { tokenRefused } from "./identity.js";
import { changed, transact } from "./store.js";

const MOST_RECORDS = 100;
const MOST_BYTES = 60_000; // a browser sends no more than 64 KiB after its page has gone
/** @type {(keyof Answers)[]} */
const PAGES = ["today", "plan", "progress", "symptom-check", "messages"];
const WAIT_ONLINE = 1_000; // names may not resolve yet
const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 300_000;
const WRONG_FOR_EVER = [400, 422]; // of one record alone; everything else may pass

/** @typedef {"sent" | "nothing" | "later"} Outcome */

/** @type {Promise<Outcome> | null} */
let queued = null;
let wait = FIRST_WAIT;
let timer = 0;

/** Send all that waits. Only one tab does at a time; a call that waits for its turn stands for the next ones too. */
export function send() {
  queued ??= navigator.locks.request("amble outbox", async () => {
    queued = null;
    return drain();
  });
  return queued;
}

/** Send, then ask what is new if anything was sent or `always`. @param {{always?: boolean, online?: boolean}} [how] */
export async function synchronise({ always = false, online = false } = {}) {
  if (online) wait = WAIT_ONLINE;
  const outcome = await send();
  clearTimeout(timer);
  if (outcome === "later") {
    timer = setTimeout(() => {
      wait = Math.min(2 * wait, LONGEST_WAIT); // not for what is noted meanwhile
      void synchronise({ always });
    }, wait * (0.5 + Math.random()));
    return;
  }
  wait = FIRST_WAIT;
  if (always || outcome === "sent") await pull();
}

/** @returns {Promise<Outcome>} */
async function drain() {
  /** @type {Outcome} */
  let outcome = "nothing";
  let most = MOST_RECORDS;
  for (;;) {
    const { identity, batch } = await nextBatch(most);
    if (!identity || batch.length === 0) return outcome;
    const answer = await post(identity.token, batch);
    if (answer === null) return "later";
    if (answer.status === 401) {
      await tokenRefused(identity.token);
      return outcome;
    }
    if (answer.status === 413 || WRONG_FOR_EVER.includes(answer.status)) {
      // One of them may be what is wrong: find it, and let nothing beside it wait.
      if (batch.length > 1) {
        most = Math.ceil(batch.length / 2);
        continue;
      }
      const problem = await answer.json().catch(() => ({}));
      const code = answer.status === 413 ? "too_long" : (problem.errors?.[0]?.code ?? problem.code);
      await settle(batch, [{ answer: "refused", code, reason: String(problem.detail ?? answer.status) }]);
      outcome = "sent";
      continue;
    }
    if (answer.status !== 200) return "later";
    const said = await answer.json().catch(() => null);
    if (!Array.isArray(said?.answers) || said.answers.length !== batch.length) return "later";
    if (!(await settle(batch, said.answers))) return "later"; // words of a server that is newer: nothing is asked of it in a loop
    outcome = "sent";
    wait = FIRST_WAIT; // a network that breaks off after each batch carries the next one soon
  }
}

/**
 * The oldest records of the person who is signed in. A symptom check goes alone and first: no other record may keep it.
 * @param {number} most
 * @returns {Promise<{identity: Identity | null, batch: Waiting[]}>}
 */
function nextBatch(most) {
  return transact(["kept", "outbox"], "readonly", async (transaction) => {
    /** @type {Identity | undefined} */
    const identity = await transaction.objectStore("kept").get("identity");
    if (!identity || identity.signed_out) return { identity: null, batch: [] };
    /** @type {Waiting[]} */
    const all = await transaction.objectStore("outbox").getAll();
    const own = all.filter((one) => one.person === identity.person);
    own.sort((one, other) => one.queued_at - other.queued_at || one.revision - other.revision);
    const check = own.find((one) => one.record.kind === "symptom_check");
    if (check) return { identity, batch: [check] };
    const batch = [];
    let bytes = 0;
    for (const one of own.slice(0, most)) {
      bytes += new TextEncoder().encode(JSON.stringify(one.record)).length + 1;
      if (batch.length && bytes > MOST_BYTES) break;
      batch.push(one);
    }
    return { identity, batch };
  });
}

/** The server's answer, or null if there was none. @param {string} token @param {Waiting[]} batch */
async function post(token, batch) {
  try {
    return await fetch("/api/v1/sync", {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ records: batch.map((one) => one.record) }),
      keepalive: true,
      signal: AbortSignal.timeout(30_000),
    });
  } catch {
    return null;
  }
}

/**
 * Take out of the outbox what the server has answered, and only that. Whether that was anything.
 * @param {Waiting[]} batch
 * @param {{answer: string, pointer?: string, code?: string, reason?: string}[]} answers
 */
async function settle(batch, answers) {
  const settled = await transact(["outbox", "refused", "records"], "readwrite", async (transaction) => {
    let taken = 0;
    for (const [index, one] of batch.entries()) {
      const said = answers[index];
      const refused = said?.answer === "refused";
      if (!refused && !["stored", "same", "conflict"].includes(said?.answer ?? "")) continue;
      taken += 1;
      await transaction.objectStore("outbox").delete([one.id, one.revision]);
      if (refused) {
        const { pointer = "", code = "", reason = "" } = said;
        await transaction.objectStore("refused").put({ ...one, pointer, code, reason });
      }
      const conflicted = said?.answer === "conflict";
      if (!conflicted && one.record.kind !== "symptom_check") continue;
      const known = await transaction.objectStore("records").get(one.id);
      if (!known) continue;
      const heard_at = refused ? known.heard_at : new Date().toISOString();
      await transaction.objectStore("records").put({ ...known, conflicted: conflicted || known.conflicted, heard_at });
    }
    return taken;
  });
  if (settled) changed();
  return settled > 0;
}

// --- what the server says -------------------------------------------------------------------------------

const KEPT_DAYS = 100;

/** Ask for what the screens show. What has not changed costs the server one look. */
export async function pull(pages = PAGES) {
  const { identity, settled } = await transact(["kept", "records", "outbox", "refused"], "readonly", async (transaction) => {
    const waiting = [...(await transaction.objectStore("outbox").getAll()), ...(await transaction.objectStore("refused").getAll())];
    const waits = new Set(waiting.map(({ id }) => id));
    /** @type {Kept[]} */
    const all = await transaction.objectStore("records").getAll();
    return {
      identity: /** @type {Identity | undefined} */ (await transaction.objectStore("kept").get("identity")),
      settled: new Map(all.filter(({ id }) => !waits.has(id)).map(({ id, record }) => [id, record.revision])),
    };
  });
  if (!identity || identity.signed_out) return;
  const heard = await Promise.all(pages.map((page) => ask(identity, page)));
  if (heard.includes("today")) await tidy(identity.person, settled);
  if (heard.some(Boolean)) changed();
}

/** @param {Identity} identity @param {keyof Answers} page */
async function ask(identity, page) {
  const name = `${page} of ${identity.person}`;
  const known = await transact(["kept"], "readonly", (transaction) => transaction.objectStore("kept").get(name));
  /** @type {Record<string, string>} */
  const headers = { Authorization: `Bearer ${identity.token}` };
  if (known?.etag) headers["If-None-Match"] = known.etag;
  try {
    const answer = await fetch(`/api/v1/${page}`, { headers, cache: "no-store", signal: AbortSignal.timeout(30_000) });
    if (answer.status === 401) await tokenRefused(identity.token);
    if (answer.status === 304) return page;
    if (answer.status !== 200) return "";
    const snapshot = { etag: answer.headers.get("ETag"), body: await answer.json(), at: new Date().toISOString() };
    await transact(["kept"], "readwrite", async (transaction) => {
      const now = await transaction.objectStore("kept").get("identity");
      // Somebody else may have signed in while the answer was on its way.
      if (now?.person === identity.person) await transaction.objectStore("kept").put(snapshot, name);
    });
    return page;
  } catch {
    return ""; // no network: what was said last stands
  }
}

/**
 * What the server had before it was asked needs no lock of ours on the sessions; what is old, no place here.
 * @param {number} person
 * @param {Map<string, number>} settled the revisions that it had then: one noted while it spoke is none of them
 */
async function tidy(person, settled) {
  await transact(["records"], "readwrite", async (transaction) => {
    const records = transaction.objectStore("records");
    for (const one of await records.getAll()) {
      if (one.person !== person || settled.get(one.id) !== one.record.revision) continue;
      const age = Date.now() - new Date(one.record.at).getTime();
      if (age > KEPT_DAYS * 86_400_000) await records.delete(one.id);
      else if (one.stops) await records.put({ ...one, stops: false });
    }
  });
}
