// The plan in words: everything needed to do it, without a network.

import "../figures/figure.js";
import { heard } from "../identity.js";
import { screen } from "../router.js";
import { html, nothing } from "../vendor/lit-html.js";
import { dateWithin, t } from "../words.js";

export default screen({
  async load() {
    return (await heard("plan"))?.plan;
  },

  title: () => t("program.title"),

  render: (plan) => html`
    <h1>${t("program.title")}</h1>
    ${plan
      ? html`<p class="muted">${t("program.version", { n: plan.number, date: dateWithin(plan.starts_on) })}</p>
          ${plan.note ? html`<p class="easier">${t("program.note", { note: plan.note })}</p>` : nothing}
          ${plan.lines.map(exercise)}`
      : html`<p>${t("program.none")}</p>`}
  `,
});

/** @param {Line} line */
function exercise({ position, exercise, text, in_words, note, paused, side }) {
  return html`<section class="card" lang="${text.language}">
    <h2>${text.name}</h2>
    <amble-figure stills exercise="${exercise}" ?mirrored=${side === "left"}></amble-figure>
    <p>${in_words}</p>
    ${note ? html`<p class="easier">${t("program.note", { note })}</p>` : nothing}
    ${text.purpose ? html`<p class="muted">${text.purpose}</p>` : nothing}
    <details>
      <summary>${t("program.steps")}</summary>
      ${text.position ? html`<p>${text.position}</p>` : nothing}
      <ol>
        ${(text.steps ?? []).map((step) => html`<li>${step}</li>`)}
      </ol>
      ${text.caution ? html`<p><strong>${t("program.caution")}:</strong> ${text.caution}</p>` : nothing}
      ${text.easier ? html`<p><strong>${t("program.easier")}:</strong> ${text.easier}</p>` : nothing}
    </details>
    ${paused ? html`<p class="notice">${t("session.suspended")}</p>` : html`<p><a class="link" href="/app/session?line=${position}">${t("session.start_alone")}<span class="hidden"> ${text.name}</span></a></p>`}
  </section>`;
}
