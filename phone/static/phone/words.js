// All words come from words/<language>.js. A word nobody wrote is an error of the type check, not a blank on a screen.

import { weekday } from "./moments.js";
import en from "./words/en.js";

/** @type {Record<Language, () => Promise<Words>>} */
const CATALOGS = {
  en: async () => en,
  es: async () => (await import("./words/es.js")).default,
};
/** @type {Record<Language, string>} */
export const LANGUAGES = { en: "English", es: "Español" };

let catalog = en;
/** @type {Language} */
export let language = "en";

/** @param {string} wanted */
export async function speak(wanted) {
  language = wanted in CATALOGS ? /** @type {Language} */ (wanted) : "en";
  catalog = await CATALOGS[language]();
  document.documentElement.lang = language;
}

/** The text of a word, with {names} filled in. @param {Word} word @param {Record<string, string | number>} [values] */
export function t(word, values = {}) {
  const [section, name] = /** @type {[keyof Words, string]} */ (word.split("."));
  const text = /** @type {Record<string, string>} */ (catalog[section])[name] ?? word;
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/**
 * The same for a number of things: one, or other.
 * @param {Counted} word @param {number} n @param {Record<string, string | number>} [values]
 */
export function counted(word, n, values = {}) {
  const form = new Intl.PluralRules(language).select(n) === "one" ? "one" : "other";
  return t(/** @type {Word} */ (`${word}_${form}`), { ...values, n });
}

/** The language, in the form of the phone's own country if that is the same language. */
const locale = () => (navigator.language.startsWith(language) ? navigator.language : language);

/** 4.5, or 4,5. @param {number} value */
export function decimal(value) {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }).format(value);
}

/** Tuesday 24 March. @param {string} on */
export function dateInWords(on) {
  const text = dateWithin(on);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The same within a sentence. By the catalog: the first date by Intl costs a slow phone a fifth of a second. @param {string} on */
export function dateWithin(on) {
  const [, month = 1, date = 1] = on.split("-").map(Number);
  /** @param {Word} names @param {number} n from 1 */
  const name = (names, n) => t(names).split(" ")[n - 1] ?? "";
  return t("dates.full", { weekday: name("dates.weekdays", weekday(on)), day: date, month: name("dates.months", month) });
}

/** 9:41, on the phone's own clock. @param {string} at */
export function timeInWords(at) {
  return new Intl.DateTimeFormat(locale(), { hour: "numeric", minute: "2-digit" }).format(new Date(at));
}
