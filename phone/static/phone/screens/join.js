// Join, and sign in again: a code from the clinic, the year of birth, and what the patient agrees to.

import { agree, cardsBeforeJoining } from "../care/consent.js";
import { join, NotJoined } from "../care/joining.js";
import { tellLanguage } from "../care/language.js";
import { languageView, settings } from "../care/settings.js";
import { hint, identity } from "../identity.js";
import { unsent } from "../records.js";
import { go, refresh, screen } from "../router.js";
import { html, nothing } from "../vendor/lit-html.js";
import { counted, language, t } from "../words.js";
import { synchronise } from "../sync.js";

const LETTERS = /[^2-9A-HJ-NP-Z]/g; // no 0 and O, no 1 and I

/** What was typed, while the next card is shown. */
const typed = { code: "", year: "" };
/** @type {"code" | "agree" | "working"} */
let step = "code";
/** @type {Word | ""} */
let problem = "";
/** What is asked to be agreed to. @type {{version: string, cards: ConsentCard[]} | null} */
let consent = null;

export default screen({
  async load() {
    if (location.hash) {
      typed.code = location.hash.slice(1);
      history.replaceState(null, "", location.pathname); // out of the address, so out of screenshots and shares
    }
    const known = await identity();
    return { again: Boolean(known), waiting: (await unsent()).own, chosen: await settings() };
  },

  title: (data) => (problem ? `${t("join.problem")}: ` : "") + t(data.again ? "join.again_title" : "join.title"),

  render: (data) => (step === "code" ? asked(data) : agreement()),

  leave() {
    consent = null;
    step = "code";
    problem = "";
  },
});

/** @param {{again: boolean, waiting: number, chosen: Settings}} data */
function asked({ again, waiting, chosen }) {
  const intro = again
    ? t("join.again", { kept: waiting ? counted("join.again_kept", waiting) : "" })
    : t("join.intro");
  return html`
    <h1>${t(again ? "join.again_title" : "join.title")}</h1>
    <p>${intro}</p>
    ${problem ? html`<p class="card danger" role="alert">${t(problem)}</p>` : nothing}
    <form novalidate @submit=${(/** @type {SubmitEvent} */ event) => next(event, again)}>
      <label class="field"
        >${t("join.code")}<span class="muted small">${t("join.code_hint")}</span>
        <input name="code" .value=${typed.code} autocapitalize="characters" autocomplete="one-time-code" spellcheck="false" required />
      </label>
      <label class="field"
        >${t("join.birth_year")}<span class="muted small">${t("join.birth_year_hint")}</span>
        <input name="year" .value=${typed.year} inputmode="numeric" autocomplete="bday-year" maxlength="4" required />
      </label>
      <button class="button">${t("join.next")}</button>
    </form>
    ${languageView(chosen)}
  `;
}

function agreement() {
  return html`
    <h1>${t("join.what_title")}</h1>
    ${problem ? html`<p class="card danger" role="alert">${t(problem)}</p>` : nothing}
    <ul class="cards">
      ${consent?.cards.map(({ title, text }) => html`<li class="card"><h2>${title}</h2><p>${text}</p></li>`)}
    </ul>
    <p class="row">
      <button type="button" class="button" ?disabled=${step === "working"} @click=${enter}>
        ${t(step === "working" ? "join.working" : "join.agree")}
      </button>
      <button type="button" class="link" @click=${() => turn("code", "")}>${t("join.back")}</button>
    </p>
  `;
}

/** @param {typeof step} to @param {typeof problem} why */
async function turn(to, why) {
  step = to;
  problem = why;
  await refresh();
  const place = /** @type {HTMLElement} */ (document.getElementById("screen"));
  const first = /** @type {HTMLElement} */ (place.querySelector("[role=alert]") ?? place.querySelector("h1"));
  first.setAttribute("tabindex", "-1");
  first.focus();
}

/** @param {SubmitEvent} event @param {boolean} again */
async function next(event, again) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
  typed.code = String(form.get("code"));
  typed.year = String(form.get("year"));
  if (typed.code.toUpperCase().replace(LETTERS, "").length !== 8) return turn("code", "join.code_wrong");
  if (!/^(19|20)\d\d$/.test(typed.year.trim())) return turn("code", "join.year_wrong");
  if (again) return enter(); // who was here before has agreed before
  return showCards();
}

async function showCards() {
  consent = await cardsBeforeJoining();
  return consent ? turn("agree", "") : turn("code", "join.no_network");
}

async function enter() {
  await turn("working", "");
  const before = (await identity())?.person;
  try {
    if (typed.code) await join({ code: typed.code, birth_year: Number(typed.year), device_name: device() });
    Object.assign(typed, { code: "", year: "" });
    // Somebody else signed in on a phone whose owner had agreed.
    if (!consent && (await identity())?.person !== before) return showCards();
    if (consent) await agree(consent.version);
  } catch (error) {
    if (error instanceof NotJoined) return turn("code", /** @type {Word} */ (`join.${error.message}`));
    console.error(error);
    return turn(consent ? "agree" : "code", "pain.not_saved");
  }
  if (consent) void tellLanguage(language); // in which the cards were read
  consent = null;
  hint({ joined: true });
  void navigator.storage?.persist?.();
  void synchronise({ always: true });
  go("/app/", { replace: true });
}

/** What the clinic's list of devices calls this one: its make, never a name. */
function device() {
  const makes = ["iPhone", "iPad", "Android", "Macintosh", "Windows", "Linux"]; // an Android names Linux as well
  return makes.find((make) => navigator.userAgent.includes(make)) ?? t("join.device");
}
