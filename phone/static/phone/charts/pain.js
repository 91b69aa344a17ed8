// The pain chart: what uPlot is given, and how it looks. Loaded with the progress screen, and nothing else needs it.

import uPlot from "../vendor/uplot.js";

const WORST = 10;
const DAYS_IN_WEEK = 7;
const LEAST_WEEKS = 8; // a young program is drawn with its next weeks empty
const EVERY_WEEKS = [1, 2, 4, 8, 13, 26]; // between two labels, whichever has room
const ROOM_FOR_A_LABEL = 3.6; // in text heights
const DOT = 0.16; // radius, in text heights

/** One number or none for each day since the start. @typedef {(number | null)[]} Column */
/** @typedef {{low: number, high: number} | null} Edges */
/**
 * @typedef {object} Picture
 * @property {number} days
 * @property {Column} leg as it was noted
 * @property {Column} back
 * @property {Column} legLine the smoothed line; between two days that do not follow each other there is nothing
 * @property {Column} backLine
 * @property {Edges[]} band
 * @property {{letter: string, day: number}[]} changes
 */

/**
 * @param {Trend} trend @param {{letter: string, starts_on: string}[]} changes
 * @returns {Picture}
 */
export function picture(trend, changes) {
  const nth = (/** @type {string} */ on) => Math.round((Date.parse(on) - Date.parse(trend.start)) / 86_400_000);
  const weeks = Math.max(LEAST_WEEKS, trend.weeks.length + 1);
  const days = weeks * DAYS_IN_WEEK + 1;
  /** @param {{on: string, value: number}[]} values @returns {Column} */
  const column = (values) => {
    const found = Array(days).fill(null);
    for (const { on, value } of values) found[nth(on)] = value;
    return found;
  };
  return {
    days,
    leg: column(trend.days.leg),
    back: column(trend.days.back),
    legLine: column(trend.lines.leg.flat()),
    backLine: column(trend.lines.back.flat()),
    band: band(trend.expected.weeks, days),
    changes: changes.map(({ letter, starts_on }) => ({ letter, day: nth(starts_on) })),
  };
}

/** The edges of the band on every day: straight between two weeks. @param {Trend["expected"]["weeks"]} weeks @param {number} days */
function band(weeks, days) {
  return Array.from({ length: days }, (_, day) => {
    const [before, after] = [weeks[Math.floor(day / DAYS_IN_WEEK)], weeks[Math.ceil(day / DAYS_IN_WEEK)]];
    if (!before || !after) return null;
    const part = (day % DAYS_IN_WEEK) / DAYS_IN_WEEK;
    const between = (/** @type {"low" | "high"} */ edge) => before[edge] + part * (after[edge] - before[edge]);
    return { low: between("low"), high: between("high") };
  });
}

/**
 * A chart inside `place`, which has its width and height from the style sheet; it follows them, and light and dark.
 * @param {HTMLElement} place @param {Picture} shown @param {{start: string, week: (n: number) => string}} words
 * @returns {() => void} ends it
 */
export function draw(place, shown, words) {
  /** @type {uPlot | null} */
  let chart = null;
  const paint = () => {
    chart?.destroy();
    chart = place.clientWidth ? new uPlot(options(place, shown, words), columns(shown), place) : null;
  };
  const size = new ResizeObserver(paint);
  size.observe(place);
  const looks = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => matchMedia(query));
  looks.forEach((look) => look.addEventListener("change", paint));
  void document.fonts.ready.then(() => chart && paint());
  return () => {
    size.disconnect();
    looks.forEach((look) => look.removeEventListener("change", paint));
    chart?.destroy();
  };
}

/** @param {Picture} shown */
function columns(shown) {
  return [
    Array.from({ length: shown.days }, (_, day) => day),
    shown.band.map((edges) => edges?.high ?? null),
    shown.band.map((edges) => edges?.low ?? null),
    shown.back,
    shown.leg,
    shown.backLine,
    shown.legLine,
  ];
}

