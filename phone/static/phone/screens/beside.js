// What today's screen asks beside the plan: measures that are due and the weekly symptom check; and, from the second day
// of use, whether Amble may come onto the Home Screen.

import { daysFrom } from "../moments.js";
import { isInstalled } from "../reminding/push.js";
import { keep } from "../store.js";
import { html, nothing } from "../vendor/lit-html.js";
import { t } from "../words.js";

// Of the next session, where it leaves room for what is asked below it: the same limit as in phone.css.
if (matchMedia("(min-height: 46rem)").matches) void import("../figures/figure.js").catch(console.error);

const CHECK_DAYS = 6; // a check in the last six days is this week's, for the reminders too

/** @typedef {{on: string, today: TodayAnswer | undefined, mine: Kept[], settings: Settings | undefined}} Day */

/** @param {Day} day */
export function beside(day) {
  return html`${questions(day)} ${home(day)}`;
}

/**
 * The measures that were due when the server was last heard, without those that this phone has answered since.
 * @param {TodayAnswer | undefined} today @param {Kept[]} mine
 */
export function measuresDue(today, mine) {
  const answered = (/** @type {MeasureDue} */ { instrument, since }) =>
    mine.some(
      ({ record }) => record.kind === "measure" && record.instrument === instrument && record.at.slice(0, 10) >= since,
    );
  return (today?.measures_due ?? []).filter((one) => !answered(one));
}

/** @param {Day} day */
function questions({ on, today, mine }) {
  if (!today?.day) return nothing;
  const measures = measuresDue(today, mine);
  const checked = mine.some(
    ({ record }) => record.kind === "symptom_check" && record.at.slice(0, 10) >= daysFrom(on, -CHECK_DAYS),
  );
  if (checked && !measures.length) return nothing;
  return html`<section class="card" aria-labelledby="questions">
    <h2 id="questions">${t("measures.card")}</h2>
    <ul class="lines">
      ${checked ? nothing : line(t("measures.check"), "/app/check")}
      ${measures.map(({ instrument, form }) => line(form.title, `/app/measures?instrument=${instrument}`, form.language))}
    </ul>
  </section>`;
}

/** @param {string} title @param {string} address @param {string} [language] */
function line(title, address, language) {
  return html`<li class="row">
    <div lang="${language ?? nothing}">${title}</div>
    <a class="button quiet" href="${address}">${t("measures.answer")}<span class="hidden"> ${title}</span></a>
  </li>`;
}

/** Never on first use: only when something was noted on an earlier date. @param {Day} day */
function home({ on, mine, settings }) {
  const isFirstDay = !mine.some(({ record }) => record.at.slice(0, 10) < on);
  if (isFirstDay || settings?.no_install || isInstalled()) return nothing;
  return html`<section class="card">
    <p>${t("install.card")}</p>
    <p class="row">
      <a class="button quiet" href="/app/install">${t("install.show")}</a>
      <button type="button" class="link" @click=${() => keep("settings", { ...settings, no_install: true })}>
        ${t("install.not_now")}
      </button>
    </p>
  </section>`;
}
