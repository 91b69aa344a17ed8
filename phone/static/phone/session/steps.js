// The course of a session: what is to be done, what comes next, and what was really done of it. PURE: no storage, no clock.
//
// An exercise is a row of repetitions: set by set, in each set one side after the other. `next` is the one that comes
// now, `did` the most that were ever completed: going back to an exercise takes nothing away.

const READY = 10; // seconds to get into a position; P: more than the usual 5, since getting down takes time with a sore leg
const CHANGE = 5; // seconds to change sides; P
const BREATH = 4; // seconds between two holds; P
const REST = 30; // seconds between two sets; P
const A_REPETITION = 4; // seconds of an unhurried one, with its way back; P, the same as in day.js
const AWAY = 60; // seconds after the end of a step from which the patient was somewhere else; P
const RISE_ENOUGH = 2; // points of leg pain above the start that end a session; P
const HURTS_ENOUGH = 2; // times that it hurt too much that end a session; P
// The same as in recovery/rules/traffic_light.py, which a test holds.
const RISE_RED = 4;
const MORNING_RED = 2;

/** @type {Reach[]} */
export const REACHES = ["none", "buttock", "thigh", "knee", "calf", "foot"];

/** @typedef {"left_leg" | "right_leg" | "left_side" | "right_side"} Side */

/**
 * One exercise as it is done today. `part` is the longest that one hold was kept which did not come to its end.
 * @typedef {{
 *   exercise: string, text: Line["text"], note: string, dosage: Dosage, in_words: string, sides: Side[],
 *   left_out: string, next: number, did: number, part: number, easier: boolean, hurt: boolean, worst?: number,
 *   said?: number }} Item
 */

/** @typedef {{worst?: number, further?: boolean, reach_during?: Reach, reach_after?: Reach, newly?: "no" | "numb" | "weak" | "both", effort?: SessionRecord["effort"]}} Said */

/**
 * A session under way, as it is kept at each step. `since` is when the step began, `held` how many seconds of it had
 * passed when it was paused, `seconds` how long it takes; null is until a tap.
 * @typedef {{
 *   id: string, plan: number, slot?: number, title: string, on: string, at: string, moved: number,
 *   before?: number, reach?: Reach, items: Item[], now: number, view: "play" | "hurts" | "finish",
 *   step: "ready" | "work" | "rest", since: number, held: number | null, seconds: number | null,
 *   tapping: boolean, silent: boolean, hurts: number, hurting?: number, said: Said }} Playing
 */

/** What these lines of the plan ask for today; suspended ones are no part of it. @param {Line[]} lines @returns {Item[]} */
export function itemsOf(lines) {
  return lines
    .filter((line) => !line.paused)
    .map((line) => ({
      exercise: line.exercise,
      text: line.text,
      note: line.note,
      dosage: line.next_time?.what === "less" ? line.next_time.dosage : line.dosage,
      in_words: line.next_time?.what === "less" ? line.next_time.in_words : line.in_words,
      sides: sidesOf(line),
      left_out: line.next_time?.what === "leave_out" ? line.next_time.why : "",
      next: 0,
      did: 0,
      part: 0,
      easier: false,
      hurt: false,
    }));
}

/** @param {Line} line @returns {Side[]} */
function sidesOf({ side, sides }) {
  if (side === "left") return ["left_leg"];
  if (side === "right") return ["right_leg"];
  if (side === "both" || sides === "each-leg") return ["left_leg", "right_leg"];
  return sides === "each-side" ? ["left_side", "right_side"] : [];
}

/**
 * @param {Pick<Playing, "id" | "plan" | "slot" | "title" | "on" | "at" | "before" | "reach" | "items" | "tapping" | "silent">} given
 * @param {number} now
 * @returns {Playing}
 */
export function begin(given, now) {
  /** @type {Playing} */
  const playing = { ...given, moved: now, now: -1, view: "play", step: "ready", since: now, held: null, seconds: null, hurts: 0, said: {} };
  return nextItem(playing, now);
}

// --- where it stands ------------------------------------------------------------------------------------

