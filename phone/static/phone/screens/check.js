// The symptom check: /app/check, a screen of it ?q=3, and what it came to ?advice. It needs no network.

import { advice, adviceTitle, adviceView } from "../check/advice.js";
import { answer, commit, isUnsaved, latest, worries } from "../check/answers.js";
import { checkFile, inWords, pages } from "../check/file.js";
import { go, refresh, screen } from "../router.js";
import { heard } from "../identity.js";
import { html, nothing } from "../vendor/lit-html.js";
import { language, t } from "../words.js";

const STANDS_MS = 5_000; // a yes that was not corrected by then is meant, also without Next

/** The questions that Next found without an answer. @type {string[]} */
let missing = [];
/** The screen whose radios are drawn. */
let drawn = -1;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @typedef {{file: CheckFile, all: CheckQuestion[][], n: number, draft: CheckDraft | undefined}} Page */

export default screen({
  async load(params) {
    const file = await checkFile();
    const last = await latest();
    if (!file) return null;
    const stopped = Boolean((await heard("today"))?.stopped);
    if (params.has("advice") && (last || stopped)) return { advice: await advice(file, last) };
    const draft = last?.done ? undefined : last;
    const all = pages(file.questions);
    const unanswered = all.findIndex((page) => page.some(({ id }) => !draft?.answers[id]));
    const open = unanswered < 0 ? all.length - 1 : unanswered;
    const q = Number(params.get("q"));
    // Nobody skips a question by its address.
    if (q) return { page: { file, all, draft, n: Math.min(Math.max(q - 1, 0), open) } };
    return { start: { file, open, isUnderWay: draft !== undefined, stopped } };
  },

  title(data) {
    if (data?.advice) return adviceTitle(data.advice);
    if (data?.page) return `${t("check.title")}, ${t("check.step", { n: data.page.n + 1, all: data.page.all.length })}`;
    return t("check.title");
  },

  render(data) {
    if (!data?.page) drawn = -1;
    if (data?.advice) return adviceView(data.advice, goOn, startAgain);
    if (data?.page) return questions(data.page);
    return start(data?.start);
  },

  leave() {
    missing = [];
    void keepYes();
  },
});

// --- the start --------------------------------------------------------------------------------------------

/** @param {{file: CheckFile, open: number, isUnderWay: boolean, stopped: boolean} | undefined} data */
function start(data) {
  if (!data) {
    return html`<h1>${t("check.title")}</h1>
      <p class="card danger">${t("check.no_file")}</p>
      <p><a class="link" href="/app/">${t("pain.back_to_today")}</a></p>`;
  }
  const { file, open, isUnderWay, stopped } = data;
  return html`
    <h1>${t("check.title")}</h1>
    ${stopped ? html`<p class="card danger">${t("today.stopped_title")}. <a href="/app/check?advice">${t("today.stopped_link")}</a></p>` : nothing}
    <p class="sentence">${inWords(file.intro)}</p>
    ${file.to_confirm[language] ? html`<p class="notice">${t("check.unconfirmed")}</p>` : nothing}
    <p class="muted">${t("check.minutes")} ${t("check.offline")}</p>
    ${isUnderWay
      ? html`<p><button type="button" class="link" @click=${startAgain}>${t("check.start_again")}</button></p>`
      : nothing}
    <p class="bar">
      <a class="button quiet" href="/app/">${t("check.close")}</a>
      <a class="button" href="/app/check?q=${isUnderWay ? open + 1 : 1}">${t(isUnderWay ? "check.go_on" : "check.start")}</a>
    </p>
  `;
}

/** What was answered before stays as it is; the questions are asked from the first one. */
async function startAgain() {
  await commit({ done: true }).catch(console.error);
  go("/app/check?q=1");
}

async function goOn() {
  const file = await checkFile();
  const draft = await latest();
  const open = pages(file?.questions ?? []).findIndex((page) => page.some(({ id }) => !draft?.answers[id]));
  go(`/app/check?q=${open + 1}`);
}

// --- a screen of questions ----------------------------------------------------------------------------------

