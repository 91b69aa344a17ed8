// Who at the clinic has looked at the patient's data, day by day. Only the server knows, and it is asked each time.

import { refresh } from "../router.js";
import { html, nothing } from "../vendor/lit-html.js";
import { counted, dateInWords, dateWithin, t } from "../words.js";
import { askNow } from "./asking.js";

/** @typedef {{on: string, name: string, role: "therapist" | "clinician" | "administrator" | "", times: number}} Reading */
/** @typedef {{readings: Reading[], since: string, before: string | null}} Page */

/** What was shown so far, newest first. @type {Page | null} */
let shown = null;

/** @param {string} [before] the day on which the next page ends */
export async function askReadings(before) {
  const answer = await askNow(before ? `readings?before=${before}` : "readings");
  if (answer?.status !== 200) return;
  const page = /** @type {Page} */ (await answer.json());
  shown = before && shown ? { ...page, readings: [...shown.readings, ...page.readings] } : page;
  await refresh();
}

export function forgetReadings() {
  shown = null;
}

export const readingsView = () => html`<section class="card">
  <h2>${t("data.read_by")}</h2>
  <p>${t("data.read_by_why")}</p>
  ${shown === null ? html`<p>${t("data.no_network")}</p>` : list(shown)}
</section>`;

/** @param {Page} page */
function list({ readings, since, before }) {
  return html`
    ${readings.length
      ? html`<ul class="cards">
          ${readings.map(
            ({ on, name, role, times }) => html`<li>
              <strong>${role ? `${name}, ${t(`data.read_by_role_${role}`)}` : name}</strong>
              <p class="muted small">${dateInWords(on)} · ${counted("data.read_by_times", times)}</p>
            </li>`,
          )}
        </ul>`
      : html`<p>${t("data.read_by_nobody", { from: dateWithin(since) })}</p>`}
    ${before
      ? html`<p><button type="button" class="button quiet" @click=${() => void askReadings(before)}>${t("data.read_by_earlier")}</button></p>`
      : nothing}
  `;
}
