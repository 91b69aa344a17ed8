// When Amble writes, how, and when not; and what became of what it wrote.

import { day, daysFrom } from "../moments.js";
import { closeEditor, editor } from "../reminding/editor.js";
import { notNow } from "../reminding/not-now.js";
import { reach, switchOff, switchOn } from "../reminding/push.js";
import { ask, Away, hear, Refused, reminding } from "../reminding/server.js";
import { kindInWords, timesInWords, weekdaysInWords } from "../reminding/words.js";
import { go, refresh, say, screen } from "../router.js";
import { html, nothing } from "../vendor/lit-html.js";
import { dateInWords, dateWithin, t, timeInWords } from "../words.js";

const LONGEST_PAUSE_DAYS = 90;
const TEST_MS = 30_000; // then the message that was sent to this phone is late

/** Whether the server was asked since the screen was opened. */
let asked = false;
let away = false;
let problem = "";
/** What the server said of the message that was put off last. */
let answered = "";
/** Which reminder is open in the editor. @type {string | null} */
let open = null;
/** @type {"" | "sending" | "arrived" | "late"} */
let test = "";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

export default screen({
  async load(params) {
    if (!asked) {
      asked = true;
      void again();
    }
    const change = params.get("change");
    if (change !== open) {
      open = change;
      problem = "";
      closeEditor();
    }
    const heard = await reminding();
    return { heard, here: await reach(heard?.subscriptions ?? []), change };
  },

  title: () => (problem ? `${t("reminders.problem")}: ` : "") + t("reminders.title"),

  render({ heard, here, change }) {
    if (!heard)
      return html`<h1>${t("reminders.title")}</h1>
        <p>${t(away ? "reminders.away_empty" : "reminders.loading")}</p>`;
    if (change) {
      return editor({ change, reminders: heard.reminders, problem, save, remove });
    }
    return html`
      <h1>${t("reminders.title")}</h1>
      ${away ? html`<p class="notice">${t("reminders.away")}</p>` : nothing}
      ${problem ? html`<p class="card danger" role="alert" tabindex="-1">${problem}</p>` : nothing}
      ${notNow(heard.sent, answered, putOff)} ${phone(heard, here)} ${list(heard.reminders)} ${quiet(heard.preferences)} ${ways(heard)}
      ${measuring(heard.choices)} ${sent(heard.sent)}
    `;
  },

  leave() {
    asked = away = false;
    open = null;
    closeEditor();
    problem = test = answered = "";
    clearTimeout(timer);
  },
});

navigator.serviceWorker?.addEventListener("message", ({ data }) => {
  if (data?.shown !== "test" || !test) return;
  clearTimeout(timer);
  test = "arrived";
  say(t("reminders.test_arrived"));
  void refresh();
});

/** @typedef {import("../reminding/server.js").Reminding} Reminding */

// --- this phone -----------------------------------------------------------------------------------------

/** @param {Reminding} heard @param {import("../reminding/push.js").Reach} here */
function phone({ key, subscriptions }, here) {
  const title = html`<h2>${t("reminders.phone")}</h2>`;
  if (key === null)
    return html`<section class="card">
      ${title}
      <p>${t("reminders.no_push")}</p>
    </section>`;
  if (here === "on") {
    return html`<section class="card">
      ${title}
      <p><span class="ok">${t("reminders.on")}</span></p>
      <p class="row">
        <button type="button" class="button quiet" ?disabled=${test === "sending"} @click=${sendTest}>
          ${t("reminders.test")}
        </button>
        <button
          type="button"
          class="link"
          @click=${() => turn(() => switchOff(subscriptions), "reminders.switched_off")}
        >
          ${t("reminders.off")}
        </button>
      </p>
      <p class="small">${test ? t(`reminders.test_${test}`) : ""}</p>
    </section>`;
  }
  return html`<section class="card ${here === "ask" ? "next" : ""}">
    ${title}
    <p>${t(`reminders.phone_${here}`)}</p>
    ${here === "ask" ? html`<p><button type="button" class="button" @click=${() => on(key)}>${t("reminders.switch_on")}</button></p>` : nothing}
    ${here === "install" ? html`<p><a class="button" href="/app/install">${t("reminders.install")}</a></p>` : nothing}
  </section>`;
}

/** @param {string} key */
function on(key) {
  return turn(async () => {
    const outcome = await switchOn(key);
    if (outcome === "failed") throw new Refused(t("reminders.push_failed"));
  });
}

