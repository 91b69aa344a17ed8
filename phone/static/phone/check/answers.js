// What was answered in a symptom check, from the first tap on. Half a check with a yes in it reaches the clinic as well.

import { own } from "../identity.js";
import { local } from "../moments.js";
import { Nobody, records, revise, save } from "../records.js";
import { transact } from "../store.js";

const STALE_MS = 12 * 3_600_000; // a no of yesterday says nothing about today

/** The check under way, or the last one when it is done. @returns {Promise<CheckDraft | undefined>} */
export async function latest() {
  const draft = /** @type {CheckDraft | undefined} */ (await own("check"));
  if (!draft || draft.done || Date.now() - Date.parse(draft.touched_at) < STALE_MS) return draft;
  await commit({ done: true });
  return own("check");
}

/** Whether this answer calls for something. Not sure counts as yes. @param {{said: Said}} answer */
export const worries = ({ said }) => said !== "no";

/** Note one answer. It is on the disk when this resolves. @param {CheckQuestion} question @param {Said} said */
export function answer({ id, tier }, said) {
  return change((before) => {
    /** @type {CheckDraft} */
    const draft =
      before && !before.done ? before : { id: crypto.randomUUID(), touched_at: "", answers: {}, raised: [], done: false };
    return { ...draft, touched_at: local(new Date()), answers: { ...draft.answers, [id]: { said, tier } } };
  });
}

/**
 * Make a record of what was answered so far, or its next revision: once there is anything but a no, and when the check
 * is done. Doing it again changes nothing.
 */
export async function commit({ done = false } = {}) {
  const draft = /** @type {CheckDraft | undefined} */ (await own("check"));
  if (!draft || draft.done) return;
  const given = Object.entries(draft.answers);
  const worrying = given.filter(([, one]) => worries(one));
  const raised = [...new Set([...draft.raised, ...worrying.map(([id]) => id)])];
  if (given.length && (done || raised.length)) {
    const answers = Object.fromEntries(given.map(([id, { said }]) => [id, said]));
    const stops = worrying.some(([, { tier }]) => tier !== "C");
    const known = (await records()).find(({ id }) => id === draft.id)?.record;
    const record = known ?? (await save("symptom_check", { answers }, { id: draft.id, stops }));
    if (JSON.stringify(record.answers) !== JSON.stringify(answers)) await revise(draft.id, { answers }, { stops });
  }
  await change((now) => (now?.id === draft.id ? { ...now, raised, done } : /** @type {CheckDraft} */ (now)));
}

/** What is left to do for a check that the app was closed on. */
export const finish = () => commit();

/** @param {(before: CheckDraft | undefined) => CheckDraft} next */
function change(next) {
  return transact(["kept"], "readwrite", async (transaction) => {
    const kept = transaction.objectStore("kept");
    const person = (await kept.get("identity"))?.person;
    if (person === undefined) throw new Nobody();
    const name = `check of ${person}`;
    await kept.put(next(await kept.get(name)), name);
  });
}
