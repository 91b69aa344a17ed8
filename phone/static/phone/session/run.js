// The session under way: held here, kept on the phone at each step, moved on by the clock.

import { keepOwn, own } from "../identity.js";
import { refresh, say } from "../router.js";
import { counted, t } from "../words.js";
import { cue, rest } from "./cues.js";
import { catchUp, elapsed, isHeld, item, pause } from "./steps.js";

const TICK_MS = 200;
const SHORT = 20; // seconds from which half of a hold is worth a word
const COUNTDOWN = [3, 2, 1];
const NAME = "session";

/** @typedef {import("./steps.js").Playing} Playing */

/** @type {Playing | null} */
let playing = null;
/** @type {ReturnType<typeof setInterval> | undefined} */
let clock;
/** Seconds left when the clock last looked. @type {number | null} */
let left = null;

/** What is under way on this page, if anything is. */
export const current = () => playing;

/** What is kept on this phone from a session that was not finished. @returns {Promise<Playing | undefined>} */
export const kept = () => own(NAME);

/** The session is as `next` says: from now on here, and soon on the disk. @param {Playing} next */
export async function change(next) {
  const before = playing;
  playing = next;
  void keepOwn(NAME, next).catch(console.error);
  if (next.view === "finish") rest();
  if (before?.since !== next.since || before.view !== next.view) left = null;
  if (next.view === "play" && next.held === null && (!before || entered(before, next))) say(opening(next));
  clock ??= setInterval(() => void tick(), TICK_MS);
  await refresh();
  if (before?.view !== next.view) focusTitle();
}

/** Nothing is under way any more. */
export async function forget() {
  stop();
  await keepOwn(NAME, undefined);
}

/** Leave the page: what is under way waits, paused, on the disk. */
export function leave() {
  if (playing?.view === "play") void keepOwn(NAME, pause(playing, Date.now())).catch(console.error);
  stop();
}

function stop() {
  clearInterval(clock);
  clock = undefined;
  playing = null;
  rest();
}

export function focusTitle() {
  const title = document.querySelector("#screen h1");
  if (!(title instanceof HTMLElement)) return;
  title.tabIndex = -1;
  title.focus();
}

/** @param {Playing} before @param {Playing} next */
function entered(before, next) {
  return before.now !== next.now || before.step !== next.step || before.view !== next.view || before.held !== null || isHeld(item(next));
}

/** What a screen reader hears when a step begins. @param {Playing} next */
function opening(next) {
  const { text, dosage } = item(next);
  if (next.step === "ready") return t("session.say_ready", { name: text.name });
  if (next.step === "rest") return t("session.rest");
  if (dosage.minutes) return t("session.say_begin");
  return dosage.hold_seconds ? counted("session.say_hold", dosage.hold_seconds) : t("session.say_begin");
}

async function tick() {
  if (!playing) return;
  const now = Date.now();
  const next = catchUp(playing, now);
  if (next !== playing) {
    const isNextRepetition = next.step === playing.step && next.now === playing.now && next.view === "play" && !isHeld(item(playing));
    cue(isNextRepetition ? "count" : "end", playing.silent);
    return change(next);
  }
  if (playing.view !== "play" || playing.held !== null) return;
  announce(playing, now);
  await refresh();
}

/** Half, ten, and the last three: never every second. @param {Playing} playing @param {number} now */
function announce(playing, now) {
  const { seconds, step } = playing;
  if (seconds === null) return;
  const [before, remaining] = [left, Math.ceil(seconds - elapsed(playing, now))];
  left = remaining;
  if (before === null) return;
  const passed = (/** @type {number} */ mark) => before > mark && remaining <= mark && remaining > 0;
  const last = step === "work" && !isHeld(item(playing)) ? undefined : COUNTDOWN.find(passed);
  if (last) {
    cue("count", playing.silent);
    say(String(last));
  } else if (seconds > 10 && passed(10)) say(counted("session.say_left", 10));
  else if (seconds > SHORT && passed(Math.floor(seconds / 2))) say(t("session.say_half"));
}
