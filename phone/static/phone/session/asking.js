// The questions of a session: when it hurts too much, and at its end. All of them can be left out.

import { strip } from "../strip.js";
import { html, nothing } from "../vendor/lit-html.js";
import { t } from "../words.js";
import { choice, reachChoice } from "./choice.js";
import { change } from "./run.js";
import { amount, easierInstead, finish, goOn, isEnough, item, leaveOut } from "./steps.js";

/** @typedef {import("./steps.js").Playing} Playing */

/** @param {Playing} playing */
export function hurtsView(playing) {
  const { easier, language } = item(playing).text;
  return html`
    <h1>${t("session.hurts_title")}</h1>
    <p>${t("session.hurts_text")}</p>
    ${strip({
      label: t("pain.leg_now"),
      chosen: playing.hurting ?? null,
      pick: (score) => void change({ ...playing, hurting: score }),
    })}
    <div class="cards" aria-live="polite">
      ${playing.hurting === undefined
        ? nothing
        : isEnough(playing)
          ? html`<section class="card">
              <h2>${t("session.enough_title")}</h2>
              <p>${t("session.enough")}</p>
              <p><button type="button" class="button" @click=${() => change(finish(playing, Date.now()))}>${t("session.enough_next")}</button></p>
            </section>`
          : html`
              ${easier
                ? html`<section class="card">
                    <h2>${t("session.hurts_easier")}</h2>
                    <p lang="${language}">${easier}</p>
                    <p><button type="button" class="button" @click=${() => again(playing)}>${t("session.hurts_try")}</button></p>
                  </section>`
                : nothing}
              <p><button type="button" class="button quiet" @click=${() => change(leaveOut(playing, Date.now()))}>${t("session.hurts_leave")}</button></p>
            `}
    </div>
    <p><button type="button" class="link" @click=${() => change(goOn({ ...playing, hurting: undefined }, Date.now()))}>${t("session.hurts_slip")}</button></p>
  `;
}

/** @param {Playing} playing */
const again = (playing) => change(easierInstead(playing, Date.now()));

/**
 * @param {Playing} playing
 * @param {{save: () => void, failed: boolean}} given
 */
export function finishView(playing, { save, failed }) {
  const { said, reach } = playing;
  /** @param {Partial<typeof said>} more */
  const say = (more) => void change({ ...playing, said: { ...said, ...more } });
  return html`
    <h1>${t("session.finish_title")}</h1>
    <p class="muted">${t("session.finish_optional")}</p>
    ${strip({ label: t("session.worst"), chosen: said.worst ?? null, pick: (worst) => say({ worst }) })}
    ${reach === undefined
      ? nothing
      : choice({
          name: "further",
          question: t("session.further"),
          chosen: said.further === undefined ? undefined : said.further ? "yes" : "no",
          answers: [["no", t("pain.no")], ["yes", t("pain.yes")]],
          pick: (answer) => say({ further: answer === "yes" }),
        })}
    ${reach === undefined || said.further
      ? html`${reachChoice("reach-during", t("session.reach_during"), said.reach_during, (reach_during) => say({ reach_during }))}
        ${reachChoice("reach-after", t("session.reach_after"), said.reach_after, (reach_after) => say({ reach_after }))}`
      : nothing}
    ${choice({
      name: "newly",
      question: t("session.newly"),
      chosen: said.newly,
      answers: [["no", t("pain.no")], ["numb", t("session.newly_numb")], ["weak", t("session.newly_weak")], ["both", t("session.newly_both")]],
      pick: (newly) => say({ newly }),
    })}
    ${choice({
      name: "effort",
      question: t("session.effort"),
      chosen: said.effort,
      answers: [["easy", t("session.effort_easy")], ["right", t("session.effort_right")], ["hard", t("session.effort_hard")]],
      pick: (effort) => say({ effort }),
    })}
    ${whatWasDone(playing)}
    ${failed ? html`<p class="notice" role="alert">${t("pain.not_saved")}</p>` : nothing}
    <p><button type="button" class="button wide" @click=${save}>${t("session.save")}</button></p>
  `;
}

let changing = false;

/** A line an exercise, as it will be noted; the patient knows better than a timer. @param {Playing} playing */
function whatWasDone(playing) {
  return html`<section class="card done-list">
    <h2>${t("session.did")}</h2>
    <ul>
      ${playing.items.map((one, index) => {
        const { of, asked, did, begun } = amount(one);
        const unit = t(`session.unit_${of}`);
        return html`<li class="row">
          <span id="done-${index}" lang="${one.text.language}">${one.text.name}</span>
          ${changing
            ? html`<span
                ><input
                  type="number" inputmode="numeric" min="0" max="${asked}" .value=${String(did)}
                  aria-labelledby="done-${index}" aria-describedby="asked-${index}"
                  @change=${(/** @type {Event} */ event) => correct(playing, index, asked, /** @type {HTMLInputElement} */ (event.target))} />
                <span id="asked-${index}">${t("session.of_asked", { asked, unit })}</span></span
              >`
            : html`<span class="muted">${!begun ? t("session.left_out") : t("session.did_of", { did, asked, unit })}</span>`}
        </li>`;
      })}
    </ul>
    ${changing ? nothing : html`<p><button type="button" class="link" @click=${() => showInputs(playing)}>${t("session.change")}</button></p>`}
  </section>`;
}

/** @param {Playing} playing */
async function showInputs(playing) {
  changing = true;
  await change(playing);
  /** @type {HTMLElement | null} */ (document.querySelector(".done-list input"))?.focus();
}

/** @param {Playing} playing @param {number} index @param {number} asked @param {HTMLInputElement} input */
function correct(playing, index, asked, input) {
  const said = Math.min(asked, Math.max(0, Math.floor(input.valueAsNumber)));
  if (Number.isNaN(said)) return void change(playing);
  void change({ ...playing, items: playing.items.map((one, at) => (at === index ? { ...one, said } : one)) });
}

/** The next session shows its lines as they are. */
export function closeInputs() {
  changing = false;
}

