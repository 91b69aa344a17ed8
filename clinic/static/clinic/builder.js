// The line editor with scripts: the same buttons and the same form, sent in the background. The server draws every
// number and sentence; this module puts its answer in place, moves lines, and keeps the keyboard where it was.

const WAIT_MS = 700; // after the last key, before a draft is saved
const main = document.getElementById("main");
const said = () => document.getElementById("said");
const editor = () => /** @type {HTMLFormElement} */ (document.getElementById("builder"));

let timer = 0;
let turn = Promise.resolve(); // one request at a time: each names the version that the one before made

/** Say something to eyes and ears. */
function say(text, bad = false) {
  const place = said();
  place.textContent = text;
  place.classList.toggle("hidden", !text);
  place.classList.toggle("bad", bad);
}

/** Send the form as one of its buttons would; the page that answers, parsed and never run. */
function send(action) {
  return new Promise((resolve, reject) => {
    const body = new FormData(editor());
    body.set("do", action);
    const request = new XMLHttpRequest();
    request.open("POST", editor().action);
    request.responseType = "document";
    request.timeout = 20_000;
    request.onload = () => resolve(request);
    request.onerror = request.ontimeout = reject;
    request.send(body);
  });
}

/** Do one after the other; what fails is told, and the form keeps what was typed. */
function queue(action, whole) {
  clearTimeout(timer);
  timer = 0;
  turn = turn.then(() => save(action, whole)).catch(() => say("Not saved: there is no connection. What you typed stays here.", true));
  return turn;
}

async function save(action, whole) {
  const held = document.activeElement;
  editor().inert = whole; // the form is about to be replaced: nothing typed meanwhile may be lost with it
  try {
    const { status, response: page } = await send(action);
    if (status === 409) return leave(action); // the page of two versions, with all that was typed
    const fresh = page?.getElementById("builder");
    if (!fresh) {
      say("Not saved: you are signed out, or this patient is not yours any more. Sign in in another tab, then change anything here.", true);
    } else if (whole && status === 200) {
      replace(fresh, page);
    } else {
      refresh(fresh);
    }
  } finally {
    if (editor().inert) {
      editor().inert = false;
      held?.focus();
    }
  }
}

/** Put in place what the server says about the values that stand here; the fields themselves stay as they are. */
function refresh(fresh) {
  editor().elements.namedItem("version").value = fresh.elements.namedItem("version").value;
  for (const piece of fresh.querySelectorAll("[data-live]:not(.notices)")) {
    document.getElementById(piece.id)?.replaceWith(document.adoptNode(piece));
  }
  notices(fresh);
  if (said().classList.contains("bad")) say("");
}

/** What each line is warned of. After a drag the page numbers lines otherwise than this one: go by their order. */
function notices(fresh) {
  const theirs = [...fresh.querySelectorAll(".line")];
  lines().forEach((line, n) => {
    const from = theirs[n]?.querySelector(".notices");
    const to = line.querySelector(".notices");
    if (from && to) to.replaceChildren(...from.childNodes);
    line.classList.toggle("wrong", Boolean(theirs[n]?.classList.contains("wrong")));
    for (const input of line.querySelectorAll(".stepper input")) {
      const name = input.name.split("-").at(-1);
      const wrong = theirs[n]?.querySelector(`.stepper.${name}`)?.classList.contains("wrong") ?? false;
      input.closest(".stepper").classList.toggle("wrong", wrong);
      input.toggleAttribute("aria-invalid", wrong);
    }
  });
}

/** Put the server's whole form in place of this one, with the same parts open, and go on at what it names. */
function replace(fresh, page) {
  const search = document.getElementById("q")?.value ?? "";
  const open = [...editor().querySelectorAll("details[open]")].map((one) => one.closest("[id]")?.id + one.className);
  editor().replaceWith(document.adoptNode(fresh));
  prepare();
  for (const one of editor().querySelectorAll("details")) {
    if (open.includes(one.closest("[id]")?.id + one.className) && !one.closest(".line")) one.open = true;
  }
  const field = document.getElementById("q");
  if (field && search) {
    field.value = search;
    narrow(search);
  }
  (document.getElementById(editor().dataset.focus ?? "") ?? document.getElementById("lines"))?.focus();
  say(page.querySelector(".messages")?.textContent.trim() ?? "");
}

/** A real form submission, after everything before it. */
function leave(action) {
  const button = document.createElement("button");
  button.name = "do";
  button.value = action;
  button.hidden = true;
  button.dataset.real = "";
  editor().append(button);
  setTimeout(() => editor().requestSubmit(button)); // a form does not submit from inside its own submit event
}

// --- values -------------------------------------------------------------------------------------------

