// The moving picture of an exercise: <amble-figure exercise="bridge">. Loaded with the screens that show one.
//
// A track holds what is drawn as numbers at some moments of each move (docs/figures.md); between them they run on a
// curve. `clock` says where in its course the figure is; without one it goes round by itself. Who wants no motion sees its
// stills side by side, and one that is out of sight stands still.

import body from "./tracks/body.js";
import all from "./tracks/all.js";
import { kept } from "../store.js";
import { language } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const GAP = 12;
const UNIT = 5; // of a centimetre, in tracks

/** @typedef {[paint: string, chains: number[][], closed: number, points: number]} Form */
/** @typedef {[name: string, paint: string, data: string, seen: number, transform: string]} Path */

/** A part as it was drawn last: its numbers, and the path that they make. @typedef {{values: number[], data: string}} Drawn */

/** @typedef {{order: number[][], around: number, moments: number, at: number[], by: number[][]}} Move */

/**
 * @typedef {{
 *   view: number[], far: string, room: string[][], extra: Record<string, Form>, parts: string[], orders: string[][], base: number[],
 *   moves: Move[],
 *   steps: number[][], hold: number[] | null, stills: number[], easier: number, arrows: [string, number, number][],
 *   text: Record<string, {start: string, move: string, end: string}>}} Track
 */

const parts = /** @type {Record<string, Form>} */ (/** @type {unknown} */ (body.parts));
const head = /** @type {[string, number, number[][], number[][]][]} */ (/** @type {unknown} */ (body.head));

/** @type {Map<string, Promise<Track | undefined>>} */
const tracks = new Map();

/** The track of an exercise; undefined where there is no figure of it. @param {string} exercise @returns {Promise<Track | undefined>} */
export function trackOf(exercise) {
  const load = /** @type {Record<string, () => Promise<{default: any}>>} */ (all)[exercise];
  if (!load) return Promise.resolve(undefined);
  const known = tracks.get(exercise) ?? load().then((module) => module.default);
  tracks.set(exercise, known);
  known.catch(() => tracks.delete(exercise));
  return known;
}

/** How long its course is. @param {Track} track */
export const length = (track) => track.steps.reduce((sum, [seconds = 0]) => sum + seconds, 0);

// --- what there is at a moment ---------------------------------------------------------------------------

/** Which move, and how far in it. @param {Track} track @param {number} t @param {number} reach */
function place(track, t, reach) {
  const whole = length(track);
  t = ((t % whole) + whole) % whole;
  for (const [seconds = 0, move = 0, back = 0, how = 0] of track.steps) {
    if (t < seconds) {
      const share = how === 2 ? 1 : how === 1 ? t / seconds : (t / seconds) ** 2 * (3 - (2 * t) / seconds);
      return { move: track.moves[move], share: reach * (back ? 1 - share : share) };
    }
    t -= seconds;
  }
  return { move: track.moves[0], share: 0 };
}

/** What each number that moves in a move is at its moments. @type {WeakMap<Move, {index: number, at: number[]}[]>} */
const read = new WeakMap();

/** @param {Track} track @param {Move} move */
function moments(track, move) {
  const known = read.get(move);
  if (known) return known;
  let index = 0;
  const found = move.at.map((gap, n) => {
    index += gap;
    let [now, change] = [track.base[index] ?? 0, 0];
    const at = move.by.map((row, moment) => {
      const by = change + (row[n] ?? 0);
      change = moment ? by : 0; // the first says where it begins, which is no change
      return (now += by);
    });
    return { index, at };
  });
  read.set(move, found);
  return found;
}

/** All numbers of a moment, and the order of drawing. @param {Track} track @param {number} t @param {number} reach */
function moment(track, t, reach) {
  const { move, share } = place(track, t, reach);
  const values = [...track.base];
  if (!move) return { values, order: track.orders[0] ?? [] };
  const last = move.moments - 1;
  const i = Math.min(Math.floor(share * last), last - 1);
  const before = i ? i - 1 : move.around ? last - 1 : -1;
  const after = i + 2 <= last ? i + 2 : move.around ? 1 : -1;
  for (const { index, at } of moments(track, move)) {
    values[index] = curve(at[before], at[i] ?? 0, at[i + 1] ?? 0, at[after], share * last - i);
  }
  let order = 0;
  for (const [from = 0, number = 0] of move.order) if (share >= from) order = number;
  return { values, order: track.orders[order] ?? [] };
}

