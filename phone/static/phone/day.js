// What a day holds, from the server's last answers and this phone's own records together. PURE: no storage, no clock.

import { weekday } from "./moments.js";

/** @typedef {{id: string, region: Region, score: number, asked: Asked, at: string, about_on: string, revision: number, conflicted: boolean}} Rating */

/**
 * The ratings about one date, oldest first: what the server had, and what this phone has noted since.
 * @param {string} on @param {Kept[]} records @param {TodayAnswer | undefined} today @returns {Rating[]}
 */
export function ratings(on, records, today) {
  /** @type {Map<string, Rating>} */
  const found = new Map();
  if (today?.on === on) {
    for (const one of today.pain) {
      found.set(one.client_uuid, { ...one, id: one.client_uuid, at: one.happened_at, about_on: on });
    }
  }
  for (const { id, record, conflicted = false } of records) {
    if (record.kind !== "pain") continue;
    const pain = /** @type {PainRecord} */ (record);
    const about_on = pain.about_on ?? pain.at.slice(0, 10);
    const known = found.get(id);
    if (about_on !== on || (known && known.revision > pain.revision)) continue;
    const { region, score, asked, at, revision } = pain;
    found.set(id, { id, region, score, asked, at, about_on, revision, conflicted });
  }
  return [...found.values()].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/**
 * The sessions that the plan asks for on a date, and which of them are done. Needs no network: the plan says it all.
 * @param {string} on @param {PlanAnswer["plan"] | undefined} plan @param {Kept[]} records @param {TodayAnswer | undefined} today
 */
export function sessions(on, plan, records, today) {
  const away = today?.paused;
  if (!plan || plan.starts_on > on || (away && away.from_on <= on && on <= away.until_on)) return [];
  const asked = plan.lines.filter((line) => !line.paused && (!line.weekdays.length || line.weekdays.includes(weekday(on))));
  const slots = Math.max(0, ...asked.map((line) => line.dosage.times_per_day));
  const done = new Set(records.filter(({ record }) => isSession(record, on)).map(({ record }) => record.slot));
  if (today?.on === on) today.sessions.filter((one) => one.done).forEach((one) => done.add(one.slot));
  return Array.from({ length: slots }, (_, index) => {
    const slot = index + 1;
    const lines = asked.filter((line) => line.dosage.times_per_day >= slot);
    return { slot, done: done.has(slot), lines, minutes: minutes(lines) };
  });
}

/** @param {WireRecord} record @param {string} on */
function isSession(record, on) {
  return record.kind === "session" && record.at.slice(0, 10) === on;
}

/** About how long these exercises take, in whole minutes. @param {Line[]} lines */
function minutes(lines) {
  const seconds = lines.reduce((sum, line) => sum + line.seconds, 0);
  return Math.max(1, Math.round(seconds / 60));
}

/** Whether the exercises stop: the server says so, or a check it has not heard of yet. @param {Kept[]} records @param {TodayAnswer | undefined} today */
export function stopped(records, today) {
  return Boolean(today?.stopped) || records.some((one) => one.stops);
}

/** The minutes walked on a date. @param {string} on @param {Kept[]} records @param {TodayAnswer | undefined} today @param {Set<string>} unsent */
export function walked(on, records, today, unsent) {
  const own = records.filter(({ record }) => record.kind === "walk" && record.at.slice(0, 10) === on);
  const here = own.reduce((sum, { record }) => sum + Number(record.minutes), 0);
  if (today?.on !== on) return here;
  const waiting = own.filter((one) => unsent.has(one.id));
  const heard = today.walked_minutes + waiting.reduce((sum, { record }) => sum + Number(record.minutes), 0);
  return Math.max(here, heard);
}
