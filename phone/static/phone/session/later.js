// What is asked on today's screen about a session that is over: half an hour later, and the next morning. Each answer is
// the next revision of the session's record.

import { day, daysFrom } from "../moments.js";
import { revise } from "../records.js";
import { go, isSaved, say } from "../router.js";
import { strip } from "../strip.js";
import { html, nothing } from "../vendor/lit-html.js";
import { t, timeInWords } from "../words.js";
import { choice } from "./choice.js";
import { isRed, wentFurther } from "./steps.js";

const LATER_MS = 30 * 60_000; // the question is about 30 to 60 minutes after
const AN_HOUR_MS = 60 * 60_000;
const DAY_TURNS_MS = 4 * 3_600_000; // until 4 in the morning it is still the day of the session; P
const CORRECTION_MS = 120_000; // another key within two minutes corrects the one before

/** @typedef {"leg_later" | "leg_next_morning" | "lower_reach_lasted"} Field */
/** @typedef {{field: Field, about: SessionRecord[]}} Question */

/** When each answer was given. @type {Map<string, number>} */
const given = new Map();

/**
 * The questions that are due now, one of each kind at most; one of them asks for all sessions of yesterday together.
 * @param {Kept[]} records @param {Date} now @returns {Question[]}
 */
export function due(records, now) {
  const on = day(new Date(now.getTime() - DAY_TURNS_MS));
  const sessions = records.map(({ record }) => record).filter(isDone);
  const since = (/** @type {SessionRecord} */ one) => now.getTime() - Date.parse(one.ended_at);
  const of = (/** @type {string} */ date) => sessions.filter((one) => day(new Date(Date.parse(one.at) - DAY_TURNS_MS)) === date);
  /** @param {Field} field @param {SessionRecord} one */
  const open = (field, one) => one[field] === undefined || now.getTime() - (given.get(field + one.id) ?? 0) < CORRECTION_MS;
  const later = of(on).filter((one) => since(one) >= LATER_MS && open("leg_later", one));
  const lasted = of(on).filter((one) => since(one) >= AN_HOUR_MS && wentFurther(one) && open("lower_reach_lasted", one));
  const morning = of(daysFrom(on, -1)).filter((one) => open("leg_next_morning", one));
  return [
    { field: /** @type {Field} */ ("leg_next_morning"), about: morning },
    { field: /** @type {Field} */ ("leg_later"), about: later.slice(0, 1) },
    { field: /** @type {Field} */ ("lower_reach_lasted"), about: lasted.slice(0, 1) },
  ].filter(({ about }) => about.length);
}

/** A session of which something was done. @param {WireRecord} record @returns {record is SessionRecord} */
function isDone(record) {
  const { ended_at, results } = /** @type {SessionRecord} */ (record);
  return record.kind === "session" && Boolean(ended_at) && results.some((one) => one.outcome !== "skipped");
}

/** @param {Question[]} questions */
export const laterView = (questions) => questions.map(question);

/** @param {Question} asked */
function question({ field, about }) {
  const first = /** @type {SessionRecord} */ (about[0]);
  const chosen = first[field];
  const pick = (/** @type {number | string} */ value) => void answer({ field, about }, value);
  return html`<section class="card later">
    <p class="muted">${field === "leg_next_morning" ? t("session.after_yesterday") : t("session.after", { time: timeInWords(first.at) })}</p>
    ${field === "lower_reach_lasted"
      ? choice({
          name: "lasted",
          question: t("session.lasted"),
          chosen: /** @type {SessionRecord["lower_reach_lasted"]} */ (chosen),
          answers: [["up_to_an_hour", t("session.lasted_hour")], ["longer", t("session.lasted_longer")]],
          pick,
        })
      : strip({
          label: t(field === "leg_later" ? "session.leg_later" : "session.leg_morning"),
          chosen: /** @type {number | undefined} */ (chosen) ?? null,
          pick,
        })}
    ${chosen === undefined ? nothing : html`<p class="ok">${t("session.later_saved")}</p>`}
  </section>`;
}

/** @param {Question} asked @param {number | string} value */
async function answer({ field, about }, value) {
  about.forEach(({ id }) => given.set(field + id, Date.now()));
  const writing = Promise.all(about.map(({ id }) => revise(id, { [field]: value })));
  if (await isSaved(writing)) say(t("session.later_saved"));
  const red = (/** @type {SessionRecord} */ one) => isRed({ [field]: value, leg_before: one.leg_before });
  if (about.some(red)) go("/app/check");
}
