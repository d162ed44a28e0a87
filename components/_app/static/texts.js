// The page's texts in the person's language, and numbers and dates as that language writes them.

import {formatRounded} from "./values.js";

const KEPT = "kfp-tabular:language";

/** Return the language that was chosen, else the first of the browser's that there is, else English. */
export function chooseLanguage(available) {
  const wanted = [recall(KEPT), ...navigator.languages.map((tag) => tag.split("-")[0])];
  return wanted.find((language) => available.includes(language)) ?? "en";
}

/** Keep the choice of a language until the tab is closed. */
export function keepLanguage(language) {
  store(KEPT, language);
}

/** Return a text of the tab's storage; null where a browser has none, as for some local files. */
export function recall(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keep a text until the tab is closed. */
export function store(key, text) {
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // Without a storage the page works, but forgets what was typed when it is loaded again.
  }
}

export class Texts {
  constructor(all, language) {
    this.language = language;
    this.all = all;
    // Numbers and dates as the person's country writes them, if it speaks the language.
    const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
    this.number = new Intl.NumberFormat(locale, {maximumSignificantDigits: 6});
    this.count = new Intl.NumberFormat(locale);
    this.whole = new Intl.NumberFormat(locale, {style: "percent"});
    this.short = new Intl.NumberFormat(locale, {maximumSignificantDigits: 3});
    this.count = new Intl.NumberFormat(locale, {maximumFractionDigits: 0});
    this.points = new Intl.NumberFormat(locale, {
      minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero",
    });
    this.signed = new Intl.NumberFormat(locale, {maximumSignificantDigits: 3, signDisplay: "exceptZero"});
    this.percent = new Intl.NumberFormat(locale, {
      style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1,
    });
    this.date = new Intl.DateTimeFormat(locale, {dateStyle: "medium", timeZone: "UTC"});
    this.moment = new Intl.DateTimeFormat(locale, {dateStyle: "medium", timeStyle: "medium", timeZone: "UTC"});
    // What happened on a machine, in the person's own time.
    this.local = new Intl.DateTimeFormat(locale, {dateStyle: "medium", timeStyle: "short"});
  }

  /** Return a text with values in place of {names}. */
  say(key, values = {}) {
    return this.all[this.language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  /** Return a value of a column in words. */
  formatValue(column, value) {
    if (value === null || value === undefined) return this.say("unknown");
    if (column.kind === "boolean") return this.say(value ? "yes" : "no");
    if (column.kind === "datetime") {
      return (column.has_time ? this.moment : this.date).format(new Date(`${value}Z`));
    }
    return typeof value === "number" ? formatRounded(column, value) : value;
  }

  /** Return an amount in the problem's unit. */
  formatWorth(amount, unit) {
    return [this.number.format(Math.round(amount * 100) / 100), unit].filter(Boolean).join(" ");
  }
}
