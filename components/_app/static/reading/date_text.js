// Dates in text, as components/_table/date_text.py reads them: in the formats of strptime, and of ISO 8601.

import {DIGIT as D, LETTER, SPACE, WORD} from "./letters.js";
import {buildMoment, convertHour, countDays, getYear} from "./moments.js";
import {UnreadableCell} from "./unreadable.js";
import {convertToUtc} from "./zones.js";

const ISO = "%Y-%m-%d";
const S = `[${SPACE}]`;
const DIRECTIVES = {
  Y: `(?<year>${D}{4})`,
  y: `(?<short_year>${D}{2})`,
  m: `(?<month>${D}{1,2})`,
  d: `(?<day>${D}{1,2})(?:st|nd|rd|th)?`,
  b: `(?<word>${LETTER}{3,}\\.?)`,
  B: `(?<word>${LETTER}{3,}\\.?)`,
  a: `${LETTER}+\\.?`,
  A: `${LETTER}+\\.?`,
  H: `(?<hour>${D}{1,2})`,
  I: `(?<hour>${D}{1,2})`,
  M: `(?<minute>${D}{2})`,
  S: `(?<second>${D}{2})`,
  f: `(?<fraction>${D}{1,9})`,
  p: "(?<half>[AaPp]\\.?[Mm]\\.?)",
  z: `(?<zone>[^${SPACE}]+)`,
  Z: `(?<zone>[^${SPACE}]+)`,
  G: `(?<year>${D}{4})`,
  V: `(?<week>${D}{1,2})`,
  u: "(?<weekday>[1-7])",
  j: `(?<yearday>${D}{1,3})`,
  "%": "%",
};
const TIME =
  `(?:(?:[T ,]|${S}+at)${S}*(?<hour>${D}{1,2}):(?<minute>${D}{2})` +
  `(?::(?<second>${D}{2})(?:[.,](?<fraction>${D}{1,9}))?)?${S}*(?<half>[AaPp]\\.?[Mm](?![${WORD}])\\.?)?` +
  `(?:${S}*(?<zone>[Zz]|[+-]${D}{2}:?${D}{2}|[A-Za-z]{3,4}|[A-Za-z]+/[${WORD}/+-]+))?)?`;

/**
 * Return a function that converts a trimmed text to a moment; to null for a date that means no value; it throws
 * UnreadableCell for other texts.
 */
export function buildDateReader(formats, notation, letters) {
  const forms = [...new Set([...formats, ISO])].filter((form) => !Object.hasOwn(notation.epochs, form));
  const patterns = forms.map(compileForm);
  return (text) => {
    for (const pattern of patterns) {
      const found = pattern.exec(text)?.groups;
      if (found) return dropPlaceholder(readParts(found, notation, letters), notation);
    }
    throw new UnreadableCell("not_a_date");
  };
}

/** Return a moment; null if its year shows that it means no value. */
export function dropPlaceholder(moment, {years: [first, last]}) {
  const year = moment === null ? NaN : getYear(moment);
  return first <= year && year <= last ? moment : null;
}

function compileForm(form) {
  let hasTime = false;
  const pieces = Array.from(form.matchAll(/%(.)|([^%]+)/gsu), ([, directive, literal]) => {
    hasTime ||= "HI".includes(directive ?? " ");
    return literal === undefined ? DIRECTIVES[directive] : escape(literal);
  });
  return new RegExp(`^${pieces.join("")}${hasTime ? "" : TIME}$`, "iu");
}

function escape(literal) {
  const blanks = new RegExp(`${S}+`, "u");
  return literal.split(blanks).map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join(`${S}+`);
}

function readParts(found, notation, letters) {
  const get = (name, other) => (found[name] ? Number(letters.toAscii(found[name])) : other);
  const year = found.short_year ? resolveYear(get("short_year")) : get("year", 1900);
  if (year === 0) return null;
  const month = found.word ? findMonth(found.word, notation, letters) : get("month", 1);
  const hour = convertHour(get("hour", 0), found.half);
  const fraction = Number(letters.toAscii(found.fraction ?? "0").padEnd(6, "0").slice(0, 6));
  const moment = buildMoment(year, month, get("day", 1), hour, get("minute", 0), get("second", 0), fraction);
  if (moment === null) throw new UnreadableCell("not_a_date");
  if (found.week) moment.day = findWeek(year, get("week"), get("weekday", 1));
  if (found.yearday) moment.day += get("yearday") - 1;
  return found.zone ? convertToUtc(moment, found.zone, notation, letters) : moment;
}

// As in POSIX and strptime: 69 is 1969, 68 is 2068.
function resolveYear(short) {
  return short + (short >= 69 ? 1900 : 2000);
}

function findMonth(word, {months}, letters) {
  const name = letters.foldAccents(word).replace(/^[. ]+|[. ]+$/g, "");
  if (!Object.hasOwn(months, name)) throw new UnreadableCell("not_a_date");
  return months[name];
}

// The week with January 4 is the first of its year.
function findWeek(year, week, weekday) {
  const [start, next] = [year, year + 1].map((one) => {
    const fourth = countDays(one, 1, 4);
    return fourth - ((((fourth + 3) % 7) + 7) % 7);
  });
  const monday = start + (week - 1) * 7;
  if (week < 1 || monday >= next) throw new UnreadableCell("not_a_date");
  return monday + weekday - 1;
}
