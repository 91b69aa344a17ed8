// What is kept of the patient, and what they can do about it.

import { askNow } from "../care/asking.js";
import { answerConsent } from "../care/consent.js";
import { signOut } from "../care/joining.js";
import { askReadings, forgetReadings, readingsView } from "../care/readings.js";
import { settings, settingsView } from "../care/settings.js";
import { heard, identity } from "../identity.js";
import { day } from "../moments.js";
import { unsent } from "../records.js";
import { go, refresh, say, screen } from "../router.js";
import { transact } from "../store.js";
import { pull, synchronise } from "../sync.js";
import { html, nothing } from "../vendor/lit-html.js";
import { counted, dateInWords, dateWithin, t } from "../words.js";

/** @typedef {{id: number, name: string, created_at: string, last_used_on: string | null, revoked_at: string | null}} Device */

let isOpen = false;
/** Null until the server has answered. @type {Device[] | null} */
let devices = null;
/** How often the patient has said that all of it should go from this phone. */
let leaving = 0;
/** What could not be done, in the part of the screen that it was asked in. @type {{part: string, word: Word} | null} */
let problem = null;

export default screen({
  async load() {
    if (!isOpen) {
      isOpen = true;
      void pull(["consent"]);
      void askDevices();
      void askReadings();
    }
    const { own, refused } = await unsent();
    const waiting = own + refused.length; // what the clinic could not take is nowhere else either
    return { who: await identity(), consent: await heard("consent"), waiting, chosen: await settings() };
  },

  title: () => t("data.title"),

  render: ({ who, consent, waiting, chosen }) => html`
    <h1>${t("data.title")}</h1>
    ${consent ? agreement(consent) : html`<p class="card">${t("data.no_network")}</p>`}
    <section class="card">
      <h2>${t("data.copy")}</h2>
      <p>${t("data.copy_why")}</p>
      ${said("copy")}
      <p><button type="button" class="button quiet" @click=${() => saveCopy("export")}>${t("data.copy_save")}</button></p>
      <p>${t("data.copy_other")}</p>
      <p>
        <button type="button" class="link" @click=${() => saveCopy("export/csv")}>${t("data.copy_csv")}</button>
        <button type="button" class="link" @click=${() => saveCopy("export/fhir")}>${t("data.copy_fhir")}</button>
      </p>
    </section>
    <section class="card">
      <h2>${t("data.erase")}</h2>
      <p>${t("data.erase_why")}</p>
      <p><a class="button quiet" href="/app/messages?erase">${t("data.erase_ask")}</a></p>
    </section>
    ${readingsView()}
    <section class="card">
      <h2>${t("data.devices")}</h2>
      ${devices === null
        ? html`<p>${t("data.no_network")}</p>`
        : html`<ul class="cards">
            ${devices.map((one) => device(one, who?.device))}
          </ul>`}
      ${said("devices")}
    </section>
    <section class="card">
      <h2>${t("help.settings")}</h2>
      ${settingsView(chosen)}
    </section>
    ${who ? removal(waiting) : nothing}
  `,

  leave() {
    isOpen = false;
    devices = null;
    forgetReadings();
    leaving = 0;
    problem = null;
  },
});

/** @param {string} part */
const said = (part) => (problem?.part === part ? html`<p class="card danger" role="alert">${t(problem.word)}</p>` : nothing);

/** @param {typeof problem} what */
async function tell(what) {
  problem = what;
  await refresh();
}

// --- what was agreed to -------------------------------------------------------------------------------------

/** @param {ConsentAnswer} consent */
function agreement({ version, cards, answer }) {
  const isCurrent = answer?.version === version;
  const isGiven = isCurrent && answer.given;
  const on = answer && dateWithin(day(new Date(answer.answered_at)));
  return html`<section class="card">
    <h2>${t("data.consent")}</h2>
    <details ?open=${!isGiven}>
      <summary>${t("data.consent_read")}</summary>
      ${cards.map(({ title, text }) => html`<h3>${title}</h3><p>${text}</p>`)}
    </details>
    <p>
      ${!answer
        ? t("data.consent_none")
        : !isCurrent
          ? t("data.consent_changed")
          : t(isGiven ? "data.consent_given" : "data.consent_taken_back", { date: String(on) })}
    </p>
    ${said("consent")}
    <p>
      <button type="button" class="${isGiven ? "link" : "button"}" @click=${() => answered(version, !isGiven)}>
        ${t(isGiven ? "data.consent_take_back" : "data.consent_agree")}
      </button>
    </p>
  </section>`;
}

