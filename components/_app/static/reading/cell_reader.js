// Reads the cells of a column as CellReader of components/_table/reading.py does.

import {buildClockReader} from "./clock_text.js";
import {buildDateReader, dropPlaceholder} from "./date_text.js";
import {Letters} from "./letters.js";
import {convertSeconds, isSameDate, parseIso} from "./moments.js";
import {buildNumberReader} from "./number_text.js";
import {UnreadableCell} from "./unreadable.js";

const LARGEST_INTEGER = 2 ** 63;

/**
 * The reader of a column of the model's description. Values are numbers (a boolean is 1 or 0), texts, moments
 * {day, micros}, and null; what cannot be read throws UnreadableCell.
 */
export class CellReader {
  constructor(column, notation) {
    const {kind, cells} = column;
    this.kind = kind;
    this.notation = notation;
    this.cells = cells;
    this.letters = new Letters(notation);
    this.nulls = new Set(cells.nulls ?? notation.nulls);
    this.categories = new Set(column.has_all_categories ? column.categories : []);
    this.spellings = cells.is_folded
      ? new Map(Array.from(this.categories, (text) => [this.letters.fold(text), text]))
      : new Map();
    this.nullDates = kind === "datetime" ? cells.null_values.map(parseIso) : [];
    this.epoch = notation.epochs[cells.formats.find((form) => Object.hasOwn(notation.epochs, form))];
    if (kind === "datetime") this.readDate = buildDateReader(cells.formats, notation, this.letters);
    if (kind === "integer" || kind === "float" || this.epoch) {
      const build = cells.is_clock ? buildClockReader : buildNumberReader;
      this.readNumber = build(cells, notation, this.letters);
    }
  }

  /** Return the value of a cell of JSON. */
  read(cell) {
    if (cell === null) return null;
    return typeof cell === "string" ? this.readText(cell) : this.readNative(cell);
  }

  /** Return the value of a text. */
  readText(cell) {
    if (this.kind === "string" && this.categories.has(cell)) return cell;
    const text = this.letters.trim(cell);
    const folded = this.letters.fold(text);
    if (!text || this.nulls.has(folded)) return null;
    if (this.kind === "string") return this.spellings.get(folded) ?? text;
    if (this.kind === "boolean") return this.readWord(folded);
    if (this.kind === "datetime") return this.dropNullDate(this.readMoment(text));
    return this.checkNumber(this.readNumber(text));
  }

  /** Return a number as the column's kind; null if it means no value. */
  checkNumber(number) {
    if (!Number.isFinite(Number(number))) throw new UnreadableCell("too_large");
    if (this.kind === "integer") {
      if (typeof number === "number" && !Number.isInteger(number)) throw new UnreadableCell("not_whole");
      if (number < -LARGEST_INTEGER || number >= LARGEST_INTEGER) throw new UnreadableCell("too_large");
    }
    const value = Number(number);
    return this.cells.null_values.includes(value) ? null : value;
  }

  readWord(folded) {
    if ([...this.notation.trues, ...this.cells.trues].includes(folded)) return 1;
    if ([...this.notation.falses, ...this.cells.falses].includes(folded)) return 0;
    throw new UnreadableCell("not_yes_or_no");
  }

  readMoment(text) {
    if (!this.epoch) return this.readDate(text);
    let number;
    try {
      number = this.readNumber(text);
    } catch (error) {
      if (!(error instanceof UnreadableCell)) throw error;
      return this.readDate(text);
    }
    return this.convertEpoch(Number(number));
  }

  readNative(cell) {
    const {kind} = this;
    if (kind === "boolean") {
      if (cell === true || cell === 1) return 1;
      if (cell === false || cell === 0) return 0;
    } else if (typeof cell === "number") {
      if (kind === "integer" || kind === "float") return this.checkNumber(cell);
      if (kind === "datetime" && this.epoch) return this.dropNullDate(this.convertEpoch(cell));
      if (kind === "datetime" && this.cells.formats.length && Number.isInteger(cell)) return this.readText(String(BigInt(cell)));
      // A source that has only floats writes 8001 as 8001.0.
      if (kind === "string" && Number.isInteger(cell) && Math.abs(cell) < LARGEST_INTEGER) {
        return this.readText(String(BigInt(cell)));
      }
    }
    throw new UnreadableCell(kind === "boolean" ? "not_yes_or_no" : kind === "datetime" ? "not_a_date" : "not_a_number");
  }

  convertEpoch(number) {
    const moment = convertSeconds(number / this.epoch);
    if (moment === null) throw new UnreadableCell("not_a_date");
    return dropPlaceholder(moment, this.notation);
  }

  dropNullDate(moment) {
    return moment === null || this.nullDates.some((other) => isSameDate(moment, other)) ? null : moment;
  }
}
