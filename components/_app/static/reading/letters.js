// Characters as Python knows them: blanks, digits of all scripts, and letters without their case.

/** What Python's \s matches, for a class of characters. */
export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
/** What Python's \d matches, for a class of characters. */
export const DIGIT = "\\p{Nd}";
/** What Python's \w matches, for a class of characters. */
export const WORD = "\\p{L}\\p{N}_";
/** What Python's [^\W\d_] matches. */
export const LETTER = "[\\p{L}\\p{Nl}\\p{No}]";

const NUMERAL = /\p{Nd}/gu;

export class Letters {
  constructor({foldings, zeros, blanks}) {
    this.foldings = foldings;
    this.zeros = Array.from(zeros, (zero) => zero.codePointAt(0)).reverse();
    this.blanks = blanks;
  }

  /** Return a text without blanks at its ends, and in Unicode's composed form NFC. */
  trim(text) {
    let [start, end] = [0, text.length];
    while (start < end && this.blanks.includes(text[start])) start += 1;
    while (end > start && this.blanks.includes(text[end - 1])) end -= 1;
    return text.slice(start, end).normalize("NFC");
  }

  /** Return a text with its case folded. */
  fold(text) {
    return Array.from(text, (letter) => this.foldings[letter] ?? letter.toLowerCase()).join("");
  }

  /** Return a text with its case folded and without accents. */
  foldAccents(text) {
    return this.fold(text).normalize("NFKD").replace(/\p{M}/gu, "");
  }

  /** Return a text with the digits of all scripts as 0 to 9. */
  toAscii(text) {
    return text.replace(NUMERAL, (digit) => {
      const code = digit.codePointAt(0);
      return String(code - this.zeros.find((zero) => zero <= code));
    });
  }
}