function soon() {
  clearTimeout(timer);
  timer = setTimeout(() => queue("save", false), WAIT_MS);
}

/** A stepper's button changes its number here; at the end of the range it stays. */
function step(button) {
  const input = button.parentElement.querySelector("input");
  const before = input.value;
  const [least, most] = [Number(input.min), Number(input.max)];
  const start = input.value === "" ? least - (button.value.startsWith("more") ? 1 : -1) : Number(input.value);
  const by = button.value.startsWith("more") ? 1 : -1;
  input.value = String(Math.min(most, Math.max(least, start + by)));
  if (input.value !== before) soon();
}

// --- order --------------------------------------------------------------------------------------------

const lines = () => [...document.querySelectorAll("#lines > .line")];

function move(line, by) {
  const all = lines();
  const to = all.indexOf(line) + by;
  if (to < 0 || to >= all.length) return;
  const held = document.activeElement;
  all[to][by < 0 ? "before" : "after"](line);
  held?.focus();
  moved(line);
}

function moved(line) {
  const all = lines();
  say(`${line.dataset.name} moved to ${all.indexOf(line) + 1} of ${all.length}.`);
  soon();
}

/** Drag by the handle, with a mouse, a pen or a finger. */
function drag(event) {
  const grip = event.target.closest(".grip");
  if (!grip || event.button) return;
  event.preventDefault();
  const line = grip.closest(".line");
  const before = lines().indexOf(line);
  grip.setPointerCapture(event.pointerId);
  line.classList.add("held");
  const follow = ({ clientY }) => {
    const other = lines().find((one) => one !== line && clientY > one.getBoundingClientRect().top && clientY < one.getBoundingClientRect().bottom);
    if (!other) return;
    const { top, height } = other.getBoundingClientRect();
    other[clientY < top + height / 2 ? "before" : "after"](line);
    grip.setPointerCapture(event.pointerId); // a line that moved in the page has lost it
  };
  const drop = () => {
    line.classList.remove("held");
    document.removeEventListener("pointermove", follow);
    if (lines().indexOf(line) !== before) moved(line);
  };
  document.addEventListener("pointermove", follow);
  document.addEventListener("pointerup", drop, { once: true });
  document.addEventListener("pointercancel", drop, { once: true });
}

// --- the catalog --------------------------------------------------------------------------------------

function narrow(text) {
  const wanted = text.trim().toLocaleLowerCase();
  let found = 0;
  for (const section of document.querySelectorAll("#catalog section")) {
    let shown = 0;
    for (const button of section.querySelectorAll("[data-find]")) {
      const fits = button.dataset.find.toLocaleLowerCase().includes(wanted);
      button.parentElement.hidden = !fits;
      shown += Number(fits);
    }
    section.hidden = !shown;
    found += shown;
  }
  document.getElementById("nothing-found").hidden = found > 0;
}

// --- what people do -----------------------------------------------------------------------------------

function prepare() {
  editor().classList.add("scripted");
}

function pressed(event) {
  const button = event.submitter;
  if (!button || "real" in button.dataset) return;
  event.preventDefault();
  const [verb] = button.value.split(".");
  if (verb === "more" || verb === "less") step(button);
  else if (verb === "up" || verb === "down") move(button.closest(".line"), verb === "up" ? -1 : 1);
  else if (verb === "publish" || verb === "discard" || verb === "create") {
    clearTimeout(timer);
    turn.finally(() => leave(button.value));
  } else if (verb === "find") narrow(document.getElementById("q").value);
  else queue(button.value, verb !== "save");
}

function keyed(event) {
  const line = event.target.closest?.(".line");
  const arrow = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (event.altKey && arrow && line) {
    event.preventDefault();
    move(line, arrow);
  } else if (event.ctrlKey && event.key === "Enter" && editor()) {
    event.preventDefault();
    editor().querySelector("button.main").click();
  } else if (event.key === "/" && !event.target.matches("input:not([type=number], [type=checkbox]), textarea, select")) {
    event.preventDefault();
    document.getElementById("q")?.focus();
  } else if (event.key === "Enter" && event.target.id === "q") {
    event.preventDefault();
    document.querySelector("#catalog li:not([hidden]) button")?.click();
  }
}

if (editor()) {
  prepare();
  main.addEventListener("submit", (event) => event.target === editor() && pressed(event));
  main.addEventListener("input", (event) => (event.target.id === "q" ? narrow(event.target.value) : editor().contains(event.target) && soon()));
  main.addEventListener("pointerdown", drag);
  document.addEventListener("keydown", keyed);
  addEventListener("pagehide", () => {
    // What was typed in the last moment still goes.
    if (!timer) return;
    const body = new FormData(editor());
    body.set("do", "save");
    navigator.sendBeacon(editor().action, body);
  });
}
