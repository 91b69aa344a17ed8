// One reminder: what about, when, on which days.

import { refresh } from "../router.js";
import { html, nothing } from "../vendor/lit-html.js";
import { t } from "../words.js";
import { EVERY_DAY, kindInWords, KINDS, weekdayInWords } from "./words.js";

const MOST_TIMES = 4;
const MINUTES = [30, 40, 60, 90, 120];
/** @type {import("./server.js").Chosen} */
const NEW = {
  kind: "exercise",
  times: ["08:00"],
  window_start: null,
  window_end: null,
  every_minutes: null,
  weekdays: EVERY_DAY,
  enabled: true,
};
const USUAL_WINDOW = { window_start: "09:00", window_end: "13:00", every_minutes: 40 };

/** What is being chosen, and of which reminder. */
let draft = { ...NEW };
let of = "";

/** What was chosen and not saved is forgotten. */
export function closeEditor() {
  of = "";
}

/**
 * @typedef {object} Asked
 * @property {string} change the id of a reminder, or "new"
 * @property {import("./server.js").Reminder[]} reminders
 * @property {string} problem
 * @property {(change: string, fields: import("./server.js").Chosen) => unknown} save
 * @property {(id: number) => unknown} remove
 */

/** @param {Asked} asked */
export function editor({ change, reminders, problem, save, remove }) {
  const known = reminders.find((one) => String(one.id) === change);
  if (of !== change) {
    of = change;
    const { kind, times, window_start, window_end, every_minutes, weekdays, enabled } = known ?? NEW;
    draft = { kind, times, window_start, window_end, every_minutes, weekdays, enabled };
  }
  const title = t(known ? "reminders.change_title" : "reminders.add_title");
  return html`
    <h1>${title}</h1>
    ${problem ? html`<p class="card danger" role="alert" tabindex="-1">${problem}</p>` : nothing}
    <form
      @submit=${(/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        void save(known ? change : "new", draft);
      }}
    >
      <fieldset>
        <legend>${t("reminders.about")}</legend>
        <div class="choices">
          ${KINDS.map((kind) => html`<label><input type="radio" name="kind" .checked=${draft.kind === kind} @change=${() => about(kind)} /><span>${kindInWords(kind)}</span></label>`)}
        </div>
      </fieldset>
      ${draft.kind === "movement_break" ? spell() : times()}
      <fieldset>
        <legend>${t("reminders.weekdays")}</legend>
        <div class="choices weekdays">
          ${EVERY_DAY.map(
            (one) =>
              html`<label
                ><input type="checkbox" .checked=${draft.weekdays.includes(one)} @change=${() => weekday(one)} /><span
                  aria-hidden="true"
                  >${weekdayInWords(one)}</span
                ><span class="hidden">${weekdayInWords(one, "long")}</span></label
              >`,
          )}
        </div>
      </fieldset>
      <p class="row">
        <button class="button" ?disabled=${!draft.weekdays.length}>${t("reminders.save")}</button>
        <a class="link" href="/app/reminders">${t("reminders.back")}</a>
      </p>
      ${known ? html`<p><button type="button" class="link" @click=${() => remove(known.id)}>${t("reminders.remove")}</button></p>` : nothing}
    </form>
  `;
}

function times() {
  return html`<fieldset>
    <legend>${t("reminders.times")}</legend>
    ${draft.times.map(
      (time, n) =>
        html`<p class="row">
          <label class="field"
            ><span class="hidden">${t("reminders.time", { n: n + 1 })}</span
            ><input
              type="time"
              .value=${time}
              required
              @change=${(/** @type {Event} */ event) => set({ times: draft.times.map((other, m) => (m === n ? entered(event) : other)) })}
          /></label>
          ${
            draft.times.length > 1
              ? html`<button
                  type="button"
                  class="link"
                  @click=${() => set({ times: draft.times.filter((_, other) => other !== n) })}
                >
                  ${t("reminders.remove_time")}<span class="hidden"> ${n + 1}</span>
                </button>`
              : nothing
          }
        </p>`,
    )}
    ${draft.times.length < MOST_TIMES ? html`<p><button type="button" class="link" @click=${() => set({ times: [...draft.times, "12:00"] })}>${t("reminders.add_time")}</button></p>` : nothing}
  </fieldset>`;
}

/** A movement break comes again and again within a spell of the day. */
function spell() {
  return html`<p class="muted small">${t("reminders.break_why")}</p>
    <div class="pair">
      <label class="field"
        >${t("reminders.from")}<input
          type="time"
          .value=${draft.window_start}
          required
          @change=${(/** @type {Event} */ event) => set({ window_start: entered(event) })}
      /></label>
      <label class="field"
        >${t("reminders.until")}<input
          type="time"
          .value=${draft.window_end}
          required
          @change=${(/** @type {Event} */ event) => set({ window_end: entered(event) })}
      /></label>
    </div>
    <fieldset>
      <legend>${t("reminders.every")}</legend>
      <div class="choices">
        ${MINUTES.map((n) => html`<label><input type="radio" name="every" .checked=${draft.every_minutes === n} @change=${() => set({ every_minutes: n })} /><span>${t("reminders.minutes", { n })}</span></label>`)}
      </div>
    </fieldset>`;
}

/** @param {import("./server.js").ReminderKind} kind */
function about(kind) {
  const before = draft.kind;
  if (kind === "movement_break") return set({ kind, times: [], ...USUAL_WINDOW });
  if (before === "movement_break")
    return set({ kind, times: NEW.times, window_start: null, window_end: null, every_minutes: null });
  return set({ kind });
}

/** @param {number} one */
function weekday(one) {
  const others = draft.weekdays.filter((other) => other !== one);
  set({ weekdays: others.length < draft.weekdays.length ? others : [...others, one].sort() });
}

/** @param {Event} event */
const entered = (event) => /** @type {HTMLInputElement} */ (event.target).value.slice(0, 5);

/** @param {Partial<import("./server.js").Chosen>} change */
function set(change) {
  draft = { ...draft, ...change };
  void refresh();
}
