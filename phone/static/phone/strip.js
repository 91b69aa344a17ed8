// Eleven keys, none chosen before the patient does. One tap chooses; arrows only move.

import { html } from "./vendor/lit-html.js";
import { t } from "./words.js";

const SCORES = Array.from({ length: 11 }, (_, score) => score);

/**
 * Of pain, unless `group` and `ends` say what 0 and 10 are.
 * @param {{label: string, hint?: string, group?: string, ends?: string[], chosen?: number | null, pick: (score: number) => void}} strip
 */
export function strip({ label, hint = "", group = t("pain.group", { label }), ends = [t("pain.none"), t("pain.worst")], chosen = null, pick }) {
  return html`<section class="strip" role="group" aria-label="${group}">
    <p class="asks"><strong>${label}</strong><span>${hint}</span></p>
    <div class="keys">
      ${SCORES.map(
        (score) => html`<button
          type="button"
          tabindex="${score === (chosen ?? 0) ? 0 : -1}"
          aria-pressed="${score === chosen}"
          aria-label="${t("pain.key", { label, score })}"
          @click=${() => pick(score)}
        >${score}</button>`,
      )}
    </div>
    <p class="ends">${ends.map((end) => html`<span>${end}</span>`)}</p>
  </section>`;
}

/** Arrow keys, Home and End move inside any strip of the page. */
export function moveWithArrows() {
  document.addEventListener("keydown", (event) => {
    const key = event.target instanceof Element ? event.target.closest(".keys button") : null;
    if (!key?.parentElement) return;
    const all = [...key.parentElement.querySelectorAll("button")];
    const at = all.indexOf(/** @type {HTMLButtonElement} */ (key));
    const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: 10 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = all[Math.min(Math.max(to, 0), 10)];
    all.forEach((one) => (one.tabIndex = one === next ? 0 : -1));
    next?.focus();
  });
}
