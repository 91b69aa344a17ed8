// The patient's chart, to read day by day. The drawing that the server made stays for print and where no script runs;
// the numbers are the same, and so are the words of its colours (tokens.css).

import uPlot from "../phone/vendor/uplot.js";

const WEEK = 7;
const WORST = 10;
const LANE = 19; // CSS pixels from one lane to the next
const EVERY_WEEKS = [1, 2, 4, 8, 13, 26]; // between two labels, whichever has room
const DAY = 86_400_000;

for (const figure of document.querySelectorAll("figure[data-plot]")) start(figure);

function start(figure) {
  const course = JSON.parse(figure.dataset.plot);
  const live = figure.querySelector(".live");
  const place = live.querySelector(".plot");
  const day = live.querySelector("input");
  const whole = live.querySelector("button");
  let chart = null;
  let told = course.known - 1;

  const read = (index, point = true) => {
    told = Math.min(Math.max(index, 0), course.known - 1);
    day.value = told + 1;
    const words = sentence(course, told);
    day.setAttribute("aria-valuetext", words);
    live.querySelector(".reading").textContent = words;
    if (point) chart?.setCursor({ left: chart.valToPos(told + 0.5, "x"), top: 0 }, false);
  };
  const paint = () => {
    chart?.destroy();
    chart = place.clientWidth ? new uPlot(options(place, course, { read, zoomed }), columns(course), place) : null;
    chart?.hooks.ready.push(() => read(told)); // before, no day has a place
  };
  const zoomed = ({ min, max }) => (whole.disabled = min <= 0 && max >= course.days);

  figure.classList.add("drawn");
  live.hidden = false;
  place.style.height = `${20 + 1.2 * course.lanes.length}rem`;
  day.max = course.known;
  day.addEventListener("input", () => read(day.valueAsNumber - 1));
  whole.addEventListener("click", () => {
    chart?.setScale("x", { min: 0, max: course.days });
    day.focus();
  });
  new ResizeObserver(paint).observe(place);
  for (const look of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(look).addEventListener("change", paint);
  document.fonts.ready.then(paint);
}

/** "Day 24, Thu 12 March: leg 4.0, back 2.0, expected 3.1 to 5.2. Plan version 2 (B). Event 2." */
function sentence(course, index) {
  const on = new Date(Date.parse(course.start) + index * DAY);
  const date = on.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "long", timeZone: "UTC" });
  const regions = ["leg", "back"].filter((region) => course[region].some((value) => value !== null));
  const pain = regions.map((region) => `${region} ${course[region][index]?.toFixed(1) ?? "no entry"}`);
  const edges = expected(course, index + 0.5);
  const parts = [...pain, ...(edges ? [`expected ${edges[0].toFixed(1)} to ${edges[1].toFixed(1)}`] : [])];
  const change = course.changes.filter(({ at }) => at <= index).at(-1);
  const events = course.events.filter(({ at }) => at === index).map(({ text }) => text);
  return [
    `Day ${index + 1}, ${date}: ${parts.join(", ") || "no entry"}.`,
    change ? `Plan version ${change.version} (${change.text}).` : "",
    events.length ? `Event ${events.join(", ")}.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}

/** The edges of the band after so many days: straight between two weeks. */
function expected({ band }, days) {
  const week = days / WEEK;
  const [before, after] = [band[Math.floor(week)], band[Math.ceil(week)]];
  if (!before || !after) return null;
  return before.map((edge, n) => edge + (week % 1) * (after[n] - edge));
}

/** Days lie in their middle, the band begins at the start: every half day is a place. */
function columns(course) {
  const places = Array.from({ length: 2 * course.days + 1 }, (_, n) => n / 2);
  const days = (values) => places.map((at) => (at % 1 ? values[at - 0.5] : undefined));
  const band = places.map((at) => expected(course, at));
  const line = (pieces) => {
    const values = places.map(() => null); // nothing is drawn between two pieces
    for (const piece of pieces) {
      values.fill(undefined, 2 * piece[0][0] + 1, 2 * piece.at(-1)[0] + 1);
      for (const [day, value] of piece) values[2 * day + 1] = value;
    }
    return values;
  };
  return [
    places,
    band.map((edges) => edges?.[1] ?? null),
    band.map((edges) => edges?.[0] ?? null),
    days(course.back),
    days(course.leg),
    line(course.lines.back),
    line(course.lines.leg),
  ];
}

function options(place, course, { read, zoomed }) {
  const style = getComputedStyle(place);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  const text = parseFloat(style.fontSize);
  const look = { color, text, font: `${text}px ${style.fontFamily}` };
  const room = place.clientWidth / (text * 5);
  const every = EVERY_WEEKS.find((n) => course.days / WEEK / n <= room) ?? 52;
  const axis = { stroke: color("ink-2"), font: look.font, ticks: { show: false }, gap: text / 3 };
  const line = { width: 2.25, points: { show: false } };
  const edge = { stroke: color("band-edge"), width: 1, dash: [2, 3], points: { show: false } };
  const dots = (name, shape) => ({ points: { show: false }, fill: `color-mix(in srgb, ${color(name)} 38%, transparent)`, paths: marks(shape, text * 0.2) });
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    padding: [text * 2.2, text * 4.6, LANE * course.lanes.length + text / 2, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, dist: 8 } },
    scales: { x: { time: false, range: (_, min, max) => [Math.max(0, min), Math.min(course.days, max)] }, y: { range: [0, WORST] } },
    axes: [
      {
        ...axis,
        size: text * 2,
        grid: { show: false },
        splits: (_, __, min, max) => weeks(min, max, every),
        values: (_, days) => days.map((days) => (days ? `week ${days / WEEK}` : "start")),
      },
      { ...axis, size: text * 2.2, label: "← better", labelFont: look.font, labelSize: text * 1.4, grid: { stroke: color("line"), width: 1 }, splits: () => [0, 2, 4, 6, 8, WORST] },
    ],
    series: [
      {},
      edge,
      edge,
      dots("back", (path, x, y, r) => path.rect(x - r, y - r, 2 * r, 2 * r)),
      dots("leg", (path, x, y, r) => (path.moveTo(x + r, y), path.arc(x, y, r, 0, 2 * Math.PI))),
      { ...line, stroke: color("back"), dash: [7, 5] },
      { ...line, stroke: color("leg") },
    ],
    bands: [{ series: [1, 2], fill: color("band") }],
    hooks: {
      ready: [],
      drawAxes: [(chart) => levels(chart, course, look)],
      draw: [(chart) => names(chart, course, look), (chart) => beside(chart, course, look)],
      setCursor: [({ cursor, posToVal }) => cursor.event && cursor.left >= 0 && read(Math.floor(posToVal(cursor.left, "x")), false)],
      setScale: [({ scales }, key) => key === "x" && zoomed(scales.x)],
    },
  };
}

function weeks(min, max, every) {
  const step = every * WEEK;
  const first = Math.ceil(min / step);
  return Array.from({ length: Math.floor(max / step) - first + 1 }, (_, n) => (first + n) * step);
}

/** A mark on every day that has a number, `radius` in CSS pixels. */
function marks(shape, radius) {
  return (chart, series) => {
    const fill = new Path2D();
    chart.data[series].forEach((value, n) => {
      if (value == null) return;
      shape(fill, chart.valToPos(chart.data[0][n], "x", true), chart.valToPos(value, "y", true), radius * devicePixelRatio);
    });
    return { stroke: null, fill, flags: 0 };
  };
}

/** Draw in CSS pixels, inside the plot from left to right. */
function inPixels({ ctx, bbox }, draw) {
  const ratio = devicePixelRatio;
  const [left, top, width, height] = [bbox.left, bbox.top, bbox.width, bbox.height].map((pixels) => pixels / ratio);
  ctx.save();
  ctx.scale(ratio, ratio);
  draw(ctx, { left, top, right: left + width, bottom: top + height });
  ctx.restore();
}

const height = (box, level) => box.top + (1 - level / WORST) * (box.bottom - box.top);

/** Baseline and the levels below it. */
function levels(chart, { baseline, marks }, { color }) {
  inPixels(chart, (ctx, box) => {
    ctx.strokeStyle = color("field");
    const lines = [...(baseline === null ? [] : [[baseline, [8, 5]]]), ...marks.map(({ level }) => [level, [2, 4]])];
    for (const [level, dash] of lines) {
      ctx.setLineDash(dash);
      stroke(ctx, box.left, height(box, level), box.right, height(box, level));
    }
  });
}

/** What each level is called, at the right, and the last value of each line at its end; none covers another. */
function names(chart, { baseline, marks, band, lines }, { color, font, text }) {
  inPixels(chart, (ctx, box) => {
    const ends = ["leg", "back"].flatMap((region) => {
      const [day, level] = lines[region].at(-1)?.at(-1) ?? [];
      const x = day === undefined ? NaN : chart.valToPos(day + 0.5, "x", true) / devicePixelRatio;
      const name = `${region === "leg" ? "Leg" : "Back"} ${level?.toFixed(1)}`;
      return x >= box.left && x <= box.right ? [{ level, text: name, x, color: color(region), font: `bold ${font}` }] : [];
    });
    const edges = band.at(-1);
    const levels = [
      ...(baseline === null ? [] : [{ level: baseline, text: "Baseline" }]),
      ...marks,
      ...(edges ? [{ level: (edges[0] + edges[1]) / 2, text: "Expected" }] : []),
    ].map((one) => ({ ...one, x: box.right, color: color("ink-2"), font }));
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.lineWidth = 4;
    ctx.lineJoin = "round";
    ctx.strokeStyle = color("surface");
    const placed = [];
    for (const one of [...ends, ...levels].sort((one, other) => other.level - one.level)) {
      const near = placed.filter(({ x }) => Math.abs(x - one.x) < text * 5.5);
      const y = Math.max(height(box, one.level), ...near.map((above) => above.y + text * 1.25));
      placed.push({ x: one.x, y });
      ctx.font = one.font;
      ctx.fillStyle = one.color;
      ctx.strokeText(one.text, one.x + 6, y);
      ctx.fillText(one.text, one.x + 6, y);
    }
  });
}

/** Lettered plan changes, numbered events, and below the weeks what was asked. */
function beside(chart, { changes, events, lanes }, { color, font, text }) {
  const x = (day) => chart.valToPos(day, "x", true) / devicePixelRatio;
  inPixels(chart, (ctx, box) => {
    const inside = ({ at }) => x(at) >= box.left - 1 && x(at) <= box.right + 1;
    ctx.font = `bold ${font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    for (const { at, text: letter } of changes.filter(inside)) {
      ctx.setLineDash([1.5, 3]);
      ctx.strokeStyle = color("ink-2");
      stroke(ctx, x(at), box.top - text * 1.35, x(at), box.bottom);
      ctx.fillStyle = color("ink");
      ctx.beginPath();
      ctx.arc(x(at), box.top - text * 1.35, text * 0.75, 0, 2 * Math.PI);
      ctx.fill();
      ctx.fillStyle = color("paper");
      ctx.fillText(letter, x(at), box.top - text * 1.3);
    }
    for (const { at, text: number } of events.filter(inside)) {
      ctx.fillStyle = color("pine");
      ctx.beginPath();
      ctx.roundRect(x(at + 0.5) - 8, box.bottom - 18, 16, 16, 3);
      ctx.fill();
      ctx.fillStyle = color("on-pine");
      ctx.fillText(number, x(at + 0.5), box.bottom - 9.5);
    }
    ctx.font = font;
    ctx.textAlign = "left";
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.rect(box.left, box.bottom, box.right - box.left + text * 4.6, LANE * (lanes.length + 2));
    ctx.clip();
    lanes.forEach(({ name, kind, spans }, n) => {
      const y = box.bottom + text * 2 + LANE * n;
      ctx.fillStyle = color(kind === "pause" ? "sunken" : "pine-tint");
      for (const [first, last] of spans) ctx.fillRect(x(first), y, x(last) - x(first), LANE - 3);
      ctx.fillStyle = color("ink");
      const from = Math.max(x(spans[0][0]), box.left) + 4;
      const late = from > (box.left + box.right) / 2;
      ctx.textAlign = late ? "right" : "left";
      ctx.fillText(name, late ? Math.min(x(spans.at(-1)[1]), box.right) - 4 : from, y + (LANE - 3) / 2);
    });
  });
}

function stroke(ctx, fromX, fromY, toX, toY) {
  ctx.beginPath();
  ctx.moveTo(fromX, fromY);
  ctx.lineTo(toX, toY);
  ctx.stroke();
}
