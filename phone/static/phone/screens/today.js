// What to do today. The pain pad stands below it, in the page itself.

import { ratings, sessions, stopped, walked } from "../day.js";
import { heard, own } from "../identity.js";
import { day } from "../moments.js";
import { records, unsent } from "../records.js";
import { refresh, screen } from "../router.js";
import { kept } from "../store.js";
import { html, nothing } from "../vendor/lit-html.js";
import { counted, dateInWords, dateWithin, t } from "../words.js";

const EVENING = 17; // the hour from which the diary of the day is asked for

/** What is asked beside the plan comes after the first picture, which does not wait for it. */
let beside = /** @type {typeof import("./beside.js").beside | null} */ (null);
void import("./beside.js").then((module) => {
  beside = module.beside;
  return refresh();
}, console.error);

export default screen({
  async load() {
    const now = new Date();
    const on = day(now);
    const [today, answer, told, settings, mine, { ids }, waiting, walking] = await Promise.all([
      heard("today"),
      heard("plan"),
      heard("messages"),
      kept("settings"),
      records(),
      unsent(),
      own("session"),
      own("walk"),
    ]);
    const asked = ratings(on, mine, today).filter((one) => one.asked === "last_24_hours");
    return {
      mine,
      settings: /** @type {Settings | undefined} */ (settings),
      on,
      hour: now.getHours(),
      today,
      plan: answer?.plan,
      heard: answer !== undefined,
      stopped: stopped(mine, today),
      sessions: sessions(on, answer?.plan, mine, today),
      walked: walked(on, mine, today, ids),
      news: told?.messages.filter((one) => !one.from_patient && !one.read_at).length,
      diary: new Set(asked.map((one) => one.region)).size === 2,
      waiting,
      isWalking: Boolean(walking),
      later: mine.some(({ record }) => record.kind === "session") ? await later(mine, now) : nothing,
    };
  },

  title: () => t("today.title"),

  render: ({ mine, settings, on, hour, today, plan, heard, stopped, sessions, walked, diary, news, waiting, isWalking, later }) => html`
    <p class="muted">${dayLine(on, today)}</p>
    <h1>${today ? t(greeting(hour), { name: today.name }) : t("today.hello")}</h1>
    ${waiting
      ? html`<p class="card row"><span>${t("session.waiting_title")}</span><a class="button" href="/app/session">${t("session.look")}</a></p>`
      : nothing}
    ${later} ${stopped ? stop() : heard ? asked(sessions, plan) : html`<p class="card">${t("today.no_data")}</p>`}
    ${today?.sentence && plan && !stopped ? html`<p class="sentence">${today.sentence}</p>` : nothing}
    ${today && today.on !== on ? html`<p class="muted small">${t("today.as_of", { date: dateWithin(today.on) })}</p>` : nothing}
    ${hour >= EVENING || diary
      ? html`<p class="card row">
          ${diary
            ? html`<span class="ok">${t("evening.done")}</span>`
            : html`<a class="button" href="/app/evening">${t("evening.open")}</a>`}
        </p>`
      : nothing}
    ${stopped ? nothing : beside?.({ on, today, mine, settings })}
    <div class="pair">
      <a class="card tile" href="/app/walk"><strong>${t("today.walking")}</strong><span>${isWalking ? t("walk.going") : counted("today.walked", walked)}</span></a>
      <a class="card tile" href="/app/check"><strong>${t("today.check")}</strong><span>${t("today.check_why")}</span></a>
      <a class="card tile" href="/app/messages"><strong>${t("messages.title")}</strong><span>${news ? counted("messages.new", news) : t("messages.tile")}</span></a>
      <a class="card tile" href="/app/events"><strong>${t("events.title")}</strong><span>${t("events.tile")}</span></a>
    </div>
  `,
});

/** @param {Kept[]} mine @param {Date} now */
async function later(mine, now) {
  const found = await import("../session/later.js").catch(console.error); // not here yet: the day stands without it
  return found ? found.laterView(found.due(mine, now)) : nothing;
}

/** @param {number} hour @returns {Word} */
function greeting(hour) {
  if (hour >= 4 && hour < 12) return "today.morning";
  return hour >= 12 && hour < EVENING + 1 ? "today.afternoon" : "today.evening";
}

/** @param {string} on @param {TodayAnswer | undefined} today */
function dayLine(on, today) {
  const date = dateInWords(on);
  if (!today?.day) return date;
  const since = Math.round((Date.parse(on) - Date.parse(today.on)) / 86_400_000);
  return t("today.day", { date, n: today.day + since });
}

function stop() {
  return html`<section class="card danger" role="alert">
    <h2>${t("today.stopped_title")}</h2>
    <p>${t("today.stopped")}</p>
    <p><a class="link" href="/app/check?advice">${t("today.stopped_link")}</a></p>
  </section>`;
}

/** @param {ReturnType<typeof sessions>} slots @param {PlanAnswer["plan"] | undefined} plan */
function asked(slots, plan) {
  if (!plan) return html`<p class="card">${t("today.no_plan")}</p>`;
  if (!slots.length) return html`<p class="card">${t("today.no_session")}</p>`;
  const next = slots.find((one) => !one.done);
  return html`
    ${slots.map((one) => session(one, one === next, slots.length))}
    ${next ? nothing : html`<p class="ok">${t("today.all_done")}</p>`}
  `;
}

/** @param {ReturnType<typeof sessions>[number]} one @param {boolean} isNext @param {number} all */
function session({ slot, done, lines, minutes }, isNext, all) {
  const title = all === 1 ? t("today.only_session") : t("today.session", { n: slot });
  const [first] = lines;
  return html`<section class="card row ${isNext ? "next" : ""}">
    ${isNext && first ? html`<amble-figure stills exercise="${first.exercise}" ?mirrored=${first.side === "left"}></amble-figure>` : nothing}
    <div>
      <h2>${title}</h2>
      <p class="muted small">${counted("today.exercises", lines.length, { minutes })}</p>
      ${isNext ? html`<p class="small">${lines.map((line) => line.text.name).join(" · ")}</p>` : nothing}
    </div>
    ${done
      ? html`<span class="ok">${t("today.done")}</span>`
      : html`<a class="button ${isNext ? "" : "quiet"}" href="/app/session?slot=${slot}">${t("today.start")}<span class="hidden"> ${title}</span></a>`}
  </section>`;
}
