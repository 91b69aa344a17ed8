// What the patient sees while doing it: one exercise, one ring, one big button.

import { length } from "../figures/figure.js";
import { go } from "../router.js";
import { keep, kept } from "../store.js";
import { html, nothing, svg } from "../vendor/lit-html.js";
import { t } from "../words.js";
import { moment } from "./moving.js";
import { change, current } from "./run.js";
import {
  advance, countBy, doEasier, elapsed, goOn, hurts, isHeld, item, nextItem, number, pause, place, previousItem, shares,
} from "./steps.js";

const AROUND = 100; // the ring's length, by its pathLength

/** @typedef {import("./steps.js").Playing} Playing */

/** @param {Playing} playing @param {number} now */
export function playingView(playing, now) {
  const one = item(playing);
  const { step, held } = playing;
  return html`
    <div class="player">
      ${bars(playing)}
      <header class="row">
        <div>
          <p class="muted">${where(playing)}</p>
          <h1 lang="${one.text.language}">${one.text.name}</h1>
        </div>
        <button type="button" class="round" aria-label="${t("session.close")}" @click=${() => go("/app/")}>${icon("M6 6l12 12M18 6L6 18")}</button>
      </header>
      <amble-figure exercise="${one.exercise}" ?easier=${one.easier} ?mirrored=${place(one).side?.startsWith("left")} .clock=${clockOf}></amble-figure>
      ${ring(playing, now)}
      <p class="row options">
        ${step !== "work" && held === null
          ? html`<button type="button" class="link" @click=${() => startNow(playing)}>${t("session.start_now")}</button>`
          : !isHeld(one)
            ? html`<button type="button" class="link" @click=${() => set({ tapping: !playing.tapping }, countBy(playing, !playing.tapping, Date.now()))}>${t(playing.tapping ? "session.by_time" : "session.by_tapping")}</button>`
            : nothing}
        <button type="button" class="link" @click=${() => set({ silent: !playing.silent }, { ...playing, silent: !playing.silent })}>${t(playing.silent ? "session.sound_on" : "session.sound_off")}</button>
      </p>
      <div class="how" lang="${one.text.language}">${how(playing)}</div>
      <div class="controls">
        <button type="button" class="round" aria-label="${t("session.previous")}" ?disabled=${number(playing) === 1} @click=${() => change(previousItem(playing, Date.now()))}>${icon("M15 5l-7 7 7 7")}</button>
        <button type="button" class="button" @click=${() => change(held === null ? pause(playing, Date.now()) : goOn(playing, Date.now()))}>${t(held === null ? "session.pause" : "session.resume")}</button>
        <button type="button" class="round" aria-label="${t("session.next")}" @click=${() => change(nextItem(playing, Date.now()))}>${icon("M9 5l7 7-7 7")}</button>
        <button type="button" class="link hurts" @click=${() => change(hurts(playing, Date.now()))}>${t("session.hurts")}</button>
      </div>
    </div>
  `;
}

/** The figure keeps the timer's time, frame by frame. @param {import("../figures/figure.js").Track} track */
function clockOf(track) {
  const playing = current();
  return playing ? moment(playing, track, length(track), Date.now()) : 0;
}

/** @param {Playing} playing */
function bars(playing) {
  return html`<svg class="bars" aria-hidden="true" height="6" width="100%">
    ${shares(playing).map((share, index, { length }) => {
      const wide = 100 / length;
      return svg`<rect x="${index * wide}%" width="${wide - 1.5}%" height="6" rx="3"/><rect class="done" x="${index * wide}%" width="${share * (wide - 1.5)}%" height="6" rx="3"/>`;
    })}
  </svg>`;
}

/** @param {Playing} playing */
function where(playing) {
  const { side, set, sets, repetition, repetitions } = place(item(playing));
  return [
    t("session.of", { n: number(playing), all: shares(playing).length }),
    side && t(`session.${side}`),
    sets > 1 && t("session.set", { n: set, all: sets }),
    repetitions > 1 && isHeld(item(playing)) && t("session.repetition", { n: repetition, all: repetitions }),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** @param {Playing} playing */
function how(playing) {
  const one = item(playing);
  const { position, steps = [], caution, easier } = one.text;
  return html`
    ${playing.step === "ready" && position ? html`<p>${position}</p>` : nothing}
    <ol>
      ${steps.map((step) => html`<li>${step}</li>`)}
    </ol>
    ${one.note ? html`<p>${t("program.note", { note: one.note })}</p>` : nothing}
    ${playing.step === "ready" && caution ? html`<p><strong>${t("program.caution")}:</strong> ${caution}</p>` : nothing}
    ${one.easier && easier ? html`<p class="easier"><strong>${t("program.easier")}:</strong> ${easier}</p>` : nothing}
    ${easier
      ? html`<p><button type="button" class="link" @click=${() => change(doEasier(playing, !one.easier))}>${t(one.easier ? "session.usual_way" : "session.easier_way")}</button></p>`
      : nothing}
  `;
}

/** @param {Playing} playing @param {number} now */
function ring(playing, now) {
  const one = item(playing);
  const { step, seconds, held } = playing;
  const { repetition, repetitions } = place(one);
  const passed = elapsed(playing, now);
  const counts = step === "work" && !isHeld(one);
  const share = seconds === null ? (repetition - 1) / repetitions : seconds ? passed / seconds : 0;
  const text = counts ? String(repetition) : clock(Math.ceil((seconds ?? 0) - passed));
  const under = counts
    ? t(seconds === null ? "session.tap" : "session.of_all", { all: repetitions })
    : t(step === "ready" ? "session.get_ready" : step === "rest" ? "session.rest" : one.dosage.minutes ? "session.keep_going" : "session.hold");
  const inside = html`
    <svg viewBox="0 0 184 184" aria-hidden="true">
      <circle cx="92" cy="92" r="86" />
      <circle class="passed" cx="92" cy="92" r="86" pathLength="${AROUND}" stroke-dasharray="${(share * AROUND).toFixed(2)} ${AROUND * 2}" transform="rotate(-90 92 92)" />
    </svg>
    <span class="count ${text.length > 2 ? "long" : ""}">${text}</span>
    <span class="muted">${held === null ? under : t("session.paused")}</span>
  `;
  return counts && seconds === null && held === null
    ? html`<button type="button" class="ring tap" @click=${() => change(advance(playing, Date.now()))}>${inside}</button>`
    : html`<div class="ring ${step}" role="timer">${inside}</div>`;
}

/** @param {number} seconds */
function clock(seconds) {
  if (seconds < 100) return String(seconds);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {Playing} playing */
async function startNow(playing) {
  await change(advance(playing, Date.now()));
  /** @type {HTMLElement | null} */ (document.querySelector(".player .tap, .controls .button"))?.focus();
}

/** For this session, and for those to come on this phone. @param {Settings} chosen @param {Playing} next */
async function set(chosen, next) {
  await change(next);
  await keep("settings", { ...(await kept("settings")), ...chosen });
}

/** @param {string} path */
const icon = (path) => html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}" /></svg>`;