/** The exercise that is under way. @param {Playing} playing */
export const item = (playing) => /** @type {Item} */ (playing.items[playing.now]);

/** How long one repetition takes in seconds, null when it is counted by tapping. @param {Item} item @param {boolean} tapping */
function once({ dosage }, tapping) {
  if (dosage.minutes) return 60 * dosage.minutes;
  return dosage.hold_seconds ?? (tapping ? null : A_REPETITION);
}

/** Whether it is kept for a time, not repeated at a pace. @param {Item} item */
export const isHeld = ({ dosage }) => Boolean(dosage.minutes ?? dosage.hold_seconds);

/**
 * The repetition that comes now: its number in its set, from 1, and which side and set it is of.
 * @param {Item} item
 */
export function place({ dosage, sides, next }) {
  const repetitions = dosage.repetitions ?? 1;
  const set = Math.max(1, sides.length) * repetitions;
  return {
    repetition: (next % repetitions) + 1,
    repetitions,
    side: sides[Math.floor(next / repetitions) % sides.length],
    set: Math.floor(next / set) + 1,
    sets: dosage.sets ?? 1,
  };
}

/** All its repetitions, on all sides. @param {Item} item */
const all = ({ dosage, sides }) => (dosage.sets ?? 1) * Math.max(1, sides.length) * (dosage.repetitions ?? 1);

/** Seconds of this step that have passed. @param {Playing} playing @param {number} now */
export function elapsed({ since, held, seconds }, now) {
  const passed = held ?? Math.max(0, now - since) / 1000;
  return Math.min(passed, seconds ?? passed);
}

/** How much of a session lies behind, exercise by exercise, each 0 to 1. @param {Playing} playing */
export function shares({ items, now }) {
  return items
    .map((one, index) => ({ one, share: index < now ? 1 : index > now ? 0 : one.next / all(one) }))
    .filter(({ one }) => !one.left_out)
    .map(({ share }) => share);
}

/** Its place among those that are done today, from 1. @param {Playing} playing */
export function number({ items, now }) {
  return items.slice(0, now + 1).filter((one) => !one.left_out).length;
}

// --- what comes next -------------------------------------------------------------------------------------

/**
 * @param {Playing} playing @param {Playing["step"]} step @param {number | null} seconds @param {number} now
 * @returns {Playing}
 */
function enter(playing, step, seconds, now) {
  return { ...playing, view: "play", step, seconds, since: now, held: null, moved: now };
}

/** @param {Playing} playing @param {Partial<Item>} change */
function withItem(playing, change) {
  return { ...playing, items: playing.items.map((one, index) => (index === playing.now ? { ...one, ...change } : one)) };
}

/** @param {Playing} playing @param {number} now */
const work = (playing, now) => enter(playing, "work", once(item(playing), playing.tapping), now);

/** What follows when this step is over. @param {Playing} playing @param {number} now @returns {Playing} */
export function advance(playing, now) {
  if (playing.step !== "work") return work(playing, now);
  const before = item(playing);
  const next = before.next + 1;
  const after = withItem(playing, { next, did: Math.max(next, before.did), part: 0 });
  if (next >= all(before)) return nextItem(after, now);
  const repetitions = before.dosage.repetitions ?? 1;
  if (next % (repetitions * Math.max(1, before.sides.length)) === 0) return enter(after, "rest", REST, now);
  if (next % repetitions === 0) return enter(after, "ready", CHANGE, now);
  return isHeld(before) ? enter(after, "rest", BREATH, now) : work(after, now);
}

/**
 * The session as it is now, when its steps go on by themselves. Who was away for long finds it paused: nobody can say
 * what was done meanwhile.
 * @param {Playing} playing @param {number} now @returns {Playing}
 */
export function catchUp(playing, now) {
  if (playing.view !== "play" || playing.held !== null || playing.seconds === null) return playing;
  const over = (now - playing.since) / 1000 - playing.seconds;
  if (over < 0) return playing;
  const next = advance(playing, now);
  return over > AWAY && next.view === "play" ? pause(next, now) : next;
}

