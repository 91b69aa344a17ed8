// How it goes: the server's sentence. Days without a number are not zero, they are not there.

import { heard } from "../identity.js";
import { screen } from "../router.js";
import { html } from "../vendor/lit-html.js";
import { t } from "../words.js";

export default screen({
  async load() {
    return heard("progress");
  },

  title: () => t("progress.title"),

  render: (progress) => html`
    <h1>${t("progress.title")}</h1>
    <p class="sentence">${progress?.sentence || t("progress.none")}</p>
  `,
});
