// What a symptom check came to: what to do now, whom to call, and whether anybody has been told.

import { heard } from "../identity.js";
import { day } from "../moments.js";
import { records, unsent } from "../records.js";
import { html, nothing } from "../vendor/lit-html.js";
import { dateWithin, t, timeInWords } from "../words.js";
import { isUnsaved, worries } from "./answers.js";
import { callCard } from "./calling.js";
import { inWords, whomToCall } from "./file.js";

/** @typedef {Awaited<ReturnType<typeof advice>>} Advice */

/**
 * The findings that stand: of the last check here, of one before it that stops the sessions until somebody has heard of
 * it, and of open red flags that another phone or the diary raised.
 * @param {CheckFile} file @param {CheckDraft | undefined} draft
 */
export async function advice(file, draft) {
  const [today, mine, waiting] = [await heard("today"), await records(), await unsent()];
  const row = mine.find(({ id }) => id === draft?.id);
  const stopping = mine.filter((one) => one.stops);
  const open = today?.stopped_because ?? [];
  const standing = new Set([...open, ...stopping.flatMap(({ record }) => worrying(/** @type {Record<string, Said>} */ (record.answers ?? {})))]);
  const answers = Object.fromEntries(Object.entries(draft?.answers ?? {}).map(([id, { said }]) => [id, said]));
  const said = new Set([...(draft?.raised ?? []), ...worrying(answers)]);
  // The server has heard of the check and no longer stops the sessions for it: a person has closed the flag. A check that
  // is done and not here any more is of months ago.
  const isClosed = row ? row.heard_at !== undefined && !row.stops && !waiting.ids.has(row.id) : Boolean(draft?.done);
  const found = file.questions.filter(
    (one) => standing.has(one.id) || (said.has(one.id) && (one.tier === "C" || isUnsaved() || !isClosed)),
  );
  const closed = file.questions.filter((one) => said.has(one.id) && !found.includes(one));
  const unknown = open.some((id) => !file.questions.some((one) => one.id === id));
  const told = isUnsaved() ? t("check.not_kept") : whoKnows(row ? [row, ...stopping] : stopping, waiting);
  return { file, found, closed, unknown, isDone: draft?.done ?? false, hasCheck: draft !== undefined, told };
}

/** @param {Record<string, Said>} answers */
const worrying = (answers) => Object.entries(answers).filter(([, said]) => worries({ said })).map(([id]) => id);

/** Of the check that nobody has heard of, if there is one. @param {Kept[]} rows @param {Awaited<ReturnType<typeof unsent>>} waiting */
function whoKnows(rows, waiting) {
  const row = rows.find((one) => !one.heard_at) ?? rows[0];
  if (!row) return t("check.known");
  const isRefused = waiting.refused.some(({ id }) => id === row.id);
  if (waiting.ids.has(row.id)) return row.heard_at ? t("check.told_before", { when: when(row.heard_at) }) : t("check.not_told");
  return row.heard_at && !isRefused ? t("check.told", { when: when(row.heard_at) }) : t("check.not_taken");
}

/** @param {string} at */
function when(at) {
  const [on, time] = [day(new Date(at)), timeInWords(at)];
  return on === day(new Date()) ? time : `${dateWithin(on)}, ${time}`;
}

/** How grave it is. @param {Advice} given */
function gravity({ found, closed, unknown }) {
  const urgent = found.filter((one) => one.tier === "A" || one.show?.[0] === "emergency");
  if (urgent.length) return urgent.every(isCrisis) ? "crisis" : "now";
  if (unknown || found.some((one) => one.tier === "B")) return "today";
  if (found.length) return "soon";
  return closed.length ? "closed" : "nothing";
}

/** @param {CheckQuestion} question */
const isCrisis = ({ show }) => show?.[0] === "crisis_line";

/** @param {Advice} given */
export const adviceTitle = (given) => t(`check.do_${gravity(given)}`);

/** @param {Advice} given @param {() => void} goOn @param {() => void} again */
export function adviceView(given, goOn, again) {
  const { file, found, unknown, isDone } = given;
  const grave = gravity(given);
  const isOver = grave === "nothing" || grave === "closed";
  const general = { now: file.advice.A, crisis: null, today: file.advice.B, soon: file.advice.C, closed: null, nothing: null }[grave];
  const shown = [...(grave === "closed" ? given.closed : found)].sort((one, other) => Number(isCrisis(other)) - Number(isCrisis(one)) || one.tier.localeCompare(other.tier));
  return html`
    <div class="advice ${grave}">
      <h1>${adviceTitle(given)}</h1>
      ${grave === "closed" ? html`<p class="sentence">${t("check.closed_why")}</p>` : nothing}
      ${grave === "nothing" ? nothing_found(given) : nothing} ${grave === "crisis" ? html`<p class="sentence">${shown[0] && inWords(shown[0].text).advice}</p>` : nothing}
      ${general ? html`<p class="sentence">${inWords(general)}</p>` : nothing}
      ${whomToCall(file, shown, unknown).map((name) => callCard(name, file.contacts))}
      ${isOver ? nothing : html`<p class="told" role="status">${given.told}</p>`}
      ${shown.length
        ? html`<section class="card">
            <h2>${t("check.you_said")}</h2>
            <ul class="findings">
              ${shown.map((one) => html`<li><span class="muted">${inWords(one.text).question}</span> ${isOver ? nothing : html`<strong>${inWords(one.text).advice}</strong>`}</li>`)}
            </ul>
          </section>`
        : nothing}
      ${isOver || grave === "soon" ? nothing : html`<p>${t("check.stopped")}</p>`}
      <p class="row">
        ${given.hasCheck && !isDone
          ? html`<button type="button" class="button quiet" @click=${goOn}>${t("check.other_questions")}</button>`
          : html`<button type="button" class="button quiet" @click=${again}>${t("check.again")}</button>`}
        <a class="button ${isOver ? "" : "quiet"}" href="/app/">${t("pain.back_to_today")}</a>
      </p>
    </div>
  `;
}

/** @param {Advice} given */
function nothing_found({ isDone }) {
  return html`<p class="sentence">${t(isDone ? "check.if_it_changes" : "check.so_far")}</p>
    ${isUnsaved() ? html`<p class="notice">${t("pain.not_saved")}</p>` : nothing}`;
}
