// The language that the patient reads. The phone speaks it at once; the server is told, for its reminders and mail.

import { keepOwn, own } from "../identity.js";
import { transact } from "../store.js";
import { pull } from "../sync.js";
import { askNow } from "./asking.js";

/** It is on the disk when the network is asked. @param {Language} language */
export async function tellLanguage(language) {
  await keepOwn("language", { language });
  await finish();
}

/**
 * Tell the server what was chosen last, if it does not know yet. One after the other, so that the last one stands.
 *
 * @returns {Promise<"later" | void>}
 */
export function finish() {
  return navigator.locks.request("amble language", async () => {
    const left = await own("language");
    if (!left) return;
    const answer = await askNow("language", { method: "PUT", body: left });
    if (answer?.status !== 200) return "later";
    await transact(["kept"], "readwrite", async (transaction) => {
      const kept = transaction.objectStore("kept");
      const name = `language of ${(await kept.get("identity"))?.person}`;
      if ((await kept.get(name))?.language === left.language) await kept.delete(name);
    });
    await pull(); // the server's own sentences are others now
  });
}
