// What came today and has no answer yet can be put off here. A notification itself has room for half an hour only.

import { day } from "../moments.js";
import { html, nothing } from "../vendor/lit-html.js";
import { t, timeInWords } from "../words.js";
import { kindInWords } from "./words.js";

/** @typedef {import("./server.js").Sent} Sent */

const HOW_LONG = /** @type {const} */ (["30_minutes", "2_hours", "today"]);
const CAME = ["sent", "shown", "waiting"];

/**
 * The last of each kind that came today; what a person of the clinic wrote is no reminder.
 * @param {Sent[]} sent newest first @param {string} today
 */
function unanswered(sent, today) {
  const open = sent.filter(({ kind, outcome, due_at }) => kind !== "message" && CAME.includes(outcome) && day(new Date(due_at)) === today);
  return open.filter(({ kind }, n) => open.findIndex((one) => one.kind === kind) === n);
}

/**
 * @param {Sent[]} sent @param {string} answered what became of the one that was put off last
 * @param {(id: number, howLong: typeof HOW_LONG[number]) => void} putOff
 */
export function notNow(sent, answered, putOff) {
  const rows = unanswered(sent, day(new Date()));
  if (!rows.length && !answered) return nothing;
  return html`<section class="card">
    <h2>${t("reminders.not_now")}</h2>
    ${answered ? html`<p class="ok">${answered}</p>` : nothing}
    <ul class="lines">
      ${rows.map(
        ({ id, kind, due_at }) =>
          html`<li>
            <strong>${kindInWords(kind)}</strong> <span class="small muted number">${timeInWords(due_at)}</span>
            <p class="row">
              ${HOW_LONG.map(
                (howLong) =>
                  html`<button type="button" class="button quiet" @click=${() => putOff(id, howLong)}>
                    ${t(`reminders.put_off_${howLong}`)}<span class="hidden"> ${kindInWords(kind)}</span>
                  </button>`,
              )}
            </p>
          </li>`,
      )}
    </ul>
  </section>`;
}