/** From b to c, on a curve through four. @param {number | undefined} a @param {number} b @param {number} c @param {number | undefined} d @param {number} u */
function curve(a, b, c, d, u) {
  const low = a ?? 3 * b - 3 * c + (d ?? c);
  const high = d ?? 3 * c - 3 * b + (a ?? b);
  return b + (u / 2) * (c - low + u * (2 * low - 5 * b + 4 * c - high + u * (3 * (b - c) + high - low)));
}

/**
 * The paths of a moment, in the order of drawing.
 * @param {Track} track @param {number} t seconds of its course, which goes round @param {number} [reach] how much of each move is done
 * @param {Map<string, Drawn>} [drawn] what was drawn of this track before: a part that has not moved since costs nothing
 * @returns {Path[]}
 */
export function paths(track, t, reach = 1, drawn = new Map()) {
  const { values, order } = moment(track, t, reach);
  let at = 0;
  for (const name of track.parts) {
    const [, chains, closed, points] = form(track, name);
    const wide = chains.length ? 3 : 2;
    const before = drawn.get(name);
    if (!before || hasMoved(before.values, values, at)) {
      /** @type {number[][]} */
      const shape = [];
      for (let i = 0, from = at; i < points; i++, from += wide) shape.push(values.slice(from, from + wide).map((one) => one / UNIT));
      const data = chains.length
        ? chains.map((chain) => chain.slice(1).map((end, k) => tube(point(shape, chain[k]), point(shape, end))).join("")).join("")
        : smooth(shape, closed);
      drawn.set(name, { values: values.slice(at, at + points * wide), data });
    }
    at += points * wide;
  }
  const [x = 0, y = 0, degrees = 0, turn = 0, glow = 0] = values.slice(at);
  return order.flatMap((row) => {
    if (row === "head") return face(x / UNIT, y / UNIT, degrees / 10, turn / 1000);
    const names = row.split("+");
    const [paint] = form(track, /** @type {string} */ (names[0]));
    const far = track.far && row.startsWith(`${track.far}.`) ? " far" : "";
    return [[row, `f-${paint}${far}`, names.map((name) => drawn.get(name)?.data).join(""), row.startsWith("glow.") ? glow / 100 : 1, ""]];
  });
}

/** @param {number[]} before @param {number[]} values @param {number} at */
function hasMoved(before, values, at) {
  for (let i = 0; i < before.length; i++) if (before[i] !== values[at + i]) return true;
  return false;
}

/** @param {Track} track @param {string} name */
const form = (track, name) => /** @type {Form} */ (track.extra[name] ?? parts[name]);

/** @param {number[][]} shape @param {number | undefined} index */
const point = (shape, index) => /** @type {number[]} */ (shape[index ?? 0]);

/** The head as it was last seen, which is the same for most of a course. @type {{turn: number, data: string[]}} */
let seenHead = { turn: NaN, data: [] };

/** @param {number} x @param {number} y @param {number} degrees @param {number} turn @returns {Path[]} */
function face(x, y, degrees, turn) {
  if (seenHead.turn !== turn) {
    const [share, sign] = [Math.abs(turn), turn >= 0 ? 1 : -1];
    /** @param {number[]} side @param {number[] | undefined} front */
    const seen = ([px = 0, py = 0], [fx = 0, fy = 0] = []) => [sign * (share * px + (1 - share) * fx), -share * py - (1 - share) * fy];
    seenHead = { turn, data: head.map(([, closed, profile, front]) => smooth(profile.map((one, i) => seen(one, front[i])), closed)) };
  }
  const place = `translate(${pair(x, y)}) rotate(${one(degrees)})`;
  return head.map(([paint], n) => [`head ${n}`, `f-${paint}`, seenHead.data[n] ?? "", 1, place]);
}

// --- path data, as exercises/figures/paths.py writes it --------------------------------------------------

/** Tenths as text, written once: a number with a point takes a browser longer than all else of a frame. @type {Map<number, string>} */
const tenths = new Map();

