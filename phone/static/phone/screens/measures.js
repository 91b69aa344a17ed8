// Outcome measures, in the words that came with today: what is hard to do, what the back keeps one from, how it is all
// in all. One after the other; nothing is chosen before the patient does.

import { heard } from "../identity.js";
import { records, save } from "../records.js";
import { go, refresh, say, screen } from "../router.js";
import { strip } from "../strip.js";
import { html, nothing } from "../vendor/lit-html.js";
import { counted, t } from "../words.js";
import { measuresDue } from "./beside.js";

const [LEAST_ACTIVITIES, MOST_ACTIVITIES, LONGEST_NAME] = [3, 5, 80];

/** What is being answered, and of which measure. */
let of = "";
/** @type {{name: string, ability: number | null}[]} */
let activities = [];
/** @type {Set<number>} */
let ticked = new Set();
/** @type {string | null} */
let effect = null;
let named = false;
/** @type {Word | ""} */
let problem = "";

export default screen({
  async load(params) {
    const due = measuresDue(await heard("today"), await records());
    const one = due.find(({ instrument }) => instrument === params.get("instrument")) ?? due[0];
    if (one && of !== key(one)) begin(one);
    return one;
  },

  title: (one) => (problem ? `${t("measures.problem")}: ` : "") + (one?.form.title ?? t("measures.title")),

  render(one) {
    if (!one) {
      return html`<h1>${t("measures.title")}</h1>
        <p>${t("measures.none")}</p>
        <p><a class="button" href="/app/">${t("pain.back_to_today")}</a></p>`;
    }
    const asked = { psfs, rmdq, gpe }[one.instrument];
    return html`
      <h1 lang="${one.form.language}">${one.form.title}</h1>
      ${problem ? html`<p class="card danger" role="alert" tabindex="-1">${t(problem)}</p>` : nothing}
      <form class="answers" novalidate @submit=${(/** @type {SubmitEvent} */ event) => submit(event, one)}>
        ${asked(one)}
        <p class="row">
          <button class="button">${t(one.instrument === "psfs" && !named ? "measures.next" : "measures.save")}</button>
          <a class="link" href="/app/">${t("measures.later")}</a>
        </p>
      </form>
    `;
  },

  leave() {
    of = problem = "";
  },
});

/** @param {MeasureDue} one */
const key = ({ instrument, week }) => `${instrument} ${week}`;

/** @param {MeasureDue} one */
function begin(one) {
  of = key(one);
  problem = "";
  named = one.activities.length > 0;
  activities = named
    ? one.activities.map((name) => ({ name, ability: null }))
    : Array.from({ length: LEAST_ACTIVITIES }, () => ({ name: "", ability: null }));
  ticked = new Set();
  effect = null;
}

// --- the three of them ----------------------------------------------------------------------------------

/** @param {MeasureDue} one */
function psfs({ form, activities: before }) {
  if (!named) {
    return html`<p lang="${form.language}">${form.ask}</p>
      ${activities.map(
        ({ name }, n) =>
          html`<label class="field"
            >${t("measures.thing", { n: n + 1 })}
            <input
              name="thing"
              .value=${name}
              maxlength="${LONGEST_NAME}"
              @input=${(/** @type {InputEvent} */ event) => {
                activities = activities.map((other, m) =>
                  m === n ? { ...other, name: /** @type {HTMLInputElement} */ (event.target).value } : other,
                );
              }}
          /></label>`,
      )}
      ${
        activities.length < MOST_ACTIVITIES
          ? html`<p>
              <button
                type="button"
                class="link"
                @click=${() => set(() => (activities = [...activities, { name: "", ability: null }]))}
              >
                ${t("measures.another")}
              </button>
            </p>`
          : nothing
      }`;
  }
  return html`<p lang="${form.language}">${before.length ? form.ask_again : t("measures.how_well")}</p>
    ${activities.map(({ name, ability }, n) =>
      strip({
        label: name,
        group: `${name}. 0: ${form.least}. 10: ${form.most}.`,
        ends: [`0 ${form.least}`, `${form.most} 10`],
        chosen: ability,
        pick: (score) =>
          set(() => (activities = activities.map((other, m) => (m === n ? { ...other, ability: score } : other)))),
      }),
    )}`;
}

/** @param {MeasureDue} one */
function rmdq({ form }) {
  return html`<fieldset lang="${form.language}">
      <legend class="asks-at-length">${form.ask}</legend>
      ${(form.statements ?? []).map(
        (statement, n) =>
          html`<label class="tick statement"
            ><input
              type="checkbox"
              .checked=${ticked.has(n + 1)}
              @change=${() => set(() => (ticked.has(n + 1) ? ticked.delete(n + 1) : ticked.add(n + 1)))}
            /><span>${statement}</span></label
          >`,
      )}
    </fieldset>
    <p class="muted" role="status">${counted("measures.ticked", ticked.size)}</p>`;
}

/** @param {MeasureDue} one */
function gpe({ form }) {
  return html`<fieldset lang="${form.language}">
    <legend class="asks-at-length">${form.ask}</legend>
    <div class="choices steps-of-seven">
      ${Object.entries(form.steps ?? {}).map(
        ([step, text]) =>
          html`<label
            ><input
              type="radio"
              name="effect"
              .checked=${effect === step}
              @change=${() => set(() => (effect = step))}
            /><span>${text}</span></label
          >`,
      )}
    </div>
  </fieldset>`;
}

// --- saving ---------------------------------------------------------------------------------------------

/** @param {() => unknown} change */
function set(change) {
  change();
  void refresh();
}

/** @param {SubmitEvent} event @param {MeasureDue} one */
async function submit(event, one) {
  event.preventDefault();
  if (one.instrument === "psfs" && !named) return name();
  if (one.instrument === "psfs" && activities.some(({ ability }) => ability === null))
    return wrong("measures.all_numbers");
  if (one.instrument === "gpe" && effect === null) return wrong("measures.one_step");
  const answered = { psfs: { activities }, rmdq: { ticked: [...ticked].sort((a, b) => a - b) }, gpe: { effect } }[
    one.instrument
  ];
  try {
    await save("measure", { instrument: one.instrument, language: one.form.language, ...answered });
  } catch (error) {
    console.error(error);
    return wrong("pain.not_saved");
  }
  say(t("measures.saved"));
  const more = measuresDue(await heard("today"), await records()).length;
  go(more ? "/app/measures" : "/app/");
}

/** From the names to how well each goes. */
function name() {
  const names = activities.map((one) => one.name.trim().replace(/\s+/g, " ")).filter(Boolean);
  if (names.length < LEAST_ACTIVITIES) return wrong("measures.three_things");
  if (new Set(names.map((one) => one.toLocaleLowerCase())).size < names.length) return wrong("measures.each_once");
  activities = names.map((one) => ({ name: one, ability: null }));
  named = true;
  return wrong("");
}

/** @param {typeof problem} why */
async function wrong(why) {
  problem = why;
  await refresh();
  const first = /** @type {HTMLElement | null} */ (
    document.querySelector("#screen [role=alert]") ?? document.querySelector("#screen h1")
  );
  first?.setAttribute("tabindex", "-1");
  first?.focus();
}
