// Kinds, times and weekdays as a patient reads them.

import { language, t, timeInWords } from "../words.js";

export const KINDS = /** @type {const} */ (["exercise", "diary", "walk", "movement_break", "weekly_check", "measures"]);
export const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];

/** @param {import("./server.js").Sent["kind"]} kind */
export const kindInWords = (kind) => t(`reminders.kind_${kind}`);

/** 8:00, from "08:00". @param {string} time */
const clock = (time) => timeInWords(`2000-01-01T${time}`);

/** @param {Pick<import("./server.js").Chosen, "times" | "window_start" | "window_end" | "every_minutes">} one */
export function timesInWords({ times, window_start, window_end, every_minutes }) {
  if (!window_start || !window_end || !every_minutes) return times.map(clock).join(", ");
  return t("reminders.window", { start: clock(window_start), end: clock(window_end), n: every_minutes });
}

/** The short name of a weekday; 1 is Monday. @param {number} day @param {"short" | "long"} [style] */
export function weekdayInWords(day, style = "short") {
  return new Intl.DateTimeFormat(language, { weekday: style, timeZone: "UTC" }).format(Date.UTC(2024, 0, day)); // 1 January 2024 was a Monday
}

/** @param {number[]} weekdays */
export function weekdaysInWords(weekdays) {
  return weekdays.length === EVERY_DAY.length
    ? t("reminders.every_day")
    : weekdays.map((one) => weekdayInWords(one)).join(", ");
}
