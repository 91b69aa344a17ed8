// The thread with the care team, and private notes. What is written waits on the phone like everything else.

import { askNow } from "../care/asking.js";
import { withdrawn } from "../care/withdrawn.js";
import { heard, identity } from "../identity.js";
import { records, save, unsent, withdraw } from "../records.js";
import { isSaved, refresh, say, screen } from "../router.js";
import { pull } from "../sync.js";
import { html, nothing } from "../vendor/lit-html.js";
import { dateInWords, t, timeInWords } from "../words.js";
import { day } from "../moments.js";

const LONGEST = 2000;

/** What is being written, and by whom: it is nobody else's. */
const typed = { text: "", private: false, by: 0 };
/** @type {Word | ""} */
let problem = "";
let isOpen = false;
let isAtEnd = false;
/** Up to where the server was told that it was read. */
let readUntil = "";

/** Only what this phone wrote it can take back: `isHere`. */
/** @typedef {{id: string, mine: boolean, isHere: boolean, author: string, text: string, private: boolean, at: string, state: "waiting" | "refused" | "sent" | "read"}} Bubble */

export default screen({
  async load(params) {
    const by = (await identity())?.person ?? 0;
    if (typed.by !== by) Object.assign(typed, { text: "", private: false, by });
    if (!isOpen) {
      isOpen = true;
      void pull(["messages"]);
      if (params.has("erase")) Object.assign(typed, { text: t("data.erase_message"), private: false });
    }
    const said = (await heard("messages"))?.messages ?? [];
    void markRead(said);
    return bubbles(said, await records(), await unsent(), await withdrawn());
  },

  title: () => t("messages.title"),

  render(thread) {
    if (!isAtEnd && thread.length) {
      isAtEnd = true;
      requestAnimationFrame(() => scrollTo(0, document.body.scrollHeight));
    }
    return html`
      <h1>${t("messages.title")}</h1>
      ${thread.length
        ? html`<ol class="thread">
            ${thread.map((one, n) => html`${newDay(one, thread[n - 1])}${bubble(one)}`)}
          </ol>`
        : html`<p>${t("messages.none")}</p>`}
      ${composer()}
    `;
  },

  leave() {
    isOpen = false;
    isAtEnd = false;
    problem = "";
  },
});

/**
 * Oldest first: what the server had, and what this phone has written since.
 * @param {ThreadMessage[]} said @param {Kept[]} mine @param {Awaited<ReturnType<typeof unsent>>} waiting @param {Set<string>} gone
 * @returns {Bubble[]}
 */
function bubbles(said, mine, waiting, gone) {
  const here = new Set(mine.map(({ id }) => id));
  const known = said.filter(({ id }) => !gone.has(id)).map(
    (one) => /** @type {Bubble} */ ({
      id: one.id,
      mine: one.from_patient,
      isHere: here.has(one.id),
      author: one.author ?? "",
      text: one.text,
      private: one.private,
      at: one.written_at,
      state: one.read_at ? "read" : "sent",
    }),
  );
  const heardOf = new Set(known.filter((one) => one.mine).map(({ id }) => id));
  const refused = new Set(waiting.refused.map(({ id }) => id));
  const fresh = mine.filter(({ id, record }) => record.kind === "message" && !heardOf.has(id)).map(
    ({ id, record }) => /** @type {Bubble} */ ({
      id,
      mine: true,
      isHere: true,
      author: "",
      text: record.text,
      private: Boolean(record.private),
      at: record.at,
      state: refused.has(id) ? "refused" : waiting.ids.has(id) ? "waiting" : "sent",
    }),
  );
  return [...known, ...fresh].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** @param {Bubble} one @param {Bubble | undefined} before */
function newDay(one, before) {
  const on = day(new Date(one.at));
  return before && day(new Date(before.at)) === on ? nothing : html`<li class="day">${dateInWords(on)}</li>`;
}

/** @param {Bubble} one */
function bubble(one) {
  const who = one.private ? t("messages.private_note") : one.mine ? t("messages.you") : one.author;
  return html`<li class="bubble ${one.mine ? "mine" : ""} ${one.private ? "private" : ""}" data-state="${one.state}">
    <p class="who"><strong>${who}</strong> <span>${timeInWords(one.at)}</span></p>
    <p class="text">${one.text}</p>
    ${one.mine ? html`<p class="who">${state(one)}</p>` : nothing}
    ${one.isHere && (one.private || one.state === "waiting")
      ? html`<button type="button" class="link" @click=${() => remove(one.id)}>${t("messages.remove")}</button>`
      : nothing}
  </li>`;
}

/** @param {Bubble} one */
function state({ state, private: isPrivate }) {
  if (state === "refused") return html`<a class="link" href="/app/not-saved">${t("messages.refused")}</a>`;
  if (state === "waiting") return t("messages.waiting");
  if (isPrivate) return t("messages.only_you");
  return t(state === "read" ? "messages.read" : "messages.sent");
}

function composer() {
  return html`<form class="card composer" @submit=${write}>
    <p class="notice">${t("messages.banner")} <a href="/app/check">${t("messages.urgent")}</a></p>
    ${problem ? html`<p class="card danger" role="alert">${t(problem)}</p>` : nothing}
    <fieldset>
      <legend>${t("messages.for_whom")}</legend>
      <div class="choices">
        ${[false, true].map(
          (isPrivate) => html`<label
            ><input type="radio" name="private" value="${isPrivate}" .checked=${typed.private === isPrivate} @change=${() => chooseWhom(isPrivate)} /><span
              >${t(isPrivate ? "messages.for_me" : "messages.for_team")}</span
            ></label
          >`,
        )}
      </div>
    </fieldset>
    <label class="field"
      >${t(typed.private ? "messages.your_note" : "messages.your_message")}
      <textarea
        name="text"
        rows="4"
        maxlength="${LONGEST}"
        .value=${typed.text}
        @input=${(/** @type {InputEvent} */ event) => (typed.text = /** @type {HTMLTextAreaElement} */ (event.target).value)}
      ></textarea>
    </label>
    <button class="button">${t(typed.private ? "messages.keep" : "messages.send")}</button>
  </form>`;
}

/** @param {boolean} isPrivate */
function chooseWhom(isPrivate) {
  typed.private = isPrivate;
  void refresh();
}

/** @param {SubmitEvent} event */
async function write(event) {
  event.preventDefault();
  const field = /** @type {HTMLTextAreaElement} */ (/** @type {HTMLFormElement} */ (event.target).elements.namedItem("text"));
  const text = typed.text.trim();
  problem = text ? "" : "messages.empty";
  if (text) {
    typed.text = ""; // before the wait: a second press sends nothing twice
    try {
      await save("message", { text, private: typed.private });
      say(t("messages.saved"));
      isAtEnd = false;
    } catch (error) {
      console.error(error);
      typed.text = text;
      problem = "pain.not_saved";
    }
  }
  field.value = typed.text;
  await refresh();
  field.focus();
}

/** @param {string} id */
async function remove(id) {
  if (await isSaved(withdraw(id))) say(t("messages.removed"));
}

/** @param {ThreadMessage[]} said */
async function markRead(said) {
  const theirs = said.filter((one) => !one.from_patient);
  const until = theirs.map((one) => one.received_at).sort().at(-1) ?? "";
  if (document.visibilityState === "hidden" || until === readUntil || theirs.every((one) => one.read_at)) return;
  readUntil = until;
  const answer = await askNow("messages/read", { method: "POST", body: { until } });
  if (answer?.status === 204) await pull(["messages"]);
  else readUntil = "";
}
