// A session: /app/session?slot=1, or /app/session?line=3 for one exercise beyond the plan's sessions.

import { sessions, stopped } from "../day.js";
import { heard } from "../identity.js";
import { day, local } from "../moments.js";
import { records, save } from "../records.js";
import { go, refresh, say, screen } from "../router.js";
import { closeInputs, finishView, hurtsView } from "../session/asking.js";
import { reachChoice } from "../session/choice.js";
import { unlock } from "../session/cues.js";
import { playingView } from "../session/playing.js";
import { change, current, focusTitle, forget, kept as keptSession, leave } from "../session/run.js";
import { begin, body, finish, isRed, item, itemsOf, reopen } from "../session/steps.js";
import { kept } from "../store.js";
import { strip } from "../strip.js";
import { html, nothing } from "../vendor/lit-html.js";
import { t, timeInWords } from "../words.js";

/** @typedef {import("../session/steps.js").Playing} Playing */

/** What is answered before the start. @type {{before?: number, reach?: Reach}} */
let answers = {};
/** The address whose session was saved just now. @type {string | null} */
let saved = null;
let failed = false;

export default screen({
  async load(params) {
    const playing = current();
    if (playing) return { show: /** @type {const} */ ("playing"), playing };
    if (saved === location.search) return { show: /** @type {const} */ ("saved") };
    const on = day(new Date());
    const [answer, today, mine, waiting] = [await heard("plan"), await heard("today"), await records(), await keptSession()];
    const halts = stopped(mine, today);
    if (waiting && mine.some((one) => one.id === waiting.id)) await forget(); // saved, and closed before it was over
    else if (waiting) return { show: /** @type {const} */ ("waiting"), waiting, halts, on };
    const plan = answer?.plan ?? null;
    const slots = sessions(on, plan, mine, today);
    const slot = slots.find((one) => one.slot === Number(params.get("slot")));
    const alone = plan?.lines.find((line) => line.position === Number(params.get("line")));
    const settings = /** @type {Settings} */ ((await kept("settings")) ?? {});
    const asked = (alone ? [alone] : slot?.lines) ?? [];
    const lines = plan?.lines.filter((line) => asked.includes(line) || (line.paused && !alone)) ?? [];
    return { show: /** @type {const} */ ("start"), on, plan, lines, slot, single: slots.length === 1, alone, halts, items: itemsOf(lines), settings };
  },

  title: (data) => (data.show === "playing" && data.playing.view === "play" ? item(data.playing).text.name : t("session.title")),

  render(data) {
    if (data.show === "saved") return savedView();
    if (data.show === "waiting") return waitingView(data);
    if (data.show === "start") return startView(data);
    const { playing } = data;
    if (playing.view === "hurts") return hurtsView(playing);
    if (playing.view === "finish") return finishView(playing, { save: () => void store(playing), failed });
    return playingView(playing, Date.now());
  },

  leave() {
    leave();
    closeInputs();
    answers = {};
    saved = null;
    failed = false;
  },
});

// --- before ---------------------------------------------------------------------------------------------

/** @param {{on: string, plan: PlanAnswer["plan"], lines: Line[], slot?: {slot: number, done: boolean}, single: boolean, alone?: Line, halts: boolean, items: import("../session/steps.js").Item[], settings: Settings}} given */
function startView({ on, plan, lines, slot, single, alone, halts, items, settings }) {
  const title = alone ? t("session.alone") : single || !slot ? t("today.only_session") : t("today.session", { n: slot.slot });
  if (halts) {
    return html`<h1>${t("today.stopped_title")}</h1>
      <p>${t("today.stopped")}</p>
      <p><a class="button" href="/app/check?advice">${t("today.stopped_link")}</a></p>
      ${back()}`;
  }
  const asked = items.filter((one) => !one.left_out);
  if (!plan || !asked.length) return html`<h1>${title}</h1>${lines.length ? list(lines) : nothing}<p>${t("session.nothing")}</p>${back()}`;
  return html`
    <h1>${title}</h1>
    ${slot?.done ? html`<p class="notice">${t("session.again")}</p>` : nothing}
    ${strip({ label: t("pain.leg_now"), chosen: answers.before ?? null, pick: (before) => answer({ before }) })}
    ${reachChoice("reach", t("session.reach_now"), answers.reach, (reach) => answer({ reach }))}
    ${list(lines)}
    <p class="start"><button type="button" class="button wide" @click=${start}>${t("today.start")}</button></p>
    ${back()}
  `;

  function start() {
    unlock();
    const now = new Date();
    const given = { id: crypto.randomUUID(), plan: /** @type {{id: number}} */ (plan).id, title, on, at: local(now), items };
    const extra = alone || slot?.done;
    void change(begin({ ...given, ...answers, slot: extra ? undefined : slot?.slot, tapping: Boolean(settings.tapping), silent: Boolean(settings.silent) }, now.getTime()));
  }
}

