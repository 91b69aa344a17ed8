// What the server could not take: the patient lets it go, or has it sent once more.

import { changed, transact } from "../store.js";

/**
 * The patient has seen what could not be saved, and lets it go: nothing here counts it any more. A check stays, since a
 * yes in it stops the sessions until somebody has heard of it.
 * @param {Refused} one
 */
export async function letGo(one) {
  await transact(["refused", "records"], "readwrite", async (transaction) => {
    await transaction.objectStore("refused").delete([one.id, one.revision]);
    const known = await transaction.objectStore("records").get(one.id);
    if (known?.record.revision === one.revision && known.record.kind !== "symptom_check")
      await transaction.objectStore("records").delete(one.id);
  });
  changed();
}

/** Send what was refused once more, as it is: the clinic may have mended what stood in its way. @param {Refused} one */
export async function tryAgain(one) {
  await transact(["refused", "outbox"], "readwrite", async (transaction) => {
    const { pointer, code, reason, ...waiting } = one;
    await transaction.objectStore("refused").delete([one.id, one.revision]);
    await transaction.objectStore("outbox").put({ ...waiting, queued_at: Date.now() });
  });
  changed();
}
