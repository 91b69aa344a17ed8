// The evening diary: one number a region for the last 24 hours. This is the value of the day that counts.

import { ratings } from "../day.js";
import { heard } from "../identity.js";
import { day, daysFrom } from "../moments.js";
import { records, revise, save } from "../records.js";
import { isSaved, say, screen } from "../router.js";
import { strip } from "../strip.js";
import { html } from "../vendor/lit-html.js";
import { dateInWords, dateWithin, t } from "../words.js";

const MORNING_ENDS = 12; // until then yesterday's diary is offered first

export default screen({
  async load(params) {
    const now = new Date();
    const today = day(now);
    const yesterday = daysFrom(today, -1);
    const about = params.get("about") ?? (now.getHours() < MORNING_ENDS ? "yesterday" : "today");
    const on = about === "yesterday" ? yesterday : today;
    const mine = await records();
    const asked = ratings(on, mine, await heard("today")).filter((one) => one.asked === "last_24_hours");
    /** @param {Region} region */
    const last = (region) => asked.filter((one) => one.region === region).at(-1);
    return { on, about, last: { leg: last("leg"), back: last("back") }, mine: new Set(mine.map((one) => one.id)) };
  },

  title: () => t("evening.title"),

  render: (data) => html`
    <h1>${t("evening.title")}</h1>
    <p>${t("evening.intro")}</p>
    <p class="switch">
      ${["today", "yesterday"].map(
        (about) => html`<a
          class="button quiet"
          aria-current="${about === data.about ? "true" : "false"}"
          href="/app/evening?about=${about}"
          >${t(about === "today" ? "evening.about_today" : "evening.about_yesterday")}</a
        >`,
      )}
    </p>
    <p class="muted">${dateInWords(data.on)}</p>
    ${/** @type {Region[]} */ (["leg", "back"]).map((region) =>
      strip({
        label: t(region === "leg" ? "pain.leg_day" : "pain.back_day"),
        chosen: data.last[region]?.score ?? null,
        pick: (score) => void pick(region, score, data),
      }),
    )}
    <p><a class="button" href="/app/">${t("pain.back_to_today")}</a></p>
  `,
});

/** @param {Region} region @param {number} score @param {any} data */
async function pick(region, score, { on, last, mine }) {
  const before = last[region];
  // What this phone wrote it corrects; the number of another phone it answers with one of its own.
  const isMine = before && mine.has(before.id);
  if (!isMine || before.score !== score) {
    const body = { region, score, asked: "last_24_hours", about_on: on };
    if (!(await isSaved(isMine ? revise(before.id, { score }) : save("pain", body)))) return;
  }
  say(t("evening.saved", { region: t(region === "leg" ? "pain.leg" : "pain.back"), score, date: dateWithin(on) }));
}
