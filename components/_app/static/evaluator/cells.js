// Reads the cells of a row as the server reads the values of a JSON request. Numbers and dates in the table's own
// notation ("1.234,5 €", "31.12.2026") are for tables: here a number is a number and a date is of ISO 8601.

import { RefusedRows } from "../predictor.js";
import { convertSeconds, getYear, isSameDate, parseDate } from "./dates.js";

// A date before or after these years means "never" or "always", not a day.
const FIRST_YEAR = 2;
const LAST_YEAR = 2899;
const LARGEST_INTEGER = 2 ** 63;
const WANTED = {
  integer: "a whole number",
  float: "a number",
  boolean: "true or false",
  string: "text",
  datetime: "a date such as 2026-11-26 or 2026-11-26T08:30:00",
};

class UnreadableCell extends Error {}

// Takes the readings of a model's columns, in the model's order, and the letters whose case folding is not their
// lower case, with their foldings.
export class RowReader {
  constructor(columns, foldings, blanks) {
    this.columns = columns.map((column) => new ColumnReader(column, foldings, blanks));
  }

  // Returns the values of a row {column: cell}: numbers, texts, dates and null.
  read(row) {
    return this.columns.map((column) => column.read(row));
  }
}

class ColumnReader {
  constructor(column, foldings, blanks) {
    this.column = column;
    this.foldings = foldings;
    this.blanks = blanks;
    this.nulls = new Set(column.nulls);
    this.categories = new Set(column.categories);
    this.nullDates = column.kind === "datetime" ? column.null_values.map(parseDate) : [];
    this.spellings = column.is_folded
      ? new Map(column.categories.map((text) => [this.fold(text), text]))
      : new Map();
  }

  read(row) {
    const { name, kind, unreadable } = this.column;
    if (!Object.hasOwn(row, name)) {
      if (this.column.has_nulls) return null;
      throw new RefusedRows(`Column '${name}' is missing. If its value is unknown, give null.`);
    }
    const cell = row[name];
    if (cell === null) return null;
    try {
      return typeof cell === "string" ? this.readText(cell) : this.readNative(cell);
    } catch (error) {
      if (!(error instanceof UnreadableCell)) throw error;
      if (unreadable === "null") return null;
      throw new RefusedRows(`Column '${name}' must be ${WANTED[kind]}, not ${JSON.stringify(cell)}.`);
    }
  }

  readText(cell) {
    if (this.column.kind === "string" && this.categories.has(cell)) return cell;
    const text = this.trim(cell);
    const folded = this.fold(text);
    if (!text || this.nulls.has(folded)) return null;
    if (this.column.kind === "string") return this.spellings.get(folded) ?? text;
    if (this.column.kind === "boolean") return this.readWord(folded);
    if (this.column.kind !== "datetime") throw new UnreadableCell();
    return this.dropNullDate(parseDate(text));
  }

  readWord(folded) {
    if (["true", "1", "1.0", ...this.column.trues].includes(folded)) return 1;
    if (["false", "0", "0.0", ...this.column.falses].includes(folded)) return 0;
    throw new UnreadableCell();
  }

  readNative(cell) {
    const { kind, epoch } = this.column;
    if (kind === "boolean") {
      if (cell === true || cell === 1) return 1;
      if (cell === false || cell === 0) return 0;
    } else if (typeof cell === "number") {
      if (kind === "integer" || kind === "float") return this.readNumber(cell);
      if (kind === "datetime" && epoch) return this.dropNullDate(convertSeconds(cell / epoch));
      // A source that has only floats writes 8001 as 8001.0.
      if (kind === "string" && Number.isInteger(cell) && Math.abs(cell) < LARGEST_INTEGER) {
        return this.readText(String(BigInt(cell)));
      }
    }
    throw new UnreadableCell();
  }

  readNumber(number) {
    if (!Number.isFinite(number)) throw new UnreadableCell();
    if (this.column.kind === "integer") {
      const isHeld = -LARGEST_INTEGER <= number && number < LARGEST_INTEGER;
      if (!Number.isInteger(number) || !isHeld) throw new UnreadableCell();
    }
    return this.column.null_values.includes(number) ? null : number;
  }

  dropNullDate(date) {
    if (date === null) throw new UnreadableCell();
    const year = getYear(date);
    const isKnown = FIRST_YEAR <= year && year <= LAST_YEAR;
    return !isKnown || this.nullDates.some((other) => isSameDate(date, other)) ? null : date;
  }

  trim(text) {
    let [start, end] = [0, text.length];
    while (start < end && this.blanks.includes(text[start])) start += 1;
    while (end > start && this.blanks.includes(text[end - 1])) end -= 1;
    return text.slice(start, end).normalize("NFC");
  }

  fold(text) {
    return Array.from(text, (letter) => this.foldings[letter] ?? letter.toLowerCase()).join("");
  }
}
