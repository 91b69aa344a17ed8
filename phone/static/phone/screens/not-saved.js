// What the server cannot take, ever. It stays here with its reason until the patient lets it go.

import { letGo, tryAgain } from "../care/refused.js";
import { unsent } from "../records.js";
import { isSaved, screen } from "../router.js";
import { html } from "../vendor/lit-html.js";
import { dateInWords, t, timeInWords } from "../words.js";

const KNOWN = ["invalid", "required", "too_long", "wrong_day", "repeated", "unknown_plan", "unknown_exercise"];

export default screen({
  async load() {
    return (await unsent()).refused;
  },

  title: () => t("not_saved.title"),

  render: (refused) => html`
    <h1>${t("not_saved.title")}</h1>
    ${refused.length === 0
      ? html`<p>${t("not_saved.none")}</p>`
      : html`<p>${t("not_saved.intro")}</p>
          ${refused.map(
            (one) => html`<section class="card">
              <h2>${what(one.record)}</h2>
              <p class="muted small">${dateInWords(one.record.at.slice(0, 10))}, ${timeInWords(one.record.at)}</p>
              <p>${t("not_saved.reason", { reason: why(one) })}</p>
              ${one.pointer ? html`<p class="muted small">${t("not_saved.where", { pointer: one.pointer })}</p>` : ""}
              ${typed(one.record) ? html`<blockquote>${typed(one.record)}</blockquote>` : ""}
              <p class="row">
                <button type="button" class="button quiet" @click=${() => isSaved(tryAgain(one))}>${t("not_saved.again")}</button>
                <button type="button" class="link" @click=${() => isSaved(letGo(one))}>${t("not_saved.let_go")}</button>
              </p>
            </section>`,
          )}`}
    <p><a class="button" href="/app/">${t("pain.back_to_today")}</a></p>
  `,
});

/** @param {WireRecord} record */
function what(record) {
  const { kind, region, score, minutes } = record;
  const where = t(region === "back" ? "pain.back" : "pain.leg");
  return t(`not_saved.${kind}`, { region: where, score: Number(score), minutes: Number(minutes) });
}

/** @param {Refused} one */
function why({ code, reason }) {
  return code && KNOWN.includes(code) ? t(/** @type {Word} */ (`not_saved.why_${code}`)) : reason;
}

/** What the patient wrote, which nobody else has. @param {WireRecord} record */
const typed = (record) => String(record.note ?? record.text ?? "");
