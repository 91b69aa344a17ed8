// How it goes: the server's sentence, the chart with its numbers, and what was done of what was asked. A day without a
// number is not zero, it is not there.

import { heard } from "../identity.js";
import { daysFrom } from "../moments.js";
import { screen } from "../router.js";
import { html, nothing, svg } from "../vendor/lit-html.js";
import { counted, dateInWords, dateWithin, decimal, t } from "../words.js";

/** The chart's place, which lit-html puts in and the chart draws in. */
const plot = document.createElement("div");
plot.className = "plot";
plot.setAttribute("role", "img");
/** What is drawn in it, and how to end that. */
let drawn = "";
let end = () => {};

export default screen({
  async load() {
    const progress = await heard("progress");
    const trend = progress?.trend ?? null;
    // The first version changed nothing; what is planned for later is no change yet.
    const changes = (progress?.plans ?? []).filter(
      (one) => trend && one.starts_on > trend.start && one.starts_on <= daysFrom(trend.through, 1),
    );
    if (trend && logged(trend)) void show(trend, changes);
    return { progress, trend, changes };
  },

  title: () => t("progress.title"),

  render: ({ progress, trend, changes }) => html`
    ${trend && days(trend) ? html`<p class="muted">${t("progress.day", { n: days(trend) + 1 })}</p>` : nothing}
    <h1>${t("progress.title")}</h1>
    <p class="sentence">${progress?.sentence || t("progress.none")}</p>
    ${trend && logged(trend) ? chart(trend, changes) : html`<p class="muted">${t(progress ? "progress.empty" : "progress.no_network")}</p>`}
    ${progress && trend ? tiles(progress, trend) : nothing} ${trend && logged(trend) ? table(trend) : nothing}
  `,

  leave() {
    end();
    drawn = "";
    end = () => {};
  },
});

/** @param {Trend} trend @param {{letter: string, starts_on: string}[]} changes */
async function show(trend, changes) {
  const words = { start: t("progress.start"), week: (/** @type {number} */ n) => t("progress.week", { n }) };
  const now = JSON.stringify([trend, changes, words.start]);
  plot.setAttribute("aria-label", t("progress.chart"));
  if (now === drawn) return;
  drawn = now;
  const { draw, picture } = await import("../charts/pain.js");
  if (now !== drawn) return; // meanwhile another was asked for, or the screen was left
  end();
  end = draw(plot, picture(trend, changes), words);
}

/** Ended days since the start. @param {Trend} trend */
const days = ({ start, through }) =>
  Math.max(0, Math.round((Date.parse(through) - Date.parse(start)) / 86_400_000) + 1);

/** Days with any number. @param {Trend} trend */
const logged = (trend) => new Set([...trend.days.leg, ...trend.days.back].map(({ on }) => on)).size;

/** @param {Trend} trend @param {{letter: string, starts_on: string}[]} changes */
function chart(trend, changes) {
  const { expected } = trend;
  const version = expected.version;
  return html`<figure class="chart">
    <p class="better muted small">${t("progress.better")}</p>
    ${plot}
    <figcaption>
      <p class="keys-of-lines small">
        <span>${swatch("leg")}${t("progress.leg")}</span>
        <span>${swatch("back")}${t("progress.back")}</span>
        ${expected.weeks.length ? html`<span>${swatch("band")}${t("progress.band")}</span>` : nothing}
      </p>
      <p>${summary(trend)}</p>
      ${
        changes.length
          ? html`<ul class="changes">
              ${changes.map(({ letter, starts_on }) => html`<li><strong>${letter}</strong> ${t("progress.change", { date: dateWithin(starts_on) })}</li>`)}
            </ul>`
          : nothing
      }
      ${
        expected.weeks.length
          ? html`<p class="muted small">
              ${t(`progress.half_${expected.stratum}`)} ${t("progress.no_forecast", { version })}
            </p>`
          : nothing
      }
    </figcaption>
  </figure>`;
}

/** As it is drawn: shape and dash say it without colour. @param {"leg" | "back" | "band"} what */
function swatch(what) {
  return html`<svg class="swatch ${what}" viewBox="0 0 28 12" aria-hidden="true">
    ${what === "band" ? svg`<rect x="1" y="1" width="26" height="10" />` : svg`<path d="M1 6h26" />`}
  </svg>`;
}

