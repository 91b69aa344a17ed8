// Help first: whom to call, by the clinic's own words. Then the ways to everything that has no tab.

import { callCard } from "../check/calling.js";
import { checkFile } from "../check/file.js";
import { signOut } from "../care/joining.js";
import { settings, settingsView } from "../care/settings.js";
import { identity } from "../identity.js";
import { unsent } from "../records.js";
import { go, refresh, screen } from "../router.js";
import { html, nothing } from "../vendor/lit-html.js";
import { counted, t } from "../words.js";

let leaving = false;

export default screen({
  async load() {
    return { chosen: await settings(), who: await identity(), waiting: await unsent(), file: await checkFile() };
  },

  title: () => t("help.title"),

  render: ({ chosen, who, waiting, file }) => html`
    <h1>${t("help.title")}</h1>
    <section class="card danger">
      <h2>${t("help.now_title")}</h2>
      <p>${t("help.now")}</p>
      <p><a class="button" href="/app/check">${t("help.check")}</a></p>
    </section>
    ${file ? /** @type {const} */ (["emergency", "out_of_hours", "crisis_line"]).map((name) => callCard(name, file.contacts)) : nothing}
    <nav class="card ways" aria-label="${t("help.ways")}">
      <a href="/app/messages">${t("messages.title")}</a>
      <a href="/app/reminders">${t("reminders.title")}</a>
      <a href="/app/events">${t("events.title")}</a>
      <a href="/app/data">${t("data.title")}</a>
      <a href="/app/not-saved">${t("help.not_saved")} ${waiting.refused.length || nothing}</a>
    </nav>
    <section class="card">
      <h2>${t("help.settings")}</h2>
      ${settingsView(chosen)}
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
