// Numbers in text, as components/_table/number_text.py reads them.

import {DIGIT, SPACE} from "./letters.js";
import {UnreadableCell} from "./unreadable.js";

const MINUS = "\\-\u2212\u2013";
const APOSTROPHES = "'\u2019";
const BLANKS = " \u00a0\u2007\u2009\u202f";
const S = `[${SPACE}]*`;
const SUFFIX = `[^${DIGIT}${SPACE}.,()+²³¹⁰⁴-⁹${MINUS}${APOSTROPHES}][^${DIGIT}()]{0,19}?`;
const ESCAPED = {".": "\\."};

/**
 * Return a function that converts a trimmed text to a number, or a whole one to a BigInt; it throws
 * UnreadableCell for other texts. The style is {decimal, thousands, affixes, is_scaled}.
 */
export function buildNumberReader(style, notation, letters) {
  const {decimal, thousands} = style;
  const pattern = compileFrame(buildCore(decimal, thousands), notation.currency);
  const scales = Object.keys(notation.scales).sort((one, other) => other.length - one.length);
  const scaled = new RegExp(`^(?:(${scales.join("|")})\\.?${S}(${notation.currency}|))$`, "u");
  const marks = new Set(getMarks(thousands));
  const affixes = new Set(style.affixes);

  function split(text) {
    const found = pattern.exec(text)?.groups;
    if (!found || Boolean(found.open) !== Boolean(found.close)) return null;
    const signs = [found.sign, found.inner, found.trail, found.open].filter(Boolean);
    if (signs.length > 1) return null;
    const suffix = scaled.exec(found.suffix ?? "");
    const scale = suffix ? notation.scales[suffix[1]] : 0;
    const units = [found.prefix, suffix ? suffix[2] : found.suffix].filter(Boolean);
    const isNegative = signs.length === 1 && signs[0] !== "+";
    return {core: found.core, exponent: found.exponent, scale, units, isNegative};
  }

  return (text) => {
    const parts = split(text);
    if (parts === null || !parts.units.every((unit) => affixes.has(normaliseUnit(unit, letters)))) {
      throw new UnreadableCell("not_a_number");
    }
    if (parts.scale && !style.is_scaled) throw new UnreadableCell("not_a_number");
    const kept = Array.from(parts.core, (sign) => (marks.has(sign) ? "" : sign === decimal ? "." : sign));
    const literal = letters.toAscii(kept.join(""));
    const sign = parts.isNegative ? "-" : "";
    if (/^\d+$/.test(literal) && !parts.exponent) {
      const whole = BigInt(literal) * 10n ** BigInt(parts.scale);
      return whole ? (sign ? -whole : whole) : Number(`${sign}0`);
    }
    // The exponents are added in the text, so that the result is rounded only once.
    const power = parts.exponent ? Number(letters.toAscii(parts.exponent.slice(1))) : 0;
    return Number(`${sign}${literal}e${power + parts.scale}`);
  };
}

function buildCore(decimal, thousands) {
  const point = ESCAPED[decimal] ?? decimal;
  let whole = `${DIGIT}+`;
  if (thousands) {
    const groups = `${DIGIT}{1,3}(?:[${getMarks(thousands)}]${DIGIT}{3})+`;
    // India writes groups of two digits: 12,34,567.
    const indian = thousands === "," ? `|${DIGIT}{1,2}(?:,${DIGIT}{2})+,${DIGIT}{3}` : "";
    whole = `(?:${groups}${indian}|${DIGIT}+)`;
  }
  return `${whole}(?:${point}${DIGIT}*)?|${point}${DIGIT}+`;
}

function getMarks(thousands) {
  return {" ": BLANKS, "'": APOSTROPHES}[thousands] ?? thousands;
}

function compileFrame(core, currency) {
  return new RegExp(
    `^(?<open>\\()?${S}(?<sign>[+${MINUS}])?${S}(?<prefix>${currency})?${S}(?<inner>[+${MINUS}])?${S}` +
      `(?<core>${core})(?<exponent>[eE][+-]?${DIGIT}{1,3})?${S}` +
      `(?<suffix>${SUFFIX})?${S}(?<trail>[${MINUS}])?${S}(?<close>\\))?$`,
    "u",
  );
}

function normaliseUnit(text, letters) {
  const stripped = text.replace(new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "gu"), "").replace(/\.+$/, "");
  const key = Array.from(letters.fold(stripped));
  return (key.length > 3 && key.at(-1) === "s" ? key.slice(0, -1) : key).join("");
}