/** What the chart shows, in words. @param {Trend} trend */
function summary(trend) {
  const weeks = trend.weeks.filter(({ value }) => value !== null);
  const [first, last] = [weeks[0], weeks.at(-1)];
  const region = t(trend.region === "back" ? "progress.back_pain" : "progress.leg_pain");
  const count = t("progress.counted", { n: logged(trend), days: days(trend) });
  if (!first || !last) return count;
  const there = t("progress.average", { region, value: decimal(Number(first.value)), week: first.week });
  if (first === last) return `${there} ${count}`;
  const here = t("progress.then", { value: decimal(Number(last.value)), week: last.week });
  const edges = trend.expected.weeks.find(({ week }) => week === last.week);
  const others = edges ? t("progress.others", { low: decimal(edges.low), high: decimal(edges.high) }) : "";
  return `${there} ${here} ${others} ${count}`;
}

/** @param {ProgressAnswer} progress @param {Trend} trend */
function tiles({ adherence, walking }, trend) {
  return html`<dl class="pair facts">
    ${fact(t("progress.days_logged"), `${logged(trend)} / ${days(trend)}`)}
    ${adherence ? html`${sessions(t("progress.sessions_week"), adherence.week.sessions)} ${sessions(t("progress.sessions_month"), adherence.month.sessions)}` : nothing}
    ${
      walking
        ? fact(
            t("progress.walking"),
            counted("progress.minutes", walking.minutes),
            counted("progress.on_days", walking.walked_days),
          )
        : nothing
    }
  </dl>`;
}

/** @param {string} label @param {{asked: number, done: number}} sessions */
function sessions(label, { asked, done }) {
  return asked ? fact(label, `${done} / ${asked}`) : fact(label, "", t("progress.nothing_asked"));
}

/** @param {string} label @param {string} value @param {string} [more] */
function fact(label, value, more = "") {
  return html`<div class="card fact">
    <dt>${label}</dt>
    <dd>
      ${value ? html`<strong class="number">${value}</strong>` : nothing} ${more ? html`<span>${more}</span>` : nothing}
    </dd>
  </div>`;
}

/** The same numbers, newest first. @param {Trend} trend */
function table(trend) {
  const of = (/** @type {{on: string, value: number}[]} */ values) =>
    new Map(values.map(({ on, value }) => [on, value]));
  const [leg, back] = [of(trend.days.leg), of(trend.days.back)];
  const [legLine, backLine] = [of(trend.lines.leg.flat()), of(trend.lines.back.flat())];
  const all = Array.from({ length: days(trend) }, (_, n) => daysFrom(trend.through, -n));
  const cell = (/** @type {number | undefined} */ value) =>
    html`<td>${value === undefined ? html`<span class="muted">${t("progress.missing")}</span>` : decimal(value)}</td>`;
  return html`<details class="card">
    <summary>${t("progress.table")}</summary>
    <div class="wide" role="region" tabindex="0" aria-label="${t("progress.table")}">
      <table class="number">
        <caption class="hidden">
          ${t("progress.table_days")}
        </caption>
        <thead>
          <tr>
            <th scope="col">${t("progress.date")}</th>
            <th scope="col">${t("progress.leg")}</th>
            <th scope="col">${t("progress.leg_line")}</th>
            <th scope="col">${t("progress.back")}</th>
            <th scope="col">${t("progress.back_line")}</th>
          </tr>
        </thead>
        <tbody>
          ${all.map(
            (on) =>
              html`<tr>
                <th scope="row">${dateInWords(on)}</th>
                ${cell(leg.get(on))}${cell(legLine.get(on))}${cell(back.get(on))}${cell(backLine.get(on))}
              </tr>`,
          )}
        </tbody>
      </table>
      ${
        trend.expected.weeks.length
          ? html`<table class="number">
              <caption>
                ${t("progress.band")}
              </caption>
              <thead>
                <tr>
                  <th scope="col">${t("progress.after_week")}</th>
                  <th scope="col">${t("progress.from")}</th>
                  <th scope="col">${t("progress.to")}</th>
                </tr>
              </thead>
              <tbody>
                ${trend.expected.weeks.map(
                  ({ week, low, high }) =>
                    html`<tr>
                      <th scope="row">${week}</th>
                      <td>${decimal(low)}</td>
                      <td>${decimal(high)}</td>
                    </tr>`,
                )}
              </tbody>
            </table>`
          : nothing
      }
    </div>
  </details>`;
}