/** What will be done, and what is done otherwise than the plan has it. @param {Line[]} lines */
function list(lines) {
  return html`<ul class="card cards">
    ${lines.map(
      ({ text, in_words, paused, next_time }) => html`<li lang="${text.language}">
        <strong>${text.name}</strong>
        <span class="muted">${next_time?.what === "less" && !paused ? t("session.less", { dose: next_time.in_words }) : in_words}</span>
        ${paused ? html`<p class="notice">${t("session.suspended")} ${paused.why}</p>` : nothing}
        ${next_time && !paused ? html`<p class="notice">${next_time.what === "leave_out" ? t("session.leave_out") : nothing} ${next_time.why}</p>` : nothing}
      </li>`,
    )}
  </ul>`;
}

/** @param {typeof answers} more */
function answer(more) {
  answers = { ...answers, ...more };
  void refresh();
}

// --- in between ------------------------------------------------------------------------------------------

/** @param {{waiting: Playing, halts: boolean, on: string}} given */
function waitingView({ waiting, halts, on }) {
  const { name, language } = item(waiting).text;
  const mayGoOn = waiting.view === "play" && waiting.on === on && !halts;
  return html`
    <h1>${t("session.waiting_title")}</h1>
    <p>${t("session.waiting", { title: waiting.title, time: timeInWords(waiting.at) })}</p>
    ${mayGoOn
      ? html`<p><button type="button" class="button wide" lang="${language}" @click=${goOn}>${t("session.go_on", { name })}</button></p>`
      : waiting.view === "hurts" && !halts
        ? html`<p><button type="button" class="button wide" @click=${goOnAsking}>${t("session.go_on_asking")}</button></p>`
        : nothing}
    <p><button type="button" class="button ${mayGoOn ? "quiet" : ""} wide" @click=${() => change(waiting.view === "finish" ? waiting : finish(waiting, waiting.moved))}>${t("session.finish_here")}</button></p>
    <p><button type="button" class="link" @click=${remove}>${t("session.remove")}</button></p>
  `;

  function goOn() {
    unlock();
    void change(reopen(waiting, Date.now()));
  }

  function goOnAsking() {
    unlock();
    void change(waiting);
  }

  async function remove() {
    await forget();
    say(t("session.removed"));
    go("/app/");
  }
}

// --- after -----------------------------------------------------------------------------------------------

/** @param {Playing} playing */
async function store(playing) {
  const ended_at = local(new Date(playing.moved));
  const session = body(playing, { easier: t("session.easier_noted"), ended_at });
  try {
    await save("session", session, { at: playing.at, id: playing.id });
  } catch (error) {
    console.error(error);
    failed = true;
    say(t("pain.not_saved"));
    return refresh();
  }
  failed = false;
  saved = location.search;
  await forget();
  closeInputs();
  answers = {};
  say(t("session.saved_title"));
  if (isRed(session)) return go("/app/check");
  await refresh();
  focusTitle();
}

function savedView() {
  return html`
    <h1>${t("session.saved_title")}</h1>
    <p class="sentence">${t("session.saved")}</p>
    <p>${t("session.asks_later")}</p>
    <p><a class="button wide" href="/app/">${t("pain.back_to_today")}</a></p>
  `;
}

const back = () => html`<p><a class="link" href="/app/">${t("pain.back_to_today")}</a></p>`;
