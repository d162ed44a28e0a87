// Times of day and durations in text as minutes, as components/_table/clock_text.py reads them.

import {convertHour} from "./moments.js";
import {DIGIT as D, LETTER, SPACE} from "./letters.js";
import {buildNumberReader} from "./number_text.js";
import {UnreadableCell} from "./unreadable.js";

const S = `[${SPACE}]`;
const CLOCK = new RegExp(
  `^(?<sign>[+-])?${S}*(?:(?<days>${D}+)${S}*d(?:ays?)?,?${S}+)?(?<hours>${D}{1,4})[:hH](?<minutes>[0-5]${D})` +
    `(?::(?<seconds>[0-5]${D})(?:[.,](?<fraction>${D}{1,9}))?)?${S}*(?:(?<half>[AaPp]\\.?[Mm]\\.?)|[Uu]hr|h)?$`,
  "u",
);
const AMOUNT = `${D}+(?:\\.${D}+)?`;
const ISO = new RegExp(
  `^(?<sign>[+-])?P(?=[^\\n])(?:(?<y>${AMOUNT})Y)?(?:(?<mo>${AMOUNT})M)?(?:(?<w>${AMOUNT})W)?` +
    `(?:(?<d>${AMOUNT})D)?(?:T(?=[^\\n])(?:(?<h>${AMOUNT})H)?(?:(?<min>${AMOUNT})M)?(?:(?<s>${AMOUNT})S)?)?$`,
  "u",
);
const WORD = `(?:${AMOUNT})${S}*${LETTER}+\\.?`;
const WORDS = new RegExp(`^(?<sign>[+-])?${S}*${WORD}(?:(?:${S}*,${S}*|${S}+and${S}+|${S}*)${WORD})*$`, "u");
const EACH_WORD = new RegExp(`(${AMOUNT})${S}*(${LETTER}+)\\.?`, "gu");
const ISO_UNITS = ["y", "mo", "w", "d", "h", "min", "s"];
const MINUTES_OF_DAY = 1440;
const PLAIN = {decimal: ".", thousands: "", affixes: [], is_scaled: false};

/** Return a function that converts a trimmed text to minutes, or throws UnreadableCell. */
export function buildClockReader(_, notation, letters) {
  const readNumber = buildNumberReader(PLAIN, notation, letters);
  const toNumber = (text) => Number(letters.toAscii(text ?? "0"));

  function countClock({days, hours, minutes, seconds, fraction, half}) {
    const hour = convertHour(toNumber(hours), half);
    const second = toNumber(`${seconds ?? 0}.${fraction ?? 0}`);
    return toNumber(days) * MINUTES_OF_DAY + hour * 60 + toNumber(minutes) + second / 60;
  }

  function countIso(found) {
    return ISO_UNITS.reduce((total, unit) => total + toNumber(found[unit]) * notation.minutes[unit], 0);
  }

  function countWords(text) {
    let total = 0;
    for (const [, number, unit] of text.matchAll(EACH_WORD)) {
      const folded = letters.fold(unit);
      if (!Object.hasOwn(notation.minutes, folded)) throw new UnreadableCell("not_a_time");
      total += toNumber(number) * notation.minutes[folded];
    }
    return total;
  }

  return (text) => {
    try {
      // A plain number is already in minutes.
      return Number(readNumber(text));
    } catch (error) {
      if (!(error instanceof UnreadableCell)) throw error;
    }
    for (const [pattern, count] of [[CLOCK, countClock], [ISO, countIso], [WORDS, () => countWords(text)]]) {
      const found = pattern.exec(text)?.groups;
      if (found) return found.sign === "-" ? -count(found) : count(found);
    }
    throw new UnreadableCell("not_a_time");
  };
}
