// Who does nothing for a while is signed out, with a warning before. What was typed waits in this tab, and is put back
// when the same person opens the page again. The server keeps the time by itself: see accounts/sessions.py. (This file
// shares its names with desk.js.)

const form = /** @type {HTMLFormElement} */ (document.getElementById("idle"));
const saidHere = document.getElementById("idle-said");
const stayButton = document.getElementById("idle-stay");
const IDLE = Number(form.dataset.seconds) * 1000;
const WARNING = Number(form.dataset.warning) * 1000;
const TELL = IDLE / 4; // how long the server may not have heard of somebody who only reads or types
const TYPED = "amble-typed";
const tabs = new BroadcastChannel("amble-desk");

let active = Date.now(); // when the person last did something, in any tab
let told = Date.now(); // when the server last heard of it
let isLeaving = false;

// --- who is there ----------------------------------------------------------------------------------------

function did(event) {
  if (stayButton.contains(event.target)) return; // it says so itself, by its click
  if (Date.now() - active > 1000) tabs.postMessage(Date.now());
  active = Date.now();
  if (!stayButton.hidden) stay();
}

function stay() {
  active = Date.now();
  tabs.postMessage(active);
  warn(false);
  tellServer();
}

async function tellServer() {
  told = Date.now();
  try {
    const { status } = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
    if (status !== 204) leave();
  } catch {
    // No connection: the clock here goes on, and the next page says the rest.
  }
}

function warn(on) {
  if (stayButton.hidden !== on) return;
  stayButton.hidden = !on;
  form.classList.toggle("shown", on);
  const minutes = Math.round(WARNING / 60_000);
  saidHere.textContent = on ? `Nothing was done here for a while. You will be signed out in ${minutes} minutes.` : "";
}

function look() {
  const idle = Date.now() - active;
  if (idle >= IDLE) return leave();
  warn(idle >= IDLE - WARNING);
  if (active > told && Date.now() - told > TELL) tellServer();
}

/** Off the screen with the page: somebody else may stand before it. */
function leave() {
  if (isLeaving) return; // a page that goes is hidden first, and looks again
  isLeaving = true;
  keep();
  const here = new FormData(form);
  here.set("idle", location.pathname + location.search);
  const out = document.createElement("form");
  out.method = "post";
  out.action = form.dataset.signOut;
  for (const [name, value] of here) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = String(value);
    out.append(field);
  }
  document.body.append(out);
  out.submit();
}

for (const kind of ["keydown", "pointerdown", "wheel", "touchmove"]) document.addEventListener(kind, did, { capture: true, passive: true });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  stay();
});
tabs.addEventListener("message", ({ data }) => {
  active = Math.max(active, data);
  warn(false);
});
document.addEventListener("visibilitychange", look);
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) leave();
});
setInterval(look, 5000);
tabs.postMessage(active);

// --- what was typed ----------------------------------------------------------------------------------------

const changed = (field) => {
  if (field.type === "hidden" || field.type === "password" || !field.name) return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field instanceof HTMLSelectElement) return [...field.options].some((one) => one.selected !== one.defaultSelected && (one.selected || field.multiple));
  return field.value !== field.defaultValue;
};

/** The forms of this page that send something; the builder saves each change by itself. */
const forms = () => [...document.querySelectorAll("main form")].filter((one) => one.method === "post" && one.id !== "builder");

function keep() {
  const typed = forms().flatMap((one) =>
    [...one.elements].filter(changed).map((field) => ({
      action: one.getAttribute("action") ?? "",
      name: field.name,
      value: field.value,
      box: field.type === "checkbox" || field.type === "radio",
      checked: field.checked,
    })),
  );
  if (!typed.length) return;
  sessionStorage.setItem(TYPED, JSON.stringify({ person: form.dataset.person, page: location.pathname + location.search, typed }));
}

function putBack() {
  const kept = JSON.parse(sessionStorage.getItem(TYPED) ?? "null");
  if (!kept) return;
  if (kept.person !== form.dataset.person) return sessionStorage.removeItem(TYPED);
  if (kept.page !== location.pathname + location.search) return;
  sessionStorage.removeItem(TYPED);
  const homeless = kept.typed.filter((one) => !fill(one) && !one.box).map((one) => one.value);
  const note = document.createElement("p");
  note.textContent = "You were signed out. What you had typed is here again. It is not saved yet.";
  if (homeless.length) note.textContent = `You were signed out. This was not saved, and its form is gone: ${homeless.join(" · ")}`;
  const place = document.createElement("div");
  place.className = "messages";
  place.setAttribute("role", "status");
  place.append(note);
  document.getElementById("alarms")?.after(place);
}

function fill({ action, name, value, checked }) {
  const where = forms().filter((one) => (one.getAttribute("action") ?? "") === action);
  for (const field of where.flatMap((one) => [...one.elements]).filter((one) => one.name === name)) {
    const box = field.type === "checkbox" || field.type === "radio";
    if (box && field.value !== value) continue;
    if (box) field.checked = checked;
    else field.value = value;
    for (let up = field.closest("details"); up; up = up.parentElement?.closest("details")) up.open = true;
    return true;
  }
  return false;
}

for (const one of document.querySelectorAll(".who form")) one.addEventListener("submit", () => sessionStorage.removeItem(TYPED));
putBack();
