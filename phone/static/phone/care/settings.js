// What the patient chooses for this phone: the language, how large the keys are, and the skin in the pictures.

import { hint, identity } from "../identity.js";
import { isSaved, say } from "../router.js";
import { keep, kept } from "../store.js";
import { html, svg } from "../vendor/lit-html.js";
import { language, LANGUAGES, speak, t } from "../words.js";
import { tellLanguage } from "./language.js";

// As in exercises/static/exercises/figures.css.
const SKINS = ["#EFC9AB", "#DDAC86", "#C68F6A", "#96623F", "#694530"];
const USUAL_SKIN = "3";

/** @returns {Promise<Settings>} */
export async function settings() {
  return (await kept("settings")) ?? {};
}

/** @param {Settings} chosen */
export function languageView(chosen) {
  return html`<fieldset>
    <legend>${t("help.language")}</legend>
    <div class="choices">
      ${/** @type {[Language, string][]} */ (Object.entries(LANGUAGES)).map(
        ([code, name]) => html`<label lang="${code}"
          ><input type="radio" name="language" ?checked=${code === language} @change=${() => chooseLanguage(chosen, code)} /><span
            >${name}</span
          ></label
        >`,
      )}
    </div>
  </fieldset>`;
}

/** @param {Settings} chosen */
export function settingsView(chosen) {
  return html`
    ${languageView(chosen)}
    <fieldset>
      <legend>${t("help.skin")}</legend>
      <div class="choices">
        ${SKINS.map((colour, index) => {
          const skin = String(index + 1);
          return html`<label
            ><input type="radio" name="skin" aria-label="${t("help.skin_of", { n: skin, all: SKINS.length })}" ?checked=${skin === (chosen.skin ?? USUAL_SKIN)} @change=${() => choose({ ...chosen, skin })} /><svg
              width="28" height="28" viewBox="0 0 28 28" aria-hidden="true">${svg`<circle cx="14" cy="14" r="13" fill="${colour}" stroke="currentColor" />`}</svg
          ></label>`;
        })}
      </div>
    </fieldset>
    <label class="tick"
      ><input type="checkbox" ?checked=${chosen.large} @change=${() => choose({ ...chosen, large: !chosen.large })} /><span
        >${t("help.large")} <span class="muted small">${t("help.large_why")}</span></span
      ></label
    >
  `;
}

/** @param {Settings} chosen */
async function choose(chosen) {
  if (chosen.language) await speak(chosen.language);
  hint(chosen);
  if (await isSaved(keep("settings", chosen))) say(t("help.settings"));
}

/** @param {Settings} chosen @param {Language} code */
async function chooseLanguage(chosen, code) {
  await choose({ ...chosen, language: code });
  if (await identity()) await tellLanguage(code);
}
