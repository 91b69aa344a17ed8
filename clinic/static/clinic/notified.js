// Switches notifications on in this browser, and sends a test. Without it the page tells what there is, and forgets browsers.

const page = document.getElementById("notified");
const { worker, key } = page.dataset;
const problem = document.getElementById("problem");
const can = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** The one of the page's states that holds: each is a paragraph with what can be done in it. */
function show(state) {
  for (const one of page.querySelectorAll("[data-state]")) one.hidden = one.dataset.state !== state;
}

async function look() {
  if (!key) return;
  if (!can) return show("cannot");
  if (Notification.permission === "denied") return show("denied");
  const subscription = await (await registered()).pushManager.getSubscription();
  const mine = subscription && document.querySelector(`[data-digest="${await digest(subscription.endpoint)}"]`);
  if (mine) mine.querySelector(".this-browser").hidden = false;
  show(mine && Notification.permission === "granted" ? "on" : "off");
}

async function switchOn() {
  if ((await Notification.requestPermission()) !== "granted") return look();
  const { pushManager } = await registered();
  await (await pushManager.getSubscription())?.unsubscribe(); // maybe of another key
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = subscription.toJSON();
  await ask("/api/v1/push/subscriptions", { endpoint, keys });
  location.reload();
}

async function test() {
  await ask("/api/v1/push/test");
  document.getElementById("tested").hidden = false;
}

/** The worker, once it is at work. It stands for no page, so the browser's own `ready` would wait for ever. */
async function registered() {
  const registration = await navigator.serviceWorker.register(worker);
  const coming = registration.active ? null : (registration.installing ?? registration.waiting);
  if (coming)
    await new Promise((done) => {
      coming.addEventListener("statechange", () => coming.state === "activated" && done());
    });
  return registration;
}

async function ask(path, body) {
  const headers = {
    "Content-Type": "application/json",
    "X-CSRFToken": page.querySelector("[name=csrfmiddlewaretoken]").value,
  };
  const answer = await fetch(path, { method: "POST", headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error((await answer.json()).detail);
}

async function digest(text) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What a click does; when it cannot be done, the page says so. */
const does = (deed) => async (event) => {
  const button = event?.currentTarget;
  problem.hidden = true;
  if (button) button.disabled = true;
  try {
    await deed();
  } catch (error) {
    problem.textContent = error.message || "That did not work. Try again.";
    problem.hidden = false;
  } finally {
    if (button) button.disabled = false;
  }
};

document.getElementById("switch-on")?.addEventListener("click", does(switchOn));
document.getElementById("try")?.addEventListener("click", does(test));
void does(look)();
