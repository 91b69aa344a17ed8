// Whom to call, each on a card, with what starts the call.

import { html, nothing } from "../vendor/lit-html.js";
import { t, timeInWords } from "../words.js";
import { closesAt, inWords } from "./file.js";

const NUMBER = /(\+?\(?\d[\d ()/-]{5,}\d)/;
const SHORTEST = 7; // digits; what is shorter in a text may be a date or a time

/** @param {ContactName} name @param {CheckFile["contacts"]} contacts */
export function callCard(name, contacts) {
  const contact = contacts[name];
  return html`<section class="card calls" data-contact="${name}">
    <h2>${title(name, contact)}</h2>
    ${contact.number ? html`<p><a class="button" href="tel:${dialled(contact.number)}">${t("check.call", { number: contact.number })}</a></p>` : nothing}
    <p>${withNumbers(inWords(contact.text))}</p>
  </section>`;
}

/** @param {ContactName} name @param {Contact} contact */
function title(name, contact) {
  if (name !== "out_of_hours") return t(`check.${name}`);
  const until = closesAt(contact, new Date());
  if (until) return t("check.open", { time: timeInWords(until.toISOString()) });
  return t(until === null ? "check.out_of_hours" : "check.closed");
}

/** @param {string} number */
const dialled = (number) => number.replace(/[^\d+*#]/g, "");

/** The telephone numbers that a clinic wrote into its text start a call as well. @param {string} text */
function withNumbers(text) {
  return text
    .split(NUMBER)
    .map((part, n) => (n % 2 && part.replace(/\D/g, "").length >= SHORTEST ? html`<a href="tel:${dialled(part)}">${part}</a>` : part));
}
