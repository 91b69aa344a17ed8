// The line at the top: what is only on this phone, always in sight.

import { identity } from "./identity.js";
import { unsent } from "./records.js";
import { onChange } from "./store.js";
import { html, render } from "./vendor/lit-html.js";
import { counted, t } from "./words.js";

const OLD_MS = 24 * 3_600_000;

export function startSending() {
  const place = /** @type {HTMLElement} */ (document.getElementById("sending"));
  const draw = async () => {
    const [who, waiting] = await Promise.all([identity(), unsent()]);
    const old = waiting.oldest !== null && Date.now() - waiting.oldest > OLD_MS;
    render(
      html`
        ${who?.signed_out
          ? html`<a class="notice" href="/app/join">${t("sending.signed_out")}</a>`
          : ""}
        ${waiting.refused.length
          ? html`<a class="notice" href="/app/not-saved">${counted("sending.refused", waiting.refused.length)}</a>`
          : ""}
        ${waiting.others ? html`<span class="chip">${counted("sending.others", waiting.others)}</span>` : ""}
        ${waiting.own
          ? html`<span class="chip ${old ? "old" : ""}" data-unsent="${waiting.own}"
              >${counted(old ? "sending.old" : "sending.waiting", waiting.own)}</span
            >`
          : who
            ? html`<span class="chip sent" data-unsent="0">${t("sending.all_sent")}</span>`
            : ""}
      `,
      place,
    );
  };
  onChange(() => void draw());
  return draw();
}
