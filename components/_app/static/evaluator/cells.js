// Reads the cells of a row as the server reads the values of a JSON request.

import { RefusedRows } from "../predictor.js";
import { CellReader } from "../reading/cell_reader.js";
import { UnreadableCell } from "../reading/unreadable.js";

const WANTED = {
  integer: "a whole number",
  float: "a number",
  boolean: "true or false",
  string: "text",
  datetime: "a date such as 2026-11-26 or 2026-11-26T08:30:00",
};

// Takes the columns and the notation of a model's description.
export class RowReader {
  constructor({ columns, notation }) {
    this.columns = columns.map((column) => ({ column, reader: new CellReader(column, notation) }));
  }

  // Returns the values of a row {column: cell}, see CellReader.
  read(row) {
    return this.columns.map(({ column, reader }) => readCell(row, column, reader));
  }
}

function readCell(row, { name, kind, required, cells }, reader) {
  if (!Object.hasOwn(row, name)) {
    if (!required) return null;
    throw new RefusedRows(`Column '${name}' is missing. If its value is unknown, give null.`);
  }
  try {
    return reader.read(row[name]);
  } catch (error) {
    if (!(error instanceof UnreadableCell)) throw error;
    if (cells.unreadable === "null") return null;
    throw new RefusedRows(`Column '${name}' must be ${WANTED[kind]}, not ${JSON.stringify(row[name])}.`);
  }
}