/** @param {number} x */
function one(x) {
  const n = Math.round(x * 10) || 0;
  const known = tenths.get(n) ?? String(n / 10);
  tenths.set(n, known);
  return known;
}
/** @param {number} x @param {number} y */
const pair = (x, y) => `${one(x)} ${one(y)}`;

/** Two rounds and what their outer tangents hold between them. @param {number[]} a @param {number[]} b */
function tube([ax = 0, ay = 0, ar = 0], [bx = 0, by = 0, br = 0]) {
  const far = Math.hypot(bx - ax, by - ay);
  if (far <= Math.abs(ar - br) + 0.05) {
    const [x, y, r] = ar >= br ? [ax, ay, ar] : [bx, by, br];
    return `M${pair(x - r, y)}A${pair(r, r)} 0 0 1 ${pair(x + r, y)}A${pair(r, r)} 0 0 1 ${pair(x - r, y)}Z`;
  }
  const [ux, uy, s] = [(bx - ax) / far, (by - ay) / far, (ar - br) / far];
  const c = Math.sqrt(1 - s * s);
  const [lx, ly, rx, ry] = [s * ux + c * uy, s * uy - c * ux, s * ux - c * uy, s * uy + c * ux];
  const [start, a, b] = [pair(ax + ar * lx, ay + ar * ly), one(ar), one(br)];
  return (
    `M${start}L${pair(bx + br * lx, by + br * ly)}A${b} ${b} 0 ${s < 0 ? 1 : 0} 1 ${pair(bx + br * rx, by + br * ry)}` +
    `L${pair(ax + ar * rx, ay + ar * ry)}A${a} ${a} 0 ${s > 0 ? 1 : 0} 1 ${start}Z`
  );
}

/** A line without corners through all points. @param {number[][]} points @param {number} closed */
function smooth(points, closed) {
  const n = points.length;
  /** @param {number} i */
  const at = (i) => /** @type {[number, number]} */ (points[closed ? (i + n) % n : Math.max(0, Math.min(n - 1, i))]);
  let data = `M${pair(...at(0))}`;
  for (let i = 0; i < (closed ? n : n - 1); i++) {
    const [[ax, ay], [bx, by], [cx, cy], [dx, dy]] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    data += `C${pair(bx + (cx - ax) / 6, by + (cy - ay) / 6)} ${pair(cx - (dx - bx) / 6, cy - (dy - by) / 6)} ${pair(cx, cy)}`;
  }
  return data + (closed ? "Z" : "");
}

// --- on the page -------------------------------------------------------------------------------------------

/** One moment of a figure, which can become another. */
class Drawing {
  /** @param {Track} track @param {Element} place @param {number} reach */
  constructor(track, place, reach) {
    this.track = track;
    this.place = place;
    this.reach = reach;
    this.shown = NaN;
    /** @type {Map<string, Drawn>} */
    this.drawn = new Map();
    /** What stands on the page. @type {Map<string, {path: SVGPathElement, data: string, seen: number, transform: string}>} */
    this.paths = new Map();
    this.order = "";
    for (const [paint, data] of track.room) this.path(`f-${paint}`).setAttribute("d", data ?? "");
    this.moving = element("g", place);
    this.arrows = track.arrows.map(([data, from, until]) => {
      const path = this.path("f-arrow");
      path.setAttribute("d", data);
      return { path, from, until, isSeen: true };
    });
  }

  /** @param {string} name */
  path(name, place = this.place) {
    const path = /** @type {SVGPathElement} */ (element("path", place));
    path.setAttribute("class", name);
    return path;
  }

