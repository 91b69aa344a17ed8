// Help first; then what can be set on this phone.

import { hint, identity, signOut } from "../identity.js";
import { unsent } from "../records.js";
import { go, refresh, say, screen } from "../router.js";
import { keep, kept } from "../store.js";
import { html, nothing } from "../vendor/lit-html.js";
import { counted, language, LANGUAGES, speak, t } from "../words.js";

let leaving = false;

export default screen({
  async load() {
    const settings = /** @type {Settings | undefined} */ (await kept("settings"));
    return { settings: settings ?? {}, who: await identity(), waiting: await unsent() };
  },

  title: () => t("help.title"),

  render: ({ settings, who, waiting }) => html`
    <h1>${t("help.title")}</h1>
    <section class="card danger">
      <h2>${t("help.now_title")}</h2>
      <p>${t("help.now")}</p>
      <p><a class="button" href="/app/check">${t("help.check")}</a></p>
    </section>
    <section class="card">
      <h2>${t("help.settings")}</h2>
      <fieldset>
        <legend>${t("help.language")}</legend>
        <div class="choices">
          ${/** @type {[Language, string][]} */ (Object.entries(LANGUAGES)).map(
            ([code, name]) => html`<label lang="${code}"
              ><input type="radio" name="language" ?checked=${code === language} @change=${() => choose({ ...settings, language: code })} /><span
                >${name}</span
              ></label
            >`,
          )}
        </div>
      </fieldset>
      <label class="tick"
        ><input type="checkbox" ?checked=${settings.large} @change=${() => choose({ ...settings, large: !settings.large })} /><span
          >${t("help.large")} <span class="muted small">${t("help.large_why")}</span></span
        ></label
      >
      <p><a href="/app/reminders">${t("reminders.title")}</a></p>
      <p><a href="/app/not-saved">${t("help.not_saved")}</a> ${waiting.refused.length || nothing}</p>
    </section>
    ${who ? leave(waiting.own) : nothing}
  `,

  leave() {
    leaving = false;
  },
});

/** @param {number} waiting */
function leave(waiting) {
  return html`<section class="card">
    <p class="muted">${t("help.leave_why")} ${waiting ? counted("help.leave_unsent", waiting) : ""}</p>
    ${leaving
      ? html`<p class="row">
          <button type="button" class="button" @click=${out}>${t("help.leave_sure")}</button>
          <button type="button" class="link" @click=${() => ask(false)}>${t("help.leave_not")}</button>
        </p>`
      : html`<p><button type="button" class="link" @click=${() => ask(true)}>${t("help.leave")}</button></p>`}
  </section>`;
}

/** @param {boolean} now */
function ask(now) {
  leaving = now;
  void refresh();
}

async function out() {
  await signOut();
  go("/app/join", { replace: true });
}

/** @param {Settings} settings */
async function choose(settings) {
  if (settings.language) await speak(settings.language);
  hint(settings);
  await keep("settings", settings);
  say(t("help.settings"));
}