async function sendTest() {
  test = "sending";
  clearTimeout(timer);
  timer = setTimeout(() => {
    test = "late";
    void refresh();
  }, TEST_MS);
  await turn(async () => {
    try {
      await ask("POST", "push/test");
    } catch (error) {
      test = "";
      clearTimeout(timer);
      throw error;
    }
  });
}

// --- the list -------------------------------------------------------------------------------------------

/** @param {Reminding["reminders"]} reminders */
function list(reminders) {
  return html`<section class="card">
    <h2>${t("reminders.list")}</h2>
    ${reminders.length ? nothing : html`<p class="muted">${t("reminders.none")}</p>`}
    <ul class="lines">
      ${reminders.map(
        (one) =>
          html`<li class="row">
            <div>
              <strong>${kindInWords(one.kind)}</strong>
              <span class="small muted number">${timesInWords(one)} · ${weekdaysInWords(one.weekdays)}</span>
            </div>
            <label class="tick"
              ><input
                type="checkbox"
                .checked=${one.enabled}
                @change=${(/** @type {Event} */ event) => enable(event, one)}
              /><span>${t("reminders.is_on")}<span class="hidden"> ${kindInWords(one.kind)}</span></span></label
            >
            <a class="link" href="/app/reminders?change=${one.id}"
              >${t("reminders.change")}<span class="hidden"> ${kindInWords(one.kind)}, ${timesInWords(one)}</span></a
            >
          </li>`,
      )}
    </ul>
    <p><a class="button quiet" href="/app/reminders?change=new">${t("reminders.add")}</a></p>
  </section>`;
}

/** @param {Event} event @param {import("../reminding/server.js").Reminder} one */
async function enable({ target }, { id, enabled }) {
  const done = await turn(() => ask("PATCH", `reminders/${id}`, { enabled: !enabled }), "reminders.saved");
  if (!done) /** @type {HTMLInputElement} */ (target).checked = enabled;
}

/** @param {string} change @param {import("../reminding/server.js").Chosen} fields */
async function save(change, fields) {
  const done = await turn(
    () => (change === "new" ? ask("POST", "reminders", fields) : ask("PATCH", `reminders/${change}`, fields)),
    "reminders.saved",
  );
  if (done) go("/app/reminders");
}

/** @param {number} id */
async function remove(id) {
  if (await turn(() => ask("DELETE", `reminders/${id}`), "reminders.removed")) go("/app/reminders");
}

// --- quiet, ways, measuring -----------------------------------------------------------------------------

/** @param {Reminding["preferences"]} preferences */
function quiet(preferences) {
  const today = day(new Date());
  const paused = preferences.paused_until !== null && preferences.paused_until >= today;
  return html`<section class="card">
    <h2>${t("reminders.quiet")}</h2>
    <form @submit=${(/** @type {SubmitEvent} */ event) => saveQuiet(event, preferences)}>
      <p class="muted small">${t("reminders.quiet_why")}</p>
      <div class="pair">
        <label class="field"
          >${t("reminders.quiet_start")}<input
            type="time"
            name="quiet_start"
            .value=${preferences.quiet_start}
            required
        /></label>
        <label class="field"
          >${t("reminders.quiet_end")}<input type="time" name="quiet_end" .value=${preferences.quiet_end} required
        /></label>
      </div>
      <label class="field"
        >${t("reminders.pause")}<span class="muted small">${t("reminders.pause_why")}</span>
        <input
          type="date"
          name="paused_until"
          .value=${paused ? preferences.paused_until : ""}
          min="${today}"
          max="${daysFrom(today, LONGEST_PAUSE_DAYS)}"
        />
      </label>
      ${paused ? html`<p><span class="chip">${t("reminders.paused", { date: dateWithin(String(preferences.paused_until)) })}</span></p>` : nothing}
      <p><button class="button quiet">${t("reminders.save")}</button></p>
    </form>
  </section>`;
}

/** @param {SubmitEvent} event @param {Reminding["preferences"]} preferences */
function saveQuiet(event, { channels }) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
  return turn(
    () =>
      ask("PUT", "message-preferences", {
        quiet_start: String(form.get("quiet_start")).slice(0, 5),
        quiet_end: String(form.get("quiet_end")).slice(0, 5),
        paused_until: form.get("paused_until") || null,
        channels,
      }),
    "reminders.saved",
  );
}

