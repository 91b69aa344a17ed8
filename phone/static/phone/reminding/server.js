// How the patient wants to be spoken to. The server keeps it, so changing it needs a network; the phone keeps what it
// last heard, to show it without one.

import { identity, tokenRefused } from "../identity.js";
import { keep, kept } from "../store.js";
import { language, t } from "../words.js";

const KNOWN = ["in_quiet_hours", "reminder_there", "no_break_fits", "too_many_breaks", "too_many_reminders", "wrong_date"];

/**
 * @typedef {"exercise" | "diary" | "walk" | "movement_break" | "weekly_check" | "measures"} ReminderKind
 * @typedef {{kind: ReminderKind, times: string[], window_start: string | null, window_end: string | null, every_minutes: number | null, weekdays: number[], enabled: boolean}} Chosen
 * @typedef {Chosen & {id: number}} Reminder
 * @typedef {{quiet_start: string, quiet_end: string, channels: ("webpush" | "email")[], paused_until: string | null}} Preferences
 * @typedef {{email: boolean, email_when_unseen: boolean, measuring: boolean | null}} Choices
 * @typedef {"done" | "snoozed" | "shown" | "sent" | "waiting" | "skipped" | "missed" | "failed" | "withheld"} Outcome
 * @typedef {{id: number, kind: ReminderKind | "message", due_at: string, outcome: Outcome, in_words: string}} Sent
 * @typedef {{id: number, this_device: boolean}} Subscription
 * @typedef {{reminders: Reminder[], preferences: Preferences, choices: Choices, subscriptions: Subscription[], sent: Sent[], key: string | null}} Reminding
 */

/** The server cannot be asked now. */
export class Away extends Error {}

/** The server's no, as a sentence for the patient; in English, but for what the catalog says of its code. */
export class Refused extends Error {
  /** @param {string} said @param {string} [code] */
  constructor(said, code = "") {
    super(language !== "en" && KNOWN.includes(code) ? t(/** @type {Word} */ (`reminders.refused_${code}`)) : said);
  }
}

/** What was last heard, if anything was. @returns {Promise<Reminding | undefined>} */
export async function reminding() {
  return kept(`reminding of ${(await identity())?.person}`);
}

/** Ask for all of it and keep it. Raises Away. */
export async function hear() {
  const who = await identity();
  if (!who || who.signed_out) throw new Away();
  const [reminders, preferences, choices, subscriptions, sent, key] = await Promise.all([
    ask("GET", "reminders"),
    ask("GET", "message-preferences"),
    ask("GET", "delivery-choices"),
    ask("GET", "push/subscriptions"),
    allSent(),
    ask("GET", "push/key"),
  ]);
  /** @type {Reminding} */
  const heard = {
    reminders: reminders.results,
    preferences,
    choices,
    subscriptions: subscriptions.results,
    sent,
    key: key.public_key,
  };
  if ((await identity())?.person === who.person) await keep(`reminding of ${who.person}`, heard);
}

/** Of the last 30 days, newest first: with movement breaks these are more than a page. @returns {Promise<Sent[]>} */
async function allSent() {
  const sent = [];
  let cursor = "";
  do {
    const page = await ask("GET", `notifications?page_size=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    sent.push(...page.results);
    cursor = page.next ?? "";
  } while (cursor);
  return sent;
}

/**
 * One request of the person who is signed in. Raises Away or Refused.
 * @param {"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} method @param {string} path @param {unknown} [body] @returns {Promise<any>}
 */
export async function ask(method, path, body) {
  const who = await identity();
  if (!who || who.signed_out) throw new Away();
  let answer;
  try {
    answer = await fetch(`/api/v1/${path}`, {
      method,
      headers: { Authorization: `Bearer ${who.token}`, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(30_000),
    });
  } catch {
    throw new Away();
  }
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  if (answer.status === 401) await tokenRefused(who.token);
  if (answer.status === 401 || answer.status === 408 || answer.status >= 500) throw new Away();
  const problem = said.errors?.[0] ?? said;
  throw new Refused(problem.detail ?? String(answer.status), problem.code);
}
