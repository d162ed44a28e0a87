// The numbers of a text: its length, and weighted sums over its words and pairs of neighbouring words.

import { computeCrc32 } from "./crc32.js";

// Of a longer text, the rest counts neither as characters nor as words.
const LONGEST = 2_000;
// Whether it is missing, characters, words, and the shares of capital letters and of digits.
export const LENGTHS = 5;
// Scripts without blanks between words, whose characters count as words.
const UNSPACED = "\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u9fff";
const WORD = new RegExp(`[${UNSPACED}]|(?:(?![${UNSPACED}])[\\p{L}\\p{N}_])+`, "gu");
const CAPITAL = /^\p{Uppercase}$/u;
const DIGIT = /^\p{Nd}$/u;

export class TextNumbers {
  // ``learned`` has the hashes of the known terms, their weights in whole numbers, units and offsets;
  // ``otherDigits`` the digits that are not decimal, such as ² and ③.
  constructor(learned, otherDigits) {
    this.learned = learned;
    this.otherDigits = new Set(otherDigits);
    this.positions = new Map(learned.terms.map((term, position) => [term, position]));
  }

  // Returns the numbers of a text; of a null, that it is one, and NaN.
  compute(text) {
    const { weights, units, offsets } = this.learned;
    if (text === null) return [1, ...Array(LENGTHS - 1 + offsets.length).fill(NaN)];
    const letters = Array.from(text).slice(0, LONGEST);
    const words = letters.join("").toLowerCase().match(WORD) ?? [];
    const sums = units.map(() => 0);
    for (const term of hashTerms(words)) {
      const position = this.positions.get(term);
      if (position !== undefined) weights[position].forEach((weight, i) => (sums[i] += weight));
    }
    const scaled = sums.map((sum, i) => sum * units[i]);
    const norm = Math.sqrt(scaled[0]) || 1;
    return [...this.measure(letters, words), ...offsets.map((offset, i) => scaled[i + 1] / norm + offset)];
  }

  measure(letters, words) {
    const least = Math.max(letters.length, 1);
    const capitals = letters.filter((letter) => CAPITAL.test(letter)).length;
    const digits = letters.filter((letter) => DIGIT.test(letter) || this.otherDigits.has(letter)).length;
    return [0, letters.length, words.length, capitals / least, digits / least];
  }
}

function hashTerms(words) {
  const terms = new Set();
  const encoder = new TextEncoder();
  let before = null;
  for (const word of words) {
    const part = encoder.encode(` ${word}`);
    const hash = computeCrc32(part);
    terms.add(hash);
    if (before !== null) terms.add(computeCrc32(part, before));
    before = hash;
  }
  return terms;
}
