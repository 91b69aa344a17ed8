// The start: language, pad, first screen, then the network.

import { hint, identity, own } from "./identity.js";
import { refreshPad, startPad } from "./pad.js";
import { cannotRead, go, startRouter } from "./router.js";
import { startSending } from "./sending.js";
import { kept, onChange } from "./store.js";
import { moveWithArrows } from "./strip.js";
import { send, synchronise } from "./sync.js";
import { speak, timeInWords } from "./words.js";

const SCREENS = {
  check: () => import("./screens/check.js"),
  data: () => import("./screens/data.js"),
  evening: () => import("./screens/evening.js"),
  events: () => import("./screens/events.js"),
  help: () => import("./screens/help.js"),
  install: () => import("./screens/install.js"),
  join: () => import("./screens/join.js"),
  measures: () => import("./screens/measures.js"),
  messages: () => import("./screens/messages.js"),
  "not-saved": () => import("./screens/not-saved.js"),
  pain: () => import("./screens/pain.js"),
  program: () => import("./screens/program.js"),
  progress: () => import("./screens/progress.js"),
  reminders: () => import("./screens/reminders.js"),
  session: () => import("./screens/session.js"),
  today: () => import("./screens/today.js"),
  walk: () => import("./screens/walk.js"),
};
// What a closed app left half done, by the name it is kept under.
const HALF_DONE = {
  check: () => import("./check/answers.js"),
  agreed: () => import("./care/consent.js"),
  language: () => import("./care/language.js"),
};
const FRESH_MS = 60_000; // coming back within a minute asks for nothing new

const [settings, who] = /** @type {[Settings | undefined, Identity | undefined]} */ (
  await Promise.all([kept("settings"), identity()]).catch(async (error) => {
    await speak(document.documentElement.lang);
    cannotRead();
    throw error;
  })
);
await speak(settings?.language ?? document.documentElement.lang);
hint({ joined: Boolean(who), large: Boolean(settings?.large), language: settings?.language });
startPad();
moveWithArrows();
if (!who && location.pathname !== "/app/join") history.replaceState(null, "", "/app/join");
await Promise.all([startSending(), startRouter(SCREENS)]);
document.documentElement.dataset.ready = "";
void refreshPad();
// The first time of day by Intl costs a slow phone a fifth of a second: now, and not between a tap and "saved".
setTimeout(() => timeInWords(new Date().toISOString()));

// --- the network, which nothing above waits for ---------------------------------------------------------

let asked = Date.now();
void synchronise({ always: true });
void finish();
onChange(() => void synchronise());
onChange(async () => {
  if ((await identity()) || location.pathname === "/app/join") return;
  hint({ joined: false }); // another tab has signed out
  go("/app/join", { replace: true });
});
addEventListener("online", () => {
  void synchronise({ always: true, online: true });
  void finish();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") void send();
  else if (Date.now() - asked > FRESH_MS) {
    asked = Date.now();
    void synchronise({ always: true });
  }
});

async function finish() {
  for (const [name, load] of Object.entries(HALF_DONE)) {
    const left = await own(name);
    if (left && !left.done) await (await load()).finish();
  }
}

if ("serviceWorker" in navigator) {
  const policy = globalThis.trustedTypes?.createPolicy("amble", {
    createScriptURL: (url) => (url === "/app/sw.js" ? url : ""),
  });
  const address = /** @type {string} */ (policy?.createScriptURL("/app/sw.js") ?? "/app/sw.js");
  navigator.serviceWorker.register(address, { scope: "/app/", updateViaCache: "none" }).catch(console.error);
  // What was answered to a message without a network.
  const answer = () => void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage("answers"));
  addEventListener("online", answer);
  answer();
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (typeof data?.open === "string" && data.open.startsWith("/app/")) go(data.open);
  });
}