/** @param {Reminding} heard */
function ways({ preferences, choices }) {
  const push = preferences.channels.includes("webpush");
  const mail = preferences.channels.includes("email") && choices.email;
  return html`<section class="card">
    <h2>${t("reminders.ways")}</h2>
    <form @submit=${(/** @type {SubmitEvent} */ event) => saveWays(event, preferences, choices)}>
      <p class="muted small">${t("reminders.ways_why")}</p>
      ${tick("webpush", t("reminders.way_push"), push)} ${tick("email", t("reminders.way_mail"), mail)}
      ${tick("unseen", t("reminders.unseen"), choices.email_when_unseen)}
      <p><button class="button quiet">${t("reminders.save")}</button></p>
    </form>
  </section>`;
}

/** @param {string} name @param {string} text @param {boolean} chosen */
const tick = (name, text, chosen) =>
  html`<label class="tick"><input type="checkbox" name="${name}" .checked=${chosen} /><span>${text}</span></label>`;

/** @param {SubmitEvent} event @param {Reminding["preferences"]} preferences @param {Reminding["choices"]} choices */
function saveWays(event, { quiet_start, quiet_end }, choices) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const channels = ["webpush", "email"].filter((one) => form.has(one));
  return turn(async () => {
    if (!channels.length) throw new Refused(t("reminders.no_way"));
    await ask("PUT", "message-preferences", { quiet_start, quiet_end, channels });
    await ask("PUT", "delivery-choices", {
      ...choices,
      email: form.has("email"),
      email_when_unseen: form.has("unseen"),
    });
  }, "reminders.saved");
}

/** @param {Reminding["choices"]} choices */
function measuring(choices) {
  const choose = (/** @type {boolean} */ yes) =>
    turn(() => ask("PUT", "delivery-choices", { ...choices, measuring: yes }), "reminders.saved");
  return html`<section class="card">
    <h2 id="measuring">${t("reminders.measuring")}</h2>
    <p>${t("reminders.measuring_what")}</p>
    <p class="muted small">${t("reminders.measuring_free")}</p>
    <p class="switch" role="group" aria-labelledby="measuring">
      ${[true, false].map(
        (yes) =>
          html`<button
            type="button"
            class="button quiet"
            aria-pressed="${choices.measuring === yes}"
            @click=${() => choose(yes)}
          >
            ${t(yes ? "reminders.measuring_yes" : "reminders.measuring_no")}
          </button>`,
      )}
    </p>
  </section>`;
}

// --- what became of them --------------------------------------------------------------------------------

/** @param {number} id @param {string} howLong */
async function putOff(id, howLong) {
  const done = await turn(async () => {
    answered = (await ask("POST", `notifications/${id}/snooze`, { for: howLong })).in_words;
  });
  if (done) say(answered);
}

/** @param {Reminding["sent"]} all */
function sent(all) {
  return html`<details class="card">
    <summary>${t("reminders.sent")}</summary>
    ${all.length ? nothing : html`<p class="muted">${t("reminders.sent_none")}</p>`}
    <ul class="lines">
      ${all.map(
        ({ kind, due_at, in_words }) =>
          html`<li>
            <strong>${kindInWords(kind)}</strong>
            <span class="small muted number">${dateInWords(day(new Date(due_at)))}, ${timeInWords(due_at)}</span>
            <span>${in_words}</span>
          </li>`,
      )}
    </ul>
  </details>`;
}

// --- doing it -------------------------------------------------------------------------------------------

/** Ask the server what is new; without a network, what was heard last stands. */
async function again() {
  try {
    await hear();
    away = false;
  } catch (error) {
    if (!(error instanceof Away)) console.error(error); // a no, or a full phone: what was heard last stands as well
    away = true;
    await refresh();
  }
}

/** Change something at the server and show what stands then; true when it was done. @param {() => Promise<unknown>} work @param {Word} [after] */
async function turn(work, after) {
  problem = "";
  try {
    await work();
  } catch (error) {
    if (error instanceof Away) problem = t("reminders.needs_network");
    else if (error instanceof Refused) problem = error.message;
    else throw error;
    await refresh();
    /** @type {HTMLElement | null} */ (document.querySelector("#screen [role=alert]"))?.focus();
    return false;
  }
  if (after) say(t(after));
  await again();
  await refresh();
  return true;
}
