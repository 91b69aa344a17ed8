// What may explain a change: an injection, a new medicine, a flare. And the whole story of this bout so far.

import { withdrawn } from "../care/withdrawn.js";
import { heard } from "../identity.js";
import { day } from "../moments.js";
import { records, save, unsent, withdraw } from "../records.js";
import { isSaved, refresh, say, screen } from "../router.js";
import { pull } from "../sync.js";
import { html, nothing } from "../vendor/lit-html.js";
import { dateInWords, t } from "../words.js";

/** What can be noted, in the order it is offered. @type {Record<EventKind, Word>} */
const KINDS = {
  injection: "events.injection",
  medication_change: "events.medication",
  flare: "events.flare",
  other_care: "events.treatment",
  imaging: "events.imaging",
  surgery: "events.surgery",
  travel: "events.travel",
  other: "events.other",
};
const LONGEST_NOTE = 500;

let isOpen = false;
/** @type {Word | ""} */
let problem = "";

/** @typedef {TimelineItem & {id?: string, isMine?: boolean, isWaiting?: boolean}} Item */

export default screen({
  async load(params) {
    if (!isOpen) {
      isOpen = true;
      void pull(["timeline"]);
    }
    const said = (await heard("timeline"))?.items ?? [];
    return {
      items: items(said, await records(), (await unsent()).ids, await withdrawn()),
      what: params.get("what"),
      today: day(new Date()),
    };
  },

  title: () => t("events.title"),

  render: ({ items, what, today }) => html`
    <h1>${t("events.title")}</h1>
    <p>${t("events.intro")}</p>
    <form class="card" @submit=${add}>
      ${problem ? html`<p class="card danger" role="alert">${t(problem)}</p>` : nothing}
      <fieldset>
        <legend>${t("events.what")}</legend>
        <div class="choices">
          ${Object.entries(KINDS).map(
            ([kind, word]) => html`<label
              ><input type="radio" name="what" value="${kind}" ?checked=${kind === what} /><span>${t(word)}</span></label
            >`,
          )}
        </div>
      </fieldset>
      <label class="field">${t("events.when")}<input type="date" name="about_on" value="${today}" max="${today}" required /></label>
      <label class="field"
        >${t("events.note")}<span class="muted small">${t("events.optional")}</span><textarea name="note" rows="3" maxlength="${LONGEST_NOTE}"></textarea>
      </label>
      <button class="button">${t("events.save")}</button>
    </form>
    <h2>${t("events.so_far")}</h2>
    ${items.length ? html`<ol class="story">${items.map(row)}</ol>` : html`<p class="muted">${t("events.none")}</p>`}
  `,

  leave() {
    isOpen = false;
    problem = "";
  },
});

/**
 * Newest first: what the server told, and what this phone has noted since.
 * @param {TimelineItem[]} said @param {Kept[]} mine @param {Set<string>} waiting @param {Set<string>} gone
 * @returns {Item[]}
 */
function items(said, mine, waiting, gone) {
  const own = new Map(mine.filter(({ record }) => record.kind === "event").map((one) => [one.id, one]));
  const known = said.filter((one) => !one.client_uuid || !gone.has(one.client_uuid)).map((one) => {
    const id = one.client_uuid ?? undefined;
    return { ...one, id, isMine: id !== undefined && own.has(id), isWaiting: id !== undefined && waiting.has(id) };
  });
  const heardOf = new Set(known.map(({ id }) => id));
  const fresh = [...own.values()].filter(({ id }) => !heardOf.has(id)).map(
    ({ id, record }) => /** @type {Item} */ ({
      kind: "event",
      on: record.about_on,
      what: record.what,
      note: record.note,
      id,
      isMine: true,
      isWaiting: waiting.has(id),
    }),
  );
  return [...known, ...fresh].sort((one, other) => other.on.localeCompare(one.on));
}

/** @param {Item} item */
function row(item) {
  return html`<li class="${item.kind}">
    <p class="muted small">${dateInWords(item.on)}</p>
    <p><strong>${words(item)}</strong></p>
    ${item.note ? html`<blockquote>${item.note}</blockquote>` : nothing}
    ${item.by ? html`<p class="muted small">${t("events.by", { name: item.by.name })}</p>` : nothing}
    ${item.isWaiting ? html`<p class="muted small">${t("messages.waiting")}</p>` : nothing}
    ${item.isMine
      ? html`<button type="button" class="link" @click=${() => remove(item)}>
          ${t("messages.remove")}<span class="hidden"> ${words(item)}, ${dateInWords(item.on)}</span>
        </button>`
      : nothing}
  </li>`;
}

/** @param {Item} item */
function words(item) {
  if (item.kind === "event") return t(KINDS[item.what ?? "other"]);
  if (item.kind === "status") return item.words ?? "";
  return t(`events.is_${item.kind}`, { letter: item.letter ?? "", until: item.until_on ? dateInWords(item.until_on) : "" });
}

/** @param {SubmitEvent} event */
async function add(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const said = new FormData(form);
  const [what, about_on] = [said.get("what"), String(said.get("about_on"))];
  problem = !what ? "events.choose" : about_on > day(new Date()) ? "events.later" : "";
  if (problem) return complain(form);
  try {
    await save("event", { what, about_on, note: String(said.get("note")).trim() || undefined });
  } catch (error) {
    console.error(error);
    problem = "pain.not_saved";
    return complain(form);
  }
  form.reset();
  await refresh();
  say(t("events.saved"));
}

/** @param {HTMLFormElement} form */
async function complain(form) {
  await refresh();
  const alert = /** @type {HTMLElement} */ (form.querySelector("[role=alert]"));
  alert.setAttribute("tabindex", "-1");
  alert.focus();
}

/** @param {Item} item */
async function remove({ id = "" }) {
  if (await isSaved(withdraw(id))) say(t("messages.removed"));
}
