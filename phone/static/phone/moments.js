// Moments and dates by the phone's own clock and zone, which is what a record says.

/** @param {number} n */
const two = (n) => String(Math.trunc(Math.abs(n))).padStart(2, "0");

/** RFC 3339 with the offset that this clock has at that moment. @param {Date} date */
export function local(date) {
  const offset = -date.getTimezoneOffset();
  const shifted = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
  return `${shifted}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

/** The local date of a moment, as 2026-03-24. @param {Date} date */
export function day(date) {
  return local(date).slice(0, 10);
}

/** The date so many days from one. @param {string} on @param {number} days */
export function daysFrom(on, days) {
  const noon = new Date(`${on}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() + days);
  return noon.toISOString().slice(0, 10);
}

/** 1 is Monday. @param {string} on */
export function weekday(on) {
  return new Date(`${on}T12:00:00Z`).getUTCDay() || 7;
}

/** The IANA name of the phone's zone, if it knows one. */
export function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}
