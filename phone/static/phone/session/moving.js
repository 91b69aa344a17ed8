// Where in its course the figure is while its exercise is done: it moves in before the hold begins, stays through the
// hold as long as the timer says, and moves out after it. PURE.

import { elapsed, isHeld } from "./steps.js";

/** @param {import("./steps.js").Playing} playing @param {import("../figures/figure.js").Track} track @param {number} whole the course's length @param {number} now */
export function moment(playing, { hold }, whole, now) {
  const { step, seconds } = playing;
  const passed = elapsed(playing, now);
  const left = (seconds ?? 0) - passed;
  const one = /** @type {import("./steps.js").Item} */ (playing.items[playing.now]);
  if (!hold || !isHeld(one)) {
    // A repetition takes its time; minutes go round; getting ready shows it, and is at the start when it begins.
    if (step !== "work") return ((-left % whole) + whole) % whole;
    return one.dosage.minutes || seconds === null ? passed % whole : Math.min((passed / seconds) * whole, whole - 1e-3);
  }
  const [from = 0, until = 0] = hold;
  if (step === "work") return seconds ? from + (until - from) * Math.min(passed / seconds, 0.999) : from;
  const out = whole - until;
  const pace = Math.min(1, (seconds ?? 0) / (from + out)); // a short pause makes both ways shorter
  if (step === "rest" && passed < out * pace) return until + passed / pace;
  return Math.max(0, from - left / pace);
}
