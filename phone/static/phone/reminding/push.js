// Whether messages reach this phone, and how that is switched on and off.

import { ask } from "./server.js";

/** "ask": they can be switched on. "install": an iPhone shows them only from the Home Screen. @typedef {"on" | "ask" | "denied" | "install" | "never"} Reach */

const isApple =
  /iPhone|iPad/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);

/** Whether Amble runs as an app of its own, not in a tab. */
export function isInstalled() {
  return matchMedia("(display-mode: standalone)").matches || /** @type {any} */ (navigator).standalone === true;
}

/** Whether this is an iPhone or iPad, where only a person can put an app on the Home Screen. */
export const isIPhone = isApple;

/** @param {{this_device: boolean}[]} subscriptions that the server knows @returns {Promise<Reach>} */
export async function reach(subscriptions) {
  if (!("PushManager" in window && "Notification" in window && "serviceWorker" in navigator)) {
    return isApple && !isInstalled() ? "install" : "never";
  }
  if (Notification.permission === "denied") return "denied";
  const registration = await navigator.serviceWorker.getRegistration("/app/");
  const here = await registration?.pushManager.getSubscription();
  // A phone that the server has forgotten shows nothing, whatever its browser thinks.
  const known = subscriptions.some((one) => one.this_device);
  return here && known && Notification.permission === "granted" ? "on" : "ask";
}

/** Ask the patient, the browser and the server. What it returns stands after it. @param {string} key @returns {Promise<"on" | "denied" | "failed">} */
export async function switchOn(key) {
  if ((await Notification.requestPermission()) !== "granted") return "denied";
  const { pushManager } = await navigator.serviceWorker.ready;
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  let subscription;
  try {
    // One that an older key of this server made stands in the way.
    subscription = await pushManager.subscribe(wanted).catch(async () => {
      await (await pushManager.getSubscription())?.unsubscribe();
      return pushManager.subscribe(wanted);
    });
  } catch (error) {
    console.error(error);
    return "failed";
  }
  const { endpoint, keys } = subscription.toJSON();
  await ask("POST", "push/subscriptions", { endpoint, keys });
  return "on";
}

/** @param {{id: number, this_device: boolean}[]} subscriptions */
export async function switchOff(subscriptions) {
  for (const { id, this_device } of subscriptions) if (this_device) await ask("DELETE", `push/subscriptions/${id}`);
  const registration = await navigator.serviceWorker.getRegistration("/app/");
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}
