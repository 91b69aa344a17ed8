// A walk: timed by its start and its end, or noted afterwards; and the goal of the week, where the plan has one.

import { walked } from "../day.js";
import { heard, keepOwn, own } from "../identity.js";
import { day, daysFrom, local } from "../moments.js";
import { records, save, unsent } from "../records.js";
import { isSaved, refresh, say, screen } from "../router.js";
import { html, nothing } from "../vendor/lit-html.js";
import { counted, t, timeInWords } from "../words.js";

const NAME = "walk"; // what is kept of one under way: {id, started, stopped}
const MOST_MINUTES = 1440;
const LONG_MINUTES = 180; // from which the patient may have forgotten to stop; P

/** @typedef {{id: string, started: number, stopped?: number}} Under */

/** @type {ReturnType<typeof setInterval> | undefined} */
let clock;
let saved = 0;

export default screen({
  async load() {
    const now = new Date();
    const on = day(now);
    const [today, mine, waiting] = [await heard("today"), await records(), (await unsent()).ids];
    const under = /** @type {Under | undefined} */ (await own(NAME));
    return { on, under, minutes: walked(on, mine, today, waiting), asked: week(on, mine, today, waiting) };
  },

  title: () => t("today.walking"),

  render({ on, under, minutes, asked }) {
    clearInterval(clock);
    if (under && !under.stopped) clock = setInterval(() => show(under.started), 1000);
    return html`
      <h1>${t("today.walking")}</h1>
      ${asked ? goal(asked) : html`<p class="sentence">${counted("today.walked", minutes)}</p>`}
      ${under?.stopped ? correcting(under) : under ? walking(under) : resting(on)}
      <p><a class="link" href="/app/">${t("pain.back_to_today")}</a></p>
    `;
  },

  leave() {
    clearInterval(clock);
    saved = 0;
  },
});

/**
 * The goal of this week, and the minutes of it: what the server has, and what it has not heard of yet.
 * @param {string} on @param {Kept[]} records @param {TodayAnswer | undefined} today @param {Set<string>} waiting
 */
function week(on, records, today, waiting) {
  const asked = today?.walking;
  if (!asked || on < asked.first || asked.last < on) return null;
  const own = records.filter(({ id, record }) => record.kind === "walk" && waiting.has(id) && record.at.slice(0, 10) >= asked.first);
  return { ...asked, done: asked.walked_minutes + own.reduce((sum, { record }) => sum + Number(record.minutes), 0) };
}

/** @param {NonNullable<ReturnType<typeof week>>} asked */
function goal({ done, goal_minutes, walks, minutes_each }) {
  return html`<section class="card">
    <h2>${t("walk.week")}</h2>
    <p class="sentence">${t("walk.of_goal", { done, goal: goal_minutes })}</p>
    <progress max="${goal_minutes}" .value=${Math.min(done, goal_minutes)} aria-label="${t("walk.week")}"></progress>
    <p class="muted">${done >= goal_minutes ? t("walk.reached") : t("walk.for_example", { walks, minutes: minutes_each })}</p>
  </section>`;
}

/** @param {string} on */
function resting(on) {
  return html`
    ${saved ? html`<p class="ok">${counted("walk.saved", saved)}</p>` : nothing}
    <p><button type="button" class="button wide" @click=${start}>${t("walk.start")}</button></p>
    <details>
      <summary>${t("walk.past")}</summary>
      <form @submit=${(/** @type {SubmitEvent} */ event) => past(event, on)}>
        ${minutesField("")}
        <fieldset>
          <legend>${t("walk.when")}</legend>
          <div class="choices">
            <label><input type="radio" name="when" value="today" checked /><span>${t("today.title")}</span></label>
            <label><input type="radio" name="when" value="yesterday" /><span>${t("walk.yesterday")}</span></label>
          </div>
        </fieldset>
        <button class="button">${t("pain.save")}</button>
      </form>
    </details>
  `;
}

/** @param {Under} under */
function walking(under) {
  return html`
    <div class="ring" role="timer">
      <svg viewBox="0 0 184 184" aria-hidden="true"><circle cx="92" cy="92" r="86" /></svg>
      <span class="count long" id="walked" .textContent=${since(under.started)}></span><span class="muted">${t("walk.going")}</span>
    </div>
    <p class="muted">${t("walk.since", { time: timeInWords(new Date(under.started).toISOString()) })}</p>
    <p><button type="button" class="button wide" @click=${() => stop(under)}>${t("walk.stop")}</button></p>
  `;
}

/** @param {Under} under */
function correcting(under) {
  const minutes = Math.min(MOST_MINUTES, Math.max(1, Math.round((/** @type {number} */ (under.stopped) - under.started) / 60_000)));
  return html`<form class="card" @submit=${(/** @type {SubmitEvent} */ event) => keepWalk(event, under)}>
    ${minutes >= LONG_MINUTES ? html`<p class="notice">${t("walk.long")}</p>` : nothing}
    ${minutesField(String(minutes))}
    <p class="row">
      <button class="button">${t("pain.save")}</button>
      <button type="button" class="link" @click=${() => forget()}>${t("walk.remove")}</button>
    </p>
  </form>`;
}

/** @param {string} value */
function minutesField(value) {
  return html`<label class="field"
    >${t("walk.minutes")}<input name="minutes" type="number" inputmode="numeric" min="1" max="${MOST_MINUTES}" step="1" required value="${value}"
  /></label>`;
}

// --- what the buttons do ---------------------------------------------------------------------------------

async function start() {
  saved = 0;
  if (!(await isSaved(keepOwn(NAME, { id: crypto.randomUUID(), started: Date.now() })))) return;
  await refresh();
  focus(".button");
  say(t("walk.going"));
}

/** @param {Under} under */
async function stop(under) {
  if (!(await isSaved(keepOwn(NAME, { ...under, stopped: Date.now() })))) return;
  await refresh();
  focus("input");
}

async function forget() {
  if (!(await isSaved(keepOwn(NAME, undefined)))) return;
  await refresh();
  focus(".button");
}

/** @param {SubmitEvent} event @param {Under} under */
async function keepWalk(event, under) {
  const minutes = minutesOf(event);
  if (await stored(minutes, local(new Date(under.started)), under.id)) await forget();
}

/** @param {SubmitEvent} event @param {string} on */
async function past(event, on) {
  const minutes = minutesOf(event);
  const form = /** @type {HTMLFormElement} */ (event.target);
  const date = new FormData(form).get("when") === "yesterday" ? daysFrom(on, -1) : on;
  const now = new Date();
  const [year, month, dayOfMonth] = date.split("-").map(Number);
  now.setFullYear(/** @type {number} */ (year), /** @type {number} */ (month) - 1, dayOfMonth);
  if (!(await stored(minutes, local(now)))) return;
  form.reset();
  await refresh();
}

/** @param {SubmitEvent} event */
function minutesOf(event) {
  event.preventDefault();
  return Number(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("minutes"));
}

/** @param {number} minutes @param {string} at @param {string} [id] */
async function stored(minutes, at, id) {
  if (!(await isSaved(save("walk", { minutes }, { at, id })))) return false;
  saved = minutes;
  say(counted("walk.saved", minutes));
  return true;
}

/** @param {number} started */
function show(started) {
  const place = document.getElementById("walked");
  if (place) place.textContent = since(started);
}

/** @param {number} started */
function since(started) {
  const seconds = Math.max(0, Math.floor((Date.now() - started) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {string} what */
function focus(what) {
  /** @type {HTMLElement | null} */ (document.querySelector(`#screen ${what}`))?.focus();
}
