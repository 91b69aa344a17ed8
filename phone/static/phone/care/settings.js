// What the patient chooses for this phone: the language, and how large the keys are.

import { hint } from "../identity.js";
import { say } from "../router.js";
import { keep, kept } from "../store.js";
import { html } from "../vendor/lit-html.js";
import { language, LANGUAGES, speak, t } from "../words.js";

/** @returns {Promise<Settings>} */
export async function settings() {
  return (await kept("settings")) ?? {};
}

/** @param {Settings} chosen */
export function settingsView(chosen) {
  return html`
    <fieldset>
      <legend>${t("help.language")}</legend>
      <div class="choices">
        ${/** @type {[Language, string][]} */ (Object.entries(LANGUAGES)).map(
          ([code, name]) => html`<label lang="${code}"
            ><input type="radio" name="language" ?checked=${code === language} @change=${() => choose({ ...chosen, language: code })} /><span
              >${name}</span
            ></label
          >`,
        )}
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
  await keep("settings", chosen);
  say(t("help.settings"));
}
