// What the patient notes. A function here resolves when the record is on the disk and in the outbox: only then may a
// screen say "saved".

import { local, zone } from "./moments.js";
import { changed, transact } from "./store.js";

const STORES = /** @type {const} */ (["kept", "records", "outbox"]);

/** Nobody is signed in here, so there is nobody whose record this could be. */
export class Nobody extends Error {}

/**
 * A new record of the person whose phone this is.
 * @param {Kind} kind
 * @param {Record<string, unknown>} body
 * @param {{at?: string, stops?: boolean, id?: string}} [more] when it happened, if not now; whether it stops the sessions;
 *   its id, if it was made before: what was saved under it already stays as it is
 */
export async function save(kind, body, { at = local(new Date()), stops, id = crypto.randomUUID() } = {}) {
  return write(id, (before) => {
    if (before) return null; // the first try was durable after all
    /** @type {WireRecord} */
    const record = { id, kind, revision: 1, at, ...body };
    if (zone()) record.zone = zone();
    return { record, stops };
  });
}

/**
 * The next revision of a record that this phone has. A field that is undefined goes.
 * @param {string} id
 * @param {Record<string, unknown>} change
 * @param {{stops?: boolean}} [more] whether it stops the sessions from now on; nothing here lets them go on
 */
export function revise(id, change, { stops } = {}) {
  return write(id, (before) => {
    if (!before) throw new Error("This record is not on this phone.");
    const record = { ...before.record, ...change, revision: before.record.revision + 1 };
    const next = /** @type {WireRecord} */ (JSON.parse(JSON.stringify(record)));
    return { ...before, record: next, stops: stops || before.stops };
  });
}

/** Undo it: it counts for nothing from now on, and is never deleted. @param {string} id */
export function withdraw(id) {
  return revise(id, { withdrawn: true });
}

/**
 * @param {string} id
 * @param {(before: Kept | undefined) => {record: WireRecord, stops?: boolean} | null} next
 */
async function write(id, next) {
  const record = await transact(STORES, "readwrite", async (transaction) => {
    const person = (await transaction.objectStore("kept").get("identity"))?.person;
    if (person === undefined) throw new Nobody();
    const before = await transaction.objectStore("records").get(id);
    const now = next(before?.person === person ? before : undefined);
    if (!now) return /** @type {Kept} */ (before).record;
    await transaction.objectStore("records").put({ ...now, id, person });
    await transaction.objectStore("outbox").put({
      id,
      revision: now.record.revision,
      person,
      record: now.record,
      queued_at: Date.now(),
    });
    return now.record;
  });
  changed();
  return record;
}

/** The records of the person who is signed in, newest revision each, withdrawn ones left out. @returns {Promise<Kept[]>} */
export function records() {
  return transact(["kept", "records"], "readonly", async (transaction) => {
    const [identity, all] = await Promise.all([
      transaction.objectStore("kept").get("identity"),
      transaction.objectStore("records").getAll(),
    ]);
    return all.filter((one) => one.person === identity?.person && !one.record.withdrawn);
  });
}

/**
 * What is only on this phone: how many records of this person, how many of others, since when, and what was refused.
 * @returns {Promise<{own: number, others: number, oldest: number | null, refused: Refused[], ids: Set<string>}>}
 */
export function unsent() {
  return transact(["kept", "outbox", "refused"], "readonly", async (transaction) => {
    const [identity, waiting, refused] = /** @type {[Identity | undefined, Waiting[], Refused[]]} */ (
      await Promise.all([
        transaction.objectStore("kept").get("identity"),
        transaction.objectStore("outbox").getAll(),
        transaction.objectStore("refused").getAll(),
      ])
    );
    const person = identity?.person;
    const own = waiting.filter((one) => one.person === person);
    const ids = new Set(own.map((one) => one.id));
    return {
      own: ids.size,
      others: new Set(waiting.filter((one) => one.person !== person).map((one) => one.id)).size,
      oldest: own.length ? Math.min(...own.map((one) => one.queued_at)) : null,
      refused: refused.filter((one) => one.person === person),
      ids,
    };
  });
}