  /** @param {number} t */
  show(t) {
    if (t === this.shown) return;
    this.shown = t;
    const found = paths(this.track, t, this.reach, this.drawn);
    const order = found.map(([name]) => name).join(" ");
    for (const [name, paint, data, seen, transform] of found) {
      const known = this.paths.get(name) ?? { path: this.path(paint, this.moving), data: "", seen: 1, transform: "" };
      this.paths.set(name, known);
      if (order !== this.order) this.moving.append(known.path);
      if (known.data !== data) known.path.setAttribute("d", (known.data = data));
      if (known.transform !== transform) known.path.setAttribute("transform", (known.transform = transform));
      if (known.seen !== seen) known.path.setAttribute("opacity", (known.seen = seen).toFixed(2));
    }
    this.order = order;
    const now = t % length(this.track);
    for (const arrow of this.arrows) {
      const isSeen = arrow.from <= now && now < arrow.until;
      if (arrow.isSeen !== isSeen) arrow.path.setAttribute("visibility", (arrow.isSeen = isSeen) ? "visible" : "hidden");
    }
  }
}

/** @param {string} name @param {Element} place */
function element(name, place) {
  const made = document.createElementNS(SVG, name);
  place.append(made);
  return made;
}

const still = matchMedia("(prefers-reduced-motion: reduce)");
/** @type {CSSStyleSheet | undefined} */
let style;

function dress() {
  if (style) return;
  style = new CSSStyleSheet();
  style.replaceSync(body.style);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];
}

/**
 * Attributes: `exercise`, its slug; `mirrored` for the other side; `easier` for the smaller way; `stills` never moves. It is
 * empty where there is no figure. `clock` is a property.
 */
export class AmbleFigure extends HTMLElement {
  static observedAttributes = ["exercise", "mirrored", "easier", "stills"];
  /** @type {((track: Track) => number) | undefined} */
  clock;
  /** @type {Track | undefined} */
  track;
  /** @type {Drawing[]} */
  drawings = [];
  frame = 0;
  seen = true;
  moves = false;
  watching = new IntersectionObserver(([last]) => this.see(Boolean(last?.isIntersecting)));

  connectedCallback() {
    dress();
    still.addEventListener("change", this.draw);
    this.watching.observe(this);
    void this.load();
  }

  disconnectedCallback() {
    still.removeEventListener("change", this.draw);
    this.watching.disconnect();
    cancelAnimationFrame(this.frame);
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (!this.isConnected) return;
    if (name === "exercise") void this.load();
    else this.draw();
  }

  async load() {
    const exercise = this.getAttribute("exercise") ?? "";
    const [track, settings] = await Promise.all([trackOf(exercise).catch(() => undefined), kept("settings")]);
    if (!this.isConnected || exercise !== this.getAttribute("exercise")) return;
    if (settings?.skin) this.dataset.skin = settings.skin;
    this.track = track;
    this.draw();
  }

  draw = () => {
    cancelAnimationFrame(this.frame);
    this.replaceChildren();
    this.drawings = [];
    const { track } = this;
    if (!track) return;
    const [left = 0, top = 0, width = 0, height = 0] = track.view;
    this.moves = !this.hasAttribute("stills") && !still.matches && track.moves.length > 0;
    const times = this.moves ? [0] : track.stills;
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "figure");
    svg.setAttribute("viewBox", `${left} ${top} ${times.length * (width + GAP) - GAP} ${height}`);
    svg.setAttribute("role", "img");
    const text = track.text[language] ?? track.text.en;
    svg.setAttribute("aria-label", text ? `${text.start} ${text.move} ${text.end}` : "");
    times.forEach((t, i) => {
      const place = element("g", svg);
      const mirror = this.hasAttribute("mirrored") ? `translate(${2 * left + width} 0) scale(-1 1)` : "";
      place.setAttribute("transform", `translate(${i * (width + GAP)} 0) ${mirror}`);
      const drawing = new Drawing(track, place, this.hasAttribute("easier") ? track.easier : 1);
      drawing.show(t);
      this.drawings.push(drawing);
    });
    this.append(svg);
    if (this.moves) this.turn();
  };

  /** The moment that the clock says. */
  turn = () => {
    cancelAnimationFrame(this.frame);
    if (!this.track || !this.seen || !this.drawings.length) return;
    this.drawings[0]?.show(this.clock?.(this.track) ?? performance.now() / 1000);
    this.frame = requestAnimationFrame(this.turn);
  };

  /** @param {boolean} seen */
  see(seen) {
    const before = this.seen;
    this.seen = seen;
    if (seen && !before && this.moves) this.turn();
  }
}

if (!customElements.get("amble-figure")) customElements.define("amble-figure", AmbleFigure);
