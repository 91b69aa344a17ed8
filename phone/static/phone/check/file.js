// The questions, their advice, and whom to call: as the server last said, else as they came with the app.

import { heard } from "../identity.js";
import { language } from "../words.js";

const PUBLIC = "/app/symptom-check.json"; // the service worker has it

/** Null where neither the server nor the worker has brought it yet. @returns {Promise<CheckFile | null>} */
export async function checkFile() {
  const own = await heard("symptom-check");
  if (own) return own;
  try {
    const answer = await fetch(PUBLIC, { signal: AbortSignal.timeout(5_000) });
    const file = await answer.json();
    const said = (await heard("today"))?.contacts;
    const contacts = Object.entries(file.contacts).map(([name, text]) => {
      const clinic = said?.[/** @type {ContactName} */ (name)];
      return [name, clinic ? { ...clinic, text: { en: clinic.text, es: clinic.text } } : { text }];
    });
    return { ...file, contacts: Object.fromEntries(contacts) };
  } catch {
    return null;
  }
}

/** A text of the file in the language of the app. @template Text @param {Record<Language, Text>} by */
export const inWords = (by) => by[language] ?? by.en;

/**
 * The questions screen by screen: tier A one by one, the others a few together.
 * @param {CheckQuestion[]} questions
 */
export function pages(questions) {
  /** @param {Tier} tier */
  const of = (tier) => questions.filter((one) => one.tier === tier);
  return [...of("A").map((one) => [one]), ...inParts(of("B"), 4), ...inParts(of("C"), 4)];
}

/** @param {CheckQuestion[]} questions @param {number} most */
function inParts(questions, most) {
  const parts = Math.ceil(questions.length / most);
  const size = Math.ceil(questions.length / parts);
  return Array.from({ length: parts }, (_, n) => questions.slice(n * size, (n + 1) * size));
}

/**
 * Whom to call for these findings, first things first. With thoughts of self-harm that is the crisis line.
 * @param {CheckFile} file @param {CheckQuestion[]} found @param {boolean} unknown there is a finding without a question here
 */
export function whomToCall(file, found, unknown) {
  const own = found.flatMap((one) => one.show ?? []);
  const tiers = found.map((one) => one.tier).sort();
  return [...new Set([...own, ...tiers.flatMap((tier) => file.show[tier]), ...(unknown ? file.show.B : [])])];
}

/**
 * When a clinic closes that is open now, by the hours of its own clock; undefined when it is closed, null when nobody
 * said its hours.
 * @param {Contact} contact @param {Date} now
 */
export function closesAt({ hours, time_zone: timeZone }, now) {
  if (!hours?.length) return null;
  const style = /** @type {const} */ ({ timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const parts = new Intl.DateTimeFormat("en", style).formatToParts(now).map(({ type, value }) => [type, value]);
  const { weekday, hour, minute } = Object.fromEntries(parts);
  const on = 1 + ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(weekday);
  const at = `${hour}:${minute}`;
  const open = hours.find((one) => one.weekday === on && one.opens <= at && at < one.closes);
  return open && new Date(now.getTime() + (minutes(open.closes) - minutes(at)) * 60_000);
}

/** Since midnight. @param {string} time */
const minutes = (time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
