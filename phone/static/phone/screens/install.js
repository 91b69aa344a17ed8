// How Amble comes onto the Home Screen: the phone's own question where there is one, else a guide.

import { isInstalled, isIPhone } from "../reminding/push.js";
import { refresh, screen } from "../router.js";
import { html, svg } from "../vendor/lit-html.js";
import { t } from "../words.js";

export default screen({
  async load() {
    return { installed: isInstalled(), prompt: window.amble.install };
  },

  title: () => t("install.title"),

  render: ({ installed, prompt }) => html`
    <h1>${t("install.title")}</h1>
    <p>${t("install.why")}</p>
    ${
      installed
        ? html`<p class="ok">${t("install.done")}</p>`
        : prompt
          ? html`<p><button type="button" class="button" @click=${ask}>${t("install.button")}</button></p>`
          : html`<ol class="cards">
              ${
                isIPhone
                  ? html`<li class="card steps">${share()}<span>${t("install.share")}</span></li>
                      <li class="card steps">${plus()}<span>${t("install.add")}</span></li>
                      <li class="card">${t("install.open")}</li>`
                  : html`<li class="card steps">${dots()}<span>${t("install.menu")}</span></li>`
              }
              <li class="card">${t("install.then")}</li>
            </ol>`
    }
    <p><a class="link" href="/app/reminders">${t("reminders.title")}</a></p>
  `,
});

async function ask() {
  await window.amble.install?.prompt();
  window.amble.install = undefined; // a browser lets it be used once
  await refresh();
}

/** @param {Template} inside */
const sign = (inside) => html`<svg class="sign" viewBox="0 0 24 24" aria-hidden="true">${inside}</svg>`;
const share = () => sign(svg`<path d="M8 10H5v11h14V10h-3M12 15V3M8 7l4-4 4 4" />`);
const plus = () => sign(svg`<path d="M4 4h16v16H4zM12 8v8M8 12h8" />`);
const dots = () => sign(svg`<path d="M12 5v.1M12 12v.1M12 19v.1" />`);
