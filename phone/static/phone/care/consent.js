// What the patient agrees to: the cards of one version, and the answer, which is kept here until the server has it.

import { keepOwn, own } from "../identity.js";
import { pull } from "../sync.js";
import { language } from "../words.js";
import { askNow } from "./asking.js";

const AGAIN_MS = 30_000; // not every browser says that the network is back
let again = 0;

/**
 * The cards as they are before anybody is signed in, or null without a network.
 * @returns {Promise<{version: string, cards: ConsentCard[]} | null>}
 */
export async function cardsBeforeJoining() {
  try {
    const answer = await fetch("/app/consent.json", { signal: AbortSignal.timeout(30_000) });
    const { version, cards } = await answer.json();
    return { version, cards: cards[language] ?? cards.en };
  } catch {
    return null;
  }
}

/** The patient, who has just joined, agreed to these cards. It is on the disk when this resolves. @param {string} version */
export async function agree(version) {
  await keepOwn("agreed", { version });
  void finish();
}

/** Tell the server what was agreed to on joining, if it does not know yet, until it does. */
export function finish() {
  clearTimeout(again);
  return navigator.locks.request("amble consent", async () => {
    const left = await own("agreed");
    if (!left) return;
    const answer = await askNow("consent", { method: "POST", body: { version: left.version, given: true } });
    // 400: other cards are asked by now, and "Your data" shows them. Anything else may pass.
    if (answer?.status === 200 || answer?.status === 400) await keepOwn("agreed", undefined);
    else again = setTimeout(finish, AGAIN_MS);
  });
}

/** Agree, or take it back. False when the server did not hear it. @param {string} version @param {boolean} given */
export async function answerConsent(version, given) {
  const answer = await askNow("consent", { method: "POST", body: { version, given } });
  await pull(["consent"]);
  return answer?.status === 200;
}
