// Values as people type and see them: a column's numbers are written as in the table that the model learned from.

import {CellReader} from "./reading/cell_reader.js";
import {formatIso} from "./reading/moments.js";
import {buildNumberReader} from "./reading/number_text.js";
import {UnreadableCell} from "./reading/unreadable.js";

// The notations of numbers besides the column's own: a mark of decimals and one of thousands.
const NOTATIONS = [".", ".,", ". ", ".'", ",", ",.", ", ", ",'"];
const GROUPED = 2;
const DIGITS = 6;
const LARGE = 1000;
// A number that begins with 0 has no thousands.
const SMALL = /^[^\p{Nd}]*\p{Nd}/u;

/** Reads what a person types into the widget of a column. */
export class TypedReader {
  constructor(column, notation) {
    this.column = column;
    this.notation = notation;
    this.reader = new CellReader(column, notation);
  }

  /**
   * Return {value}, as a request holds it, or {fault}, the key of the text that says what is wrong; an ambiguous
   * number has its two meanings, too. The column's own notation counts first, then any other one, if no two of
   * them give different numbers.
   */
  read(text) {
    const own = this.attempt(() => this.reader.readText(text));
    if (own.fault !== "not_a_number" || this.column.cells.is_clock) return own;
    const numbers = this.readOtherwise(this.reader.letters.trim(text));
    if (numbers.length > 1) {
      const [one, other] = numbers.map((number) => formatNumber(this.column, number));
      return {fault: "ambiguous_number", one, other};
    }
    return numbers.length ? this.attempt(() => this.reader.checkNumber(numbers[0])) : own;
  }

  readOtherwise(text) {
    const isSmall = SMALL.exec(text)?.[0].endsWith("0");
    const found = NOTATIONS
      .filter((marks) => !(marks.length === GROUPED && isSmall))
      .map((marks) => this.attempt(() => Number(this.buildReader(marks)(text))))
      .filter(({fault}) => !fault);
    return [...new Set(found.map(({value}) => value))];
  }

  buildReader([decimal, thousands = ""]) {
    return buildNumberReader({...this.column.cells, decimal, thousands}, this.notation, this.reader.letters);
  }

  attempt(read) {
    try {
      return {value: this.toJson(read())};
    } catch (error) {
      if (!(error instanceof UnreadableCell)) throw error;
      return {fault: error.message};
    }
  }

  toJson(value) {
    return this.column.kind === "datetime" && value !== null ? formatIso(value) : value;
  }
}

/** Return a number in its column's notation. */
export function formatNumber({cells}, number) {
  return cells.is_clock ? formatClock(number) : String(number).replace(".", cells.decimal);
}

/** Return the same, with at most two decimals of a large number and few digits of a small one. */
export function formatRounded(column, number) {
  if (column.cells.is_clock) return formatClock(Math.round(number * 60) / 60);
  return formatNumber(column, Number(Math.abs(number) < LARGE ? number.toPrecision(DIGITS) : number.toFixed(2)));
}

/** Return a text in the notation of a column, as an example. */
export function makeExample(column) {
  if (column.cells.is_clock) return "8:30";
  if (column.kind === "datetime") return formatDate(column);
  return formatNumber(column, column.kind === "integer" ? 1234 : 1234.5);
}

// Minutes as a time of day or a duration; as a number, if they have a part of a second.
function formatClock(minutes) {
  const seconds = Math.round(Math.abs(minutes) * 60);
  const [hours, minute, second] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 9999 || hours * 60 + minute + second / 60 !== Math.abs(minutes)) return String(minutes);
  const parts = [minute, ...(second ? [second] : [])].map((part) => String(part).padStart(2, "0"));
  return `${minutes < 0 ? "-" : ""}${[hours, ...parts].join(":")}`;
}

function formatDate({cells}) {
  const parts = {Y: "2026", y: "26", m: "12", d: "31", H: "10", M: "45", S: "00"};
  const form = cells.formats.find((one) => /^(?:%[YymdHMS]|[^%a-z])+$/.test(one));
  return form ? form.replace(/%(.)/g, (_, directive) => parts[directive]) : "2026-12-31";
}
