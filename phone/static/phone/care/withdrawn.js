import { transact } from "../store.js";

/** The ids of what was taken back on this phone: what the server said last may still hold it. @returns {Promise<Set<string>>} */
export function withdrawn() {
  return transact(["records"], "readonly", async (transaction) => {
    /** @type {Kept[]} */
    const all = await transaction.objectStore("records").getAll();
    return new Set(all.filter(({ record }) => record.withdrawn).map(({ id }) => id));
  });
}
