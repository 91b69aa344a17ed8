// The language that the patient reads. The phone speaks it at once; the server is told, for its reminders and mail.

import { keepOwn, own } from "../identity.js";
import { transact } from "../store.js";
import { pull } from "../sync.js";
import { askNow } from "./asking.js";

const AGAIN_MS = 30_000; // not every browser says that the network is back
let again = 0;

/** It is on the disk when the network is asked. @param {Language} language */
export async function tellLanguage(language) {
  await keepOwn("language", { language });
  await finish();
}

/**
 * Tell the server what was chosen last, if it does not know yet, until it does. One after the other, so that the last
 * one stands.
 */
export function finish() {
  clearTimeout(again);
  return navigator.locks.request("amble language", async () => {
    const left = await own("language");
    if (!left) return;
    const answer = await askNow("language", { method: "PUT", body: left });
    if (answer?.status !== 200) {
      again = setTimeout(finish, AGAIN_MS);
      return;
    }
    await transact(["kept"], "readwrite", async (transaction) => {
      const kept = transaction.objectStore("kept");
      const name = `language of ${(await kept.get("identity"))?.person}`;
      if ((await kept.get(name))?.language === left.language) await kept.delete(name);
    });
    await pull(); // the server's own sentences are others now
  });
}
