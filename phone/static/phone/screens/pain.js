// More about one rating: /app/pain?id=…. Everything here is optional, and becomes the next revision of the record.

import { records, revise, withdraw } from "../records.js";
import { go, isSaved, say, screen } from "../router.js";
import { html, nothing } from "../vendor/lit-html.js";
import { t, timeInWords } from "../words.js";

/** @type {Reach[]} */
const REACHES = ["none", "buttock", "thigh", "knee", "calf", "foot"];
const LONGEST_NOTE = 500;

export default screen({
  async load(params) {
    return (await records()).find(({ id, record }) => id === params.get("id") && record.kind === "pain");
  },

  title: () => t("pain.details_title"),

  render(found) {
    if (!found) {
      return html`<h1>${t("pain.details_title")}</h1>
        <p>${t("pain.gone")}</p>
        <p><a class="button" href="/app/">${t("pain.back_to_today")}</a></p>`;
    }
    const pain = /** @type {PainRecord} */ (found.record);
    const region = t(pain.region === "leg" ? "pain.leg" : "pain.back");
    return html`
      <h1>${t("pain.details_title")}</h1>
      <p class="muted">${t("pain.details_of", { region, score: pain.score, time: timeInWords(pain.at) })}</p>
      ${found.conflicted ? html`<p class="notice">${t("pain.conflict")}</p>` : nothing}
      <form id="details" @submit=${(/** @type {SubmitEvent} */ event) => save(event, pain)}>
        <p>${t("pain.all_optional")}</p>
        ${pain.region === "leg"
          ? choice("reach", t("pain.reach"), pain.reach, REACHES.map((reach) => [reach, t(`pain.reach_${reach}`)]))
          : nothing}
        ${yesNo("tingling", t("pain.tingling"), pain.tingling)} ${yesNo("woken", t("pain.woken"), pain.woken)}
        <label class="field"
          >${t("pain.note")}<textarea name="note" rows="3" maxlength="${LONGEST_NOTE}" .value=${pain.note ?? ""}></textarea>
        </label>
        <button class="button">${t("pain.save")}</button>
      </form>
      <p>${t("pain.alarm")} <a class="link" href="/app/check">${t("pain.alarm_link")}</a></p>
      <p><button type="button" class="link" @click=${() => remove(pain.id)}>${t("pain.remove")}</button></p>
    `;
  },
});

/** @param {string} name @param {string} question @param {string | undefined} chosen @param {string[][]} answers */
function choice(name, question, chosen, answers) {
  return html`<fieldset>
    <legend>${question}</legend>
    <div class="choices">
      ${answers.map(
        ([value, text]) => html`<label><input type="radio" name="${name}" value="${value}" ?checked=${value === chosen} /><span>${text}</span></label>`,
      )}
    </div>
  </fieldset>`;
}

/** @param {string} name @param {string} question @param {boolean | undefined} chosen */
function yesNo(name, question, chosen) {
  const value = chosen === undefined ? undefined : chosen ? "yes" : "no";
  return choice(name, question, value, [["yes", t("pain.yes")], ["no", t("pain.no")]]);
}

/** @param {SubmitEvent} event @param {PainRecord} pain */
async function save(event, pain) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const truth = (/** @type {string} */ name) => (form.has(name) ? form.get(name) === "yes" : undefined);
  const details = {
    reach: form.get("reach") ?? undefined,
    tingling: truth("tingling"),
    woken: truth("woken"),
    note: String(form.get("note") ?? "").trim() || undefined,
  };
  if (!(await isSaved(revise(pain.id, details)))) return;
  say(t("pain.details_saved"));
  go("/app/");
}

/** @param {string} id */
async function remove(id) {
  if (!(await isSaved(withdraw(id)))) return;
  say(t("pain.removed"));
  go("/app/");
}
