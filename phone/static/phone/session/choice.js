// One question with a few answers, none of them chosen before the patient does.

import { html } from "../vendor/lit-html.js";
import { t } from "../words.js";
import { REACHES } from "./steps.js";

/**
 * @template {string} Answer
 * @param {{name: string, question: string, chosen: Answer | undefined, answers: [Answer, string][], pick: (answer: Answer) => void}} asked
 */
export function choice({ name, question, chosen, answers, pick }) {
  return html`<fieldset>
    <legend>${question}</legend>
    <div class="choices">
      ${answers.map(
        ([answer, text]) => html`<label
          ><input type="radio" name="${name}" value="${answer}" .checked=${answer === chosen} @change=${() => pick(answer)} /><span>${text}</span></label
        >`,
      )}
    </div>
  </fieldset>`;
}

/** How far down the leg it goes. @param {string} name @param {string} question @param {Reach | undefined} chosen @param {(reach: Reach) => void} pick */
export function reachChoice(name, question, chosen, pick) {
  return choice({ name, question, chosen, answers: REACHES.map((reach) => [reach, t(`pain.reach_${reach}`)]), pick });
}