/** @param {HTMLElement} place @param {Picture} shown @param {{start: string, week: (n: number) => string}} words */
function options(place, shown, words) {
  const style = getComputedStyle(place);
  const color = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  const text = parseFloat(style.fontSize);
  const font = `${text}px ${style.fontFamily}`;
  const weeks = (shown.days - 1) / DAYS_IN_WEEK;
  const room = place.clientWidth / (text * ROOM_FOR_A_LABEL);
  const every = EVERY_WEEKS.find((n) => weeks / n <= room) ?? 52;
  const axis = { stroke: color("ink-2"), font, ticks: { show: false }, gap: text / 3 };
  const line = { width: 2.5, spanGaps: false, points: { show: false } };
  const edge = { stroke: color("band-edge"), width: 1, dash: [2, 3], points: { show: false } };
  /** @param {string} name @param {typeof round} shape */
  const dots = (name, shape) => ({
    points: { show: false },
    fill: `color-mix(in srgb, ${color(name)} 40%, transparent)`,
    paths: marks(shape, text * DOT),
  });
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    padding: [text, text * 1.7, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    select: { show: false },
    scales: { x: { time: false, range: [0, shown.days - 1] }, y: { range: [0, WORST] } },
    axes: [
      {
        ...axis,
        size: text * 2,
        grid: { show: false },
        splits: () => Array.from({ length: Math.floor(weeks / every) + 1 }, (_, n) => n * every * DAYS_IN_WEEK),
        values: (/** @type {unknown} */ _, /** @type {number[]} */ days) =>
          days.map((day) => (day ? words.week(day / DAYS_IN_WEEK) : words.start)),
      },
      { ...axis, size: text * 2.2, grid: { stroke: color("line"), width: 1 }, splits: () => [0, 5, WORST] },
    ],
    series: [
      {},
      edge,
      edge,
      dots("back", square),
      dots("leg", round),
      { ...line, stroke: color("back"), dash: [6, 4] },
      { ...line, stroke: color("leg") },
    ],
    bands: [{ series: [1, 2], fill: color("band") }],
    hooks: { draw: [(/** @type {uPlot} */ chart) => flags(chart, shown.changes, { color: color("ink"), font, text })] },
  };
}

/** @typedef {(path: Path2D, x: number, y: number, radius: number) => void} Shape */
/** @type {Shape} */
const round = (path, x, y, radius) => {
  path.moveTo(x + radius, y);
  path.arc(x, y, radius, 0, 2 * Math.PI);
};
/** @type {Shape} */
const square = (path, x, y, radius) => path.rect(x - radius, y - radius, 2 * radius, 2 * radius);

/** A mark on every day that has a number. @param {Shape} shape @param {number} radius in CSS pixels */
function marks(shape, radius) {
  return (/** @type {uPlot} */ chart, /** @type {number} */ series) => {
    const fill = new Path2D();
    const [days, values] = [chart.data[0] ?? [], chart.data[series] ?? []];
    values.forEach((value, n) => {
      if (value === null) return;
      shape(fill, chart.valToPos(days[n] ?? 0, "x", true), chart.valToPos(value, "y", true), radius * devicePixelRatio);
    });
    return { stroke: null, fill, flags: 0 };
  };
}

/** A lettered line where the plan changed. @param {uPlot} chart @param {Picture["changes"]} changes @param {{color: string, font: string, text: number}} look */
function flags({ ctx, bbox, valToPos }, changes, { color, font, text }) {
  ctx.save();
  ctx.scale(devicePixelRatio, devicePixelRatio);
  ctx.strokeStyle = ctx.fillStyle = color;
  ctx.font = `bold ${font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  ctx.setLineDash([1, 3]);
  const [top, bottom] = [bbox.top / devicePixelRatio, (bbox.top + bbox.height) / devicePixelRatio];
  for (const { letter, day } of changes) {
    const x = valToPos(day, "x", true) / devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    ctx.fillText(letter, Math.max(x, text / 2), top);
  }
  ctx.restore();
}
