// The pain pad of the first page: how it is now, leg and back. A tap is saved at once and can be undone for ten seconds.

import { ratings } from "./day.js";
import { heard, identity } from "./identity.js";
import { day, local } from "./moments.js";
import { records, revise, save, withdraw } from "./records.js";
import { say } from "./router.js";
import { onChange } from "./store.js";
import { html, render } from "./vendor/lit-html.js";
import { t, timeInWords } from "./words.js";

const UNDO_SECONDS = 10;
const CORRECTION_MS = 120_000; // another key within two minutes corrects the one before; later it is a new rating

/** @typedef {{id: string, region: Region, score: number, at: number}} Last */

/** @type {Map<Region, Last>} */
const last = new Map();
/** @type {Last | null} */
let undoable = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** Whose taps `last` holds. @type {number | undefined} */
let person;
/** One tap after another, so that a correction finds what it corrects. @type {Promise<void>} */
let turn = Promise.resolve();

/** Take the taps that came before this module, and all that come. */
export function startPad() {
  place().replaceChildren();
  show(html`<p>${t("pain.tap")}</p>`);
  window.amble.tapped = (tap) => {
    turn = turn.then(() => saveTap(tap));
  };
  window.amble.taps.splice(0).forEach(window.amble.tapped);
  onChange(() => void refreshPad());
}

/** @param {Tap} tap */
async function saveTap({ region, score, at }) {
  try {
    await notice();
    const before = last.get(region);
    // A clock that was put back makes no correction of what it says is still to come.
    if (before && Math.abs(at - before.at) < CORRECTION_MS) {
      if (before.score !== score) await revise(before.id, { score });
      last.set(region, { ...before, score });
    } else {
      const record = await save("pain", { region, score, asked: "now" }, { at: local(new Date(at)) });
      last.set(region, { id: record.id, region, score, at });
    }
  } catch (error) {
    press(region, null);
    show(html`<p class="failed">${t("pain.not_saved")}</p>`);
    say(t("pain.not_saved"));
    console.error(error);
    return;
  }
  const saved = /** @type {Last} */ (last.get(region));
  undoable = saved;
  clearTimeout(timer);
  timer = setTimeout(() => {
    undoable = null;
    showSaved(saved);
  }, UNDO_SECONDS * 1000);
  showSaved(saved);
  say(t("pain.saved_undo", words(saved)));
}

/** @param {Last} saved */
const words = ({ region, score, at }) => ({
  region: t(region === "leg" ? "pain.leg" : "pain.back"),
  score,
  time: timeInWords(new Date(at).toISOString()),
});

/** @param {Last} saved */
function showSaved(saved) {
  show(html`<p class="done">
    <span>${t("pain.saved", words(saved))}</span>
    <a href="/app/pain?id=${saved.id}">${t("pain.add_details")}</a>
    ${undoable ? html`<button type="button" class="link" @click=${undo}>${t("pain.undo")}</button>` : ""}
  </p>`);
}

function undo() {
  const gone = undoable;
  if (!gone) return;
  undoable = null;
  clearTimeout(timer);
  turn = turn.then(async () => {
    try {
      await withdraw(gone.id);
    } catch (error) {
      show(html`<p class="failed">${t("pain.not_saved")}</p>`);
      console.error(error);
      return;
    }
    last.delete(gone.region);
    press(gone.region, null);
    show(html`<p>${t("pain.undone")}</p>`);
    say(t("pain.undone"));
    /** @type {HTMLElement | null} */ (document.querySelector(`#pad [data-region=${gone.region}] button`))?.focus();
  });
}

const place = () => /** @type {HTMLElement} */ (document.getElementById("saved"));

/** @param {Template} template */
function show(template) {
  render(template, place());
}

/** @param {Region} region @param {number | null} score */
function press(region, score) {
  for (const key of document.querySelectorAll(`#pad [data-region=${region}] [data-score]`)) {
    key.setAttribute("aria-pressed", String(Number(/** @type {HTMLElement} */ (key).dataset.score) === score));
  }
}

/** With another person nothing of the one before is left to correct, to undo or to see. */
async function notice() {
  const now = (await identity())?.person;
  if (now === person) return;
  if (person !== undefined) {
    last.clear();
    undoable = null;
    clearTimeout(timer);
    press("leg", null);
    press("back", null);
    show(html`<p>${t("pain.tap")}</p>`);
  }
  person = now;
}

/** Names for the keys in the language of the patient, and what was said last today. */
export async function refreshPad() {
  await notice();
  const on = day(new Date());
  const all = ratings(on, await records(), await heard("today")).filter((one) => one.asked === "now");
  for (const region of /** @type {Region[]} */ (["leg", "back"])) {
    const strip = /** @type {HTMLElement} */ (document.querySelector(`#pad [data-region=${region}]`));
    const label = t(region === "leg" ? "pain.leg_now" : "pain.back_now");
    strip.setAttribute("aria-label", t("pain.group", { label }));
    for (const key of /** @type {NodeListOf<HTMLElement>} */ (strip.querySelectorAll("[data-score]"))) {
      key.setAttribute("aria-label", t("pain.key", { label, score: Number(key.dataset.score) }));
    }
    const earlier = all.filter((one) => one.region === region && one.id !== last.get(region)?.id).at(-1);
    const hint = /** @type {HTMLElement} */ (strip.querySelector(".asks span.hint"));
    hint.textContent = earlier ? t("pain.earlier", { score: earlier.score, time: timeInWords(earlier.at) }) : "";
  }
}