/** @param {Page} page */
function questions(page) {
  const { all, n, draft } = page;
  const asked = /** @type {CheckQuestion[]} */ (all[n]);
  if (drawn !== n) {
    drawn = n;
    // The keys of the screen before are used again; without this they would still be pressed.
    queueMicrotask(() => /** @type {HTMLFormElement | null} */ (document.getElementById("check"))?.reset());
  }
  const alone = asked.length === 1;
  return html`
    <div class="steps" role="img" aria-label="${t("check.step", { n: n + 1, all: all.length })}">
      ${all.map((_, step) => html`<span class="${step <= n ? "there" : ""}"></span>`)}
    </div>
    <form
      id="check"
      novalidate
      @submit=${(/** @type {SubmitEvent} */ event) => void next(event, page)}
      @change=${(/** @type {Event} */ event) => void choose(event, asked)}
    >
      ${alone ? nothing : html`<h1>${t("check.more")}</h1>`}
      ${missing.length ? html`<p class="card danger" role="alert">${t("check.missing")}</p>` : nothing}
      ${isUnsaved() ? html`<p class="notice" role="alert">${t("check.not_saved")}</p>` : nothing}
      ${asked.map((one) => question(one, draft?.answers[one.id]?.said, alone))}
      <p class="bar">
        ${n ? html`<a class="button quiet" href="/app/check?q=${n}">${t("check.back")}</a>` : html`<a class="button quiet" href="/app/">${t("check.close")}</a>`}
        <button class="button">${t(n === all.length - 1 ? "check.finish" : "check.next")}</button>
      </p>
    </form>
  `;
}

/** @param {CheckQuestion} one @param {Said | undefined} chosen @param {boolean} alone */
function question(one, chosen, alone) {
  const { question, examples } = inWords(one.text);
  return html`<fieldset class="asked" aria-describedby="examples-${one.id}" data-missing="${missing.includes(one.id)}">
    <legend>${alone ? html`<h1>${question}</h1>` : html`<h2>${question}</h2>`}</legend>
    <ul class="examples" id="examples-${one.id}">
      ${examples.map((example) => html`<li>${example}</li>`)}
    </ul>
    <div class="answers ${alone ? "" : "close"}">
      ${/** @type {Said[]} */ (["yes", "no", "not_sure"]).map(
        (said) => html`<label><input type="radio" name="${one.id}" value="${said}" ?checked=${said === chosen} /><span>${t(`check.${said}`)}</span></label>`,
      )}
    </div>
  </fieldset>`;
}

/** @param {Event} event @param {CheckQuestion[]} asked */
async function choose(event, asked) {
  const { name, value } = /** @type {HTMLInputElement} */ (event.target);
  const one = asked.find(({ id }) => id === name);
  if (!one) return;
  missing = missing.filter((id) => id !== name);
  clearTimeout(timer);
  timer = setTimeout(() => void keepYes(), STANDS_MS);
  await answer(one, /** @type {Said} */ (value)).catch(console.error); // Next tries again
}

/** Half a check with a yes in it becomes a record: the patient may never come back to press Next. */
async function keepYes() {
  clearTimeout(timer);
  await commit().catch(console.error);
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") void keepYes();
});

/** @param {SubmitEvent} event @param {Page} page */
async function next(event, { all, n }) {
  event.preventDefault();
  clearTimeout(timer);
  const asked = /** @type {CheckQuestion[]} */ (all[n]);
  const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
  missing = asked.filter(({ id }) => !form.has(id)).map(({ id }) => id);
  if (missing.length) {
    await refresh();
    /** @type {HTMLElement | null} */ (document.querySelector(`input[name="${missing[0]}"]`))?.focus();
    return;
  }
  const said = (/** @type {CheckQuestion} */ one) => /** @type {Said} */ (form.get(one.id));
  const isWorrying = asked.some((one) => worries({ said: said(one) }));
  const last = n === all.length - 1;
  // A phone that cannot save asks on: the yes may be to the next question.
  for (const one of asked) await answer(one, said(one)).catch(console.error);
  await commit({ done: last }).catch(console.error);
  go(isWorrying || last ? "/app/check?advice" : `/app/check?q=${n + 2}`);
}
