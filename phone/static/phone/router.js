// Which screen is shown. Screens are modules that are loaded when they are first opened; see docs/phone.md.

import { onChange } from "./store.js";
import { html, render } from "./vendor/lit-html.js";
import { t } from "./words.js";

/** @type {Record<string, () => Promise<{default: AppScreen<any>}>>} */
let screens = {};
/** @type {AppScreen<any> | null} */
let shown = null;
let where = "";
let turn = 0;
let asked = 0;
let drawn = 0;

const place = () => /** @type {HTMLElement} */ (document.getElementById("screen"));

/**
 * What a module of screens/ exports by default.
 * @template Data @param {AppScreen<Data>} parts
 */
export const screen = (parts) => parts;

/** @param {typeof screens} known by the name in the address; "today" is /app/ itself */
export async function startRouter(known) {
  screens = known;
  onChange(() => void refresh());
  addEventListener("popstate", () => void open({ focus: true }));
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || link.origin !== location.origin || !link.pathname.startsWith("/app/") || link.target) return;
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
  await open({ focus: false });
}

/** Open a screen by its address, such as "/app/pain?id=…". @param {string} address @param {{replace?: boolean}} [how] */
export function go(address, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  void open({ focus: true });
}

/** Draw the screen that is shown once more, from what is kept now. */
export async function refresh() {
  if (shown) await draw(shown, turn);
}

/** Tell a screen reader, without moving anything; `seen` tells the eye as well. @param {string} text @param {{seen?: boolean}} [how] */
export function say(text, { seen = false } = {}) {
  const said = voice();
  said.textContent = said.textContent === text ? `${text} ` : text;
  said.classList.toggle("hidden", !seen);
}

const voice = () => /** @type {HTMLElement} */ (document.getElementById("voice"));

/** Whether what is being written came onto the disk. If not, the patient reads and hears so. @param {Promise<unknown>} writing */
export async function isSaved(writing) {
  try {
    await writing;
    return true;
  } catch (error) {
    console.error(error);
    say(t("pain.not_saved"), { seen: true });
    return false;
  }
}

/** @param {{focus: boolean}} how */
async function open({ focus }) {
  const name = location.pathname.slice("/app/".length) || "today";
  const known = name in screens ? name : "today";
  const mine = ++turn;
  const load = /** @type {() => Promise<{default: AppScreen<any>}>} */ (screens[known]);
  const next = await load().then((module) => module.default, notHere);
  if (mine !== turn) return;
  if (where !== known) shown?.leave?.();
  shown = next;
  where = known;
  voice().classList.add("hidden");
  try {
    if (!(await draw(next, mine))) return;
  } catch (error) {
    console.error(error);
    if (mine === turn) cannotRead();
    return;
  }
  document.documentElement.dataset.screen = known;
  for (const link of document.querySelectorAll("#tabs a")) {
    if (link.getAttribute("href") === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!focus) return;
  scrollTo(0, 0);
  const title = place().querySelector("h1") ?? place();
  title.setAttribute("tabindex", "-1");
  title.focus({ preventScroll: true });
}

/** In the first minute of a phone, and without a network. @param {unknown} error */
function notHere(error) {
  console.error(error);
  return screen({
    load: async () => null,
    title: () => t("shell.not_here"),
    // A browser may remember that a script could not be had, for as long as the page lives.
    render: () => html`<h1>${t("shell.not_here")}</h1>
      <p>${t("shell.not_here_why")}</p>
      <p class="row">
        <button type="button" class="button" @click=${() => location.reload()}>${t("shell.try_again")}</button>
        <a class="link" href="/app/">${t("pain.back_to_today")}</a>
      </p>`,
  });
}

/** Nothing that is kept here can be read, as in some private windows: then no tap could be saved, and none is asked for. */
export function cannotRead() {
  shown = null;
  document.documentElement.dataset.screen = "unreadable";
  document.title = `${t("shell.unreadable")} · Amble`;
  const trouble = html`<h1>${t("shell.unreadable")}</h1>
    <p>${t("shell.unreadable_why")}</p>
    <p class="card danger">${t("shell.help_now")}</p>
    <p><button type="button" class="button" @click=${() => location.reload()}>${t("shell.try_again")}</button></p>`;
  render(trouble, place());
}

/** @param {AppScreen<any>} screen @param {number} mine */
async function draw(screen, mine) {
  const order = ++asked;
  const data = await screen.load(new URLSearchParams(location.search));
  if (mine !== turn || screen !== shown) return false; // another screen was opened meanwhile
  if (order < drawn) return true; // what was asked for later is drawn already
  drawn = order;
  render(screen.render(data), place());
  document.title = `${screen.title(data)} · Amble`;
  return true;
}