/** Leave this exercise as it is, for the next one or the end. @param {Playing} playing @param {number} now @returns {Playing} */
export function nextItem(playing, now) {
  return goTo(playing, playing.items.findIndex((one, index) => index > playing.now && !one.left_out), now);
}

/** @param {Playing} playing @param {number} now */
export function previousItem(playing, now) {
  const before = playing.items.flatMap((one, index) => (index < playing.now && !one.left_out ? [index] : []));
  return goTo(playing, before.at(-1) ?? playing.now, now);
}

/** @param {Playing} playing @param {number} index @param {number} now @returns {Playing} */
function goTo(playing, index, now) {
  const left = playing.now >= 0 ? setDown(playing, now) : playing;
  if (index < 0) return { ...left, view: "finish", moved: now };
  const there = { ...left, now: index };
  const again = item(there).next >= all(item(there));
  return enter(again ? withItem(there, { next: 0 }) : there, "ready", READY, now);
}

/** Keep how long the hold under way was kept. @param {Playing} playing @param {number} now */
function setDown(playing, now) {
  const under = item(playing);
  if (playing.step !== "work" || !isHeld(under)) return playing;
  return withItem(playing, { part: Math.max(under.part, Math.floor(elapsed(playing, now))) });
}

/** @param {Playing} playing @param {number} now @returns {Playing} */
export function pause(playing, now) {
  return { ...playing, held: playing.held ?? elapsed(playing, now), moved: now };
}

/** @param {Playing} playing @param {number} now @returns {Playing} */
export function goOn(playing, now) {
  return { ...playing, view: "play", since: now - 1000 * (playing.held ?? 0), held: null, moved: now };
}

/** After the app was closed in the middle: this exercise once more from getting ready. @param {Playing} playing @param {number} now */
export const reopen = (playing, now) => (playing.view === "play" ? enter(playing, "ready", READY, now) : playing);

/** @param {Playing} playing @param {boolean} tapping @param {number} now */
export function countBy(playing, tapping, now) {
  const next = { ...playing, tapping };
  return next.step === "work" && !isHeld(item(next)) && next.held === null ? work(next, now) : next;
}

/** Show the easier way, or the usual one. @param {Playing} playing @param {boolean} easier */
export const doEasier = (playing, easier) => withItem(playing, { easier });

// --- when it hurts ---------------------------------------------------------------------------------------

/** It hurts too much: everything stops. @param {Playing} playing @param {number} now @returns {Playing} */
export function hurts(playing, now) {
  return { ...setDown(pause(playing, now), now), view: "hurts", hurting: undefined };
}

/** Whether this was enough for today: the second time, or well above the start. @param {Playing} playing */
export function isEnough({ hurts, hurting, before }) {
  if (hurting === undefined) return false;
  return hurts + 1 >= HURTS_ENOUGH || (before !== undefined && hurting >= before + RISE_ENOUGH);
}

/** Note of this exercise that it hurt, and how much. @param {Playing} playing @returns {Playing} */
function noted(playing) {
  const { hurting } = playing;
  if (playing.view !== "hurts" || hurting === undefined) return playing;
  const worst = Math.max(item(playing).worst ?? 0, hurting);
  return { ...withItem(playing, { hurt: true, worst }), hurts: playing.hurts + 1, hurting: undefined };
}

/** @param {Playing} playing @param {number} now */
export const easierInstead = (playing, now) => enter(doEasier(noted(playing), true), "ready", READY, now);

/** @param {Playing} playing @param {number} now */
export const leaveOut = (playing, now) => nextItem(noted(playing), now);

/** The questions at the end, whatever is left. @param {Playing} playing @param {number} now @returns {Playing} */
export function finish(playing, now) {
  return { ...setDown(noted(playing), now), view: "finish", moved: now };
}

// --- what came of it --------------------------------------------------------------------------------------

/**
 * What is counted of an exercise, how much was asked, and how much was done of it on each side: never more than was.
 * `begun` is something completed that may still be less than one on each side.
 * @param {Item} item
 * @returns {{of: "minutes" | "hold_seconds" | "repetitions", asked: number, did: number, begun: boolean}}
 */
