// What was answered in a symptom check, from the first tap on. Half a check with a yes in it reaches the clinic as well.

import { identity, own } from "../identity.js";
import { local } from "../moments.js";
import { Nobody, records, revise, save } from "../records.js";
import { transact } from "../store.js";

const STALE_MS = 12 * 3_600_000; // a no of yesterday says nothing about today

/** What a phone that cannot save was told, and by whom: it asks on and advises all the same. @type {{draft: CheckDraft, person: number | undefined} | null} */
let unsaved = null;

/** Whether answers are nowhere but on the screen. */
export const isUnsaved = () => unsaved !== null;

/** @returns {Promise<CheckDraft | undefined>} */
async function latestHere() {
  if (unsaved?.person !== (await identity())?.person) unsaved = null;
  return unsaved?.draft ?? own("check");
}

/** The check under way, or the last one when it is done. @returns {Promise<CheckDraft | undefined>} */
export async function latest() {
  const last = await latestHere();
  if (!last || last.done || Date.now() - Date.parse(last.touched_at) < STALE_MS) return last;
  await commit({ done: true }).catch(console.error);
  return latestHere();
}

/** Whether this answer calls for something. Not sure counts as yes. @param {{said: Said}} answer */
export const worries = ({ said }) => said !== "no";

/** Note one answer. It is on the disk when this resolves. @param {CheckQuestion} question @param {Said} said */
export function answer({ id, tier }, said) {
  return change((before) => {
    /** @type {CheckDraft} */
    const under =
      before && !before.done ? before : { id: crypto.randomUUID(), touched_at: "", answers: {}, raised: [], done: false };
    return { ...under, touched_at: local(new Date()), answers: { ...under.answers, [id]: { said, tier } } };
  });
}

/**
 * Make a record of what was answered so far, or its next revision: once there is anything but a no, and when the check
 * is done. Doing it again changes nothing.
 */
export async function commit({ done = false } = {}) {
  const under = await latestHere();
  if (!under || under.done) return;
  const given = Object.entries(under.answers);
  const worrying = given.filter(([, one]) => worries(one));
  const raised = [...new Set([...under.raised, ...worrying.map(([id]) => id)])];
  if (given.length && (done || raised.length)) {
    const answers = Object.fromEntries(given.map(([id, { said }]) => [id, said]));
    const stops = worrying.some(([, { tier }]) => tier !== "C");
    try {
      const known = (await records()).find(({ id }) => id === under.id)?.record;
      const record = known ?? (await save("symptom_check", { answers }, { id: under.id, stops }));
      if (JSON.stringify(record.answers) !== JSON.stringify(answers)) await revise(under.id, { answers }, { stops });
    } catch (error) {
      unsaved = { draft: under, person: (await identity())?.person };
      throw error;
    }
  }
  await change((now) => (now?.id === under.id ? { ...now, raised, done } : /** @type {CheckDraft} */ (now)));
}

/** What is left to do for a check that the app was closed on. */
export const finish = () => commit();

/** @param {(before: CheckDraft | undefined) => CheckDraft} next */
async function change(next) {
  const before = await latestHere();
  try {
    await transact(["kept"], "readwrite", async (transaction) => {
      const kept = transaction.objectStore("kept");
      const person = (await kept.get("identity"))?.person;
      if (person === undefined) throw new Nobody();
      const name = `check of ${person}`;
      await kept.put(next(unsaved?.draft ?? (await kept.get(name))), name);
    });
    unsaved = null;
  } catch (error) {
    unsaved = { draft: next(before), person: (await identity())?.person };
    throw error;
  }
}
