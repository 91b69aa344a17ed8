// What makes the desk quick. Nothing depends on it: each link and each form works without this file.

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")];
const link = (row) => row.querySelector("[data-open]") ?? row.querySelector("a[href], button, summary");

// --- keys ----------------------------------------------------------------------------------------------

const places = { p: 0, f: 1, m: 2, r: 3, t: 4 };
let going = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target)) {
    if (event.key === "Escape" && event.target.type === "search") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  const place = going ? places[event.key] : undefined;
  going = false;
  if (place !== undefined) {
    event.preventDefault();
    document.querySelectorAll("#places a")[place]?.click();
  } else if (act(event.key)) {
    event.preventDefault();
  }
});

/** Do what a key stands for, and say whether it stood for anything here. */
function act(key) {
  switch (key) {
    case "j":
    case "ArrowDown":
      return step(1, key);
    case "k":
    case "ArrowUp":
      return step(-1, key);
    case "a":
      return acknowledge();
    case "m":
      return write();
    case "/":
      return search();
    case "g":
      going = true;
      return true;
    case "?":
      document.getElementById("keys")?.showModal();
      return true;
    default:
      return false;
  }
}

/** The row that has the focus moves by one. An arrow outside of the rows scrolls, as always. */
function step(by, key) {
  const all = rows();
  const here = all.findIndex((row) => row.contains(document.activeElement));
  if (!all.length || (here < 0 && key.startsWith("Arrow"))) return false;
  const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + by, 0), all.length - 1)];
  link(next)?.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function acknowledge() {
  const row = document.activeElement?.closest("[data-row]") ?? document;
  const button = row.querySelector("button[data-acknowledge]");
  button?.click();
  return Boolean(button);
}

/** To the thread of the patient whose row has the focus. */
function write() {
  const row = document.activeElement?.closest("[data-messages]");
  if (row) location.assign(row.dataset.messages);
  return Boolean(row);
}

function search() {
  const field = document.querySelector("input[type=search]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

// --- how fresh a page is ---------------------------------------------------------------------------------

const MINUTE = 60_000;

/** "Updated 2 min ago", and in plain words when the last try failed. */
function tell() {
  for (const line of document.querySelectorAll("[data-updated]")) {
    const minutes = Math.floor((Date.now() - Number(line.dataset.arrived)) / MINUTE);
    const ago = minutes < 1 ? "just now" : `${minutes} min ago`;
    const failing = line.dataset.failing !== undefined;
    line.classList.toggle("stale", failing);
    line.textContent = failing ? `not updated since ${line.dataset.updated}: no connection, trying again` : `updated ${ago}`;
  }
}

/** A page is as old as its arrival here; the clock of this computer may be wrong by any time. */
function arrived() {
  for (const line of document.querySelectorAll("[data-updated]:not([data-arrived])")) line.dataset.arrived = String(Date.now());
  tell();
}

const failed = () => {
  for (const line of document.querySelectorAll("[data-updated]")) line.dataset.failing = "";
  tell();
};

document.addEventListener("htmx:afterSettle", arrived);
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:timeout", failed);
setInterval(tell, MINUTE / 4);
arrived();

// --- a new red flag is said aloud -----------------------------------------------------------------------

const openFlags = () => Number(document.getElementById("places")?.dataset.flags ?? 0);
let heard = openFlags();

function hear() {
  const flags = openFlags();
  const news = document.getElementById("news");
  if (news && flags > heard) news.textContent = `A new red flag. ${flags} open now.`;
  heard = flags;
}

// --- what a poll must not disturb -------------------------------------------------------------------------

/** Where the focus was, by the address of its row: a poll puts new rows in place of those. */
let focused = null;

document.addEventListener("htmx:beforeRequest", (event) => {
  const busy = document.activeElement?.closest("[data-rows] form, [data-rows] details[open]");
  if (event.detail.requestConfig?.headers?.["HX-Trigger"] === "poll" && (document.hidden || busy)) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", () => {
  focused = document.activeElement?.closest("[data-row]")?.id ?? null;
});
document.addEventListener("htmx:afterSwap", () => {
  hear();
  const row = focused && document.getElementById(focused);
  if (row && !row.contains(document.activeElement)) link(row)?.focus({ preventScroll: true });
});