/** @param {string} version @param {boolean} given */
async function answered(version, given) {
  const isHeard = await answerConsent(version, given);
  await tell(isHeard ? null : { part: "consent", word: "data.not_heard" });
}

// --- a copy ---------------------------------------------------------------------------------------------------

/** @param {string} path which of its three forms */
async function saveCopy(path) {
  const answer = await askNow(path);
  if (answer?.status !== 200) return tell({ part: "copy", word: "data.not_heard" });
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "amble.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // a slow phone is still writing
  await tell(null);
  say(t("data.copy_saved"));
}

// --- the phones -----------------------------------------------------------------------------------------------

async function askDevices() {
  const answer = await askNow("devices?page_size=200");
  if (answer?.status !== 200) return;
  const all = /** @type {Device[]} */ ((await answer.json()).results);
  devices = all.filter((one) => !one.revoked_at);
  await refresh();
}

/** @param {Device} one @param {number | undefined} own */
function device(one, own) {
  const used = one.last_used_on ?? one.created_at.slice(0, 10);
  return html`<li class="row">
    <div>
      <strong>${one.name}</strong>
      <p class="muted small">${t(one.id === own ? "data.this_phone" : "data.last_used", { date: dateWithin(used) })}</p>
    </div>
    ${one.id === own
      ? nothing
      : html`<button type="button" class="link" @click=${() => signOutOther(one)}>
          ${t("data.sign_out")}<span class="hidden"> ${one.name}, ${dateInWords(used)}</span>
        </button>`}
  </li>`;
}

/** @param {Device} one */
async function signOutOther(one) {
  const answer = await askNow(`devices/${one.id}`, { method: "DELETE" });
  if (answer?.status !== 204 && answer?.status !== 404) return tell({ part: "devices", word: "data.not_heard" });
  say(t("data.signed_out"));
  problem = null;
  await askDevices();
}

// --- away from this phone -------------------------------------------------------------------------------------

/** @param {number} waiting */
function removal(waiting) {
  return html`<section class="card" id="removal">
    <h2>${t("data.remove")}</h2>
    <p>${t("data.remove_why")}</p>
    ${leaving && waiting ? html`<p class="card danger" role="alert">${counted("data.remove_unsent", waiting)}</p>` : nothing}
    ${leaving === 2 ? html`<p class="card danger" role="alert">${t("data.remove_lost")}</p>` : nothing}
    ${leaving === 0
      ? html`<p><button type="button" class="button quiet" @click=${() => leave(1)}>${t("data.remove")}</button></p>`
      : html`<p class="row">
          ${waiting && leaving === 1
            ? html`<button type="button" class="button" @click=${() => void synchronise({ always: true })}>${t("data.send_first")}</button>
                <button type="button" class="link" @click=${() => leave(2)}>${t("data.remove_anyway")}</button>`
            : html`<button type="button" class="button" @click=${away}>${t(waiting ? "data.remove_sure_lost" : "data.remove_sure")}</button>`}
          <button type="button" class="link" @click=${() => leave(0)}>${t("data.remove_not")}</button>
        </p>`}
  </section>`;
}

/** @param {number} times */
async function leave(times) {
  leaving = times;
  await refresh();
  /** @type {HTMLElement | null} */ (document.querySelector("#removal button"))?.focus();
}

async function away() {
  const who = await identity();
  await transact(["outbox", "refused"], "readwrite", async (transaction) => {
    for (const name of ["outbox", "refused"]) {
      const store = transaction.objectStore(name);
      for (const one of await store.getAll()) if (one.person === who?.person) await store.delete([one.id, one.revision]);
    }
  });
  await signOut();
  go("/app/join", { replace: true });
}