export function amount(item) {
  const { dosage, did, part, said } = item;
  const sides = Math.max(1, item.sides.length);
  const repetitions = all(item) / sides;
  const seconds = once(item, false) ?? 0;
  const of = dosage.minutes ? "minutes" : repetitions === 1 && dosage.hold_seconds ? "hold_seconds" : "repetitions";
  const asked = { minutes: repetitions * (dosage.minutes ?? 0), hold_seconds: seconds, repetitions }[of];
  const kept = (did * seconds + part) / sides;
  const counted = { minutes: kept / 60, hold_seconds: kept, repetitions: did / sides }[of];
  const found = said ?? Math.min(asked, Math.floor(counted));
  return { of, asked, did: found, begun: found > 0 || (said === undefined && did > 0) };
}

/** @param {Item} item @param {string} easier what is noted of an exercise that was done the easier way @returns {Result} */
export function result(item, easier) {
  const { of, asked, did, begun } = amount(item);
  const { exercise, dosage, hurt, worst, left_out } = item;
  /** @type {Result} */
  const said = { exercise, outcome: hurt ? "hurts_too_much" : !begun ? "skipped" : did < asked ? "part" : "done" };
  if (worst !== undefined) said.worst_pain = worst;
  if (left_out) said.because = left_out;
  else if (item.easier && begun) said.because = easier;
  return begun ? { ...said, ...counts(dosage, of, asked, did) } : said;
}

/**
 * The same amount in the variables of the dose. The rules multiply them: sets that are not whole become one long one.
 * @param {Dosage} dosage @param {"minutes" | "hold_seconds" | "repetitions"} of @param {number} asked @param {number} did
 */
function counts({ sets, repetitions, hold_seconds, minutes }, of, asked, did) {
  if (did === 0) return { [of]: 0 };
  /** @type {Partial<Result>} */
  const found = { sets, repetitions, hold_seconds, minutes };
  if (did !== asked) {
    const whole = of === "repetitions" && did % (repetitions ?? 1) === 0;
    if (sets) found.sets = whole ? did / (repetitions ?? 1) : 1;
    if (of === "repetitions" && !whole) found.repetitions = did;
    if (of === "hold_seconds") found.hold_seconds = did;
    if (of === "minutes") found.minutes = did;
  }
  return JSON.parse(JSON.stringify(found));
}

/** What the record holds, but for what is asked later. @param {Playing} playing @param {{easier: string, ended_at: string}} given */
export function body({ plan, slot, before, reach, items, said }, { easier, ended_at }) {
  const further = reach !== undefined && said.further === false;
  return {
    plan,
    slot,
    ended_at,
    leg_before: before,
    leg_during: said.worst,
    reach_before: reach,
    reach_during: further ? reach : said.reach_during,
    reach_after: further ? reach : said.reach_after,
    new_numbness: said.newly && ["numb", "both"].includes(said.newly),
    new_weakness: said.newly && ["weak", "both"].includes(said.newly),
    effort: said.effort,
    results: items.map((one) => result(one, easier)),
  };
}

/** Whether what is known of a session calls for the safety questions. @param {Partial<SessionRecord>} session */
export function isRed(session) {
  const { leg_before, leg_next_morning, results = [] } = session;
  const worst = Math.max(session.leg_during ?? 0, ...results.map((one) => one.worst_pain ?? 0));
  const rose = leg_before !== undefined && worst - leg_before >= RISE_RED;
  const morning = leg_before !== undefined && (leg_next_morning ?? 0) - leg_before >= MORNING_RED;
  return Boolean(session.new_numbness || session.new_weakness || session.lower_reach_lasted === "longer" || rose || morning);
}

/** Whether it went further down the leg than before. @param {Partial<SessionRecord>} session */
export function wentFurther({ reach_before, reach_during, reach_after }) {
  if (!reach_before) return false;
  return [reach_during, reach_after].some((one) => one && REACHES.indexOf(one) > REACHES.indexOf(reach_before));
}
