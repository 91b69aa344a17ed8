// A question that only the server can answer, asked now. What can wait goes by the outbox.

import { identity, tokenRefused } from "../identity.js";

/**
 * The answer, or null when there was none: no network, or nobody is signed in.
 * @param {string} path below /api/v1/ @param {{method?: string, body?: unknown}} [how]
 */
export async function askNow(path, { method = "GET", body } = {}) {
  const who = await identity();
  if (!who || who.signed_out) return null;
  /** @type {Record<string, string>} */
  const headers = { Authorization: `Bearer ${who.token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const answer = await fetch(`/api/v1/${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(30_000),
    });
    if (answer.status === 401) await tokenRefused(who.token);
    return answer;
  } catch {
    return null;
  }
}
