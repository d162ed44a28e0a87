// The form of a row: a widget per column, made from the model's description.

import {humanise, make} from "./dom.js";
import {formatNumber, makeExample, TypedReader} from "./values.js";

// A list of more is searched by typing.
const MOST_OPTIONS = 12;
// The length of a date without a time.
const DATE = 10;
const MIDNIGHT = "T00:00:00";
// Digits that numbers have without the noise of their rounding.
const DOUBLE = 12;

/** The widgets of all columns. `onchange` is called after every change. */
export class Form {
  constructor(description, texts, onchange) {
    this.fields = description.columns.map((column, at) => new Field(column, at, description.notation, texts, onchange));
    this.element = make(
      "form",
      {class: "fields", autocomplete: "off", "aria-label": texts.say("form"), onsubmit: (event) => event.preventDefault()},
      this.fields.map((field) => field.element),
    );
  }

  /** Return the row, and whether a value of it cannot be sent; show what is unusual about values. */
  read() {
    const row = {};
    let isValid = true;
    for (const field of this.fields) {
      const {value, fault} = field.check();
      row[field.column.name] = value;
      isValid = isValid && !fault;
    }
    return {row, isValid};
  }

  /** Put values of columns into the widgets. */
  setValues(values) {
    for (const field of this.fields) {
      if (field.column.name in values) field.setValue(values[field.column.name]);
    }
  }

  /** Return what was typed, by column. */
  getState() {
    return Object.fromEntries(this.fields.map((field) => [field.column.name, field.getState()]));
  }

  /** Put what was typed back into the widgets of the columns that are still there. */
  setState(state) {
    for (const field of this.fields) {
      const kept = state[field.column.name];
      if (kept && kept.kind === field.column.kind) field.setState(kept);
    }
  }

  /** Put the usual values of the training rows into the widgets. */
  reset() {
    for (const field of this.fields) field.setValue(field.column.default);
  }
}

class Field {
  constructor(column, at, notation, texts, onchange) {
    this.column = column;
    this.typed = new TypedReader(column, notation);
    this.texts = texts;
    const id = `field-${at}`;
    const name = humanise(column.name);
    this.input = makeInput(column, id, texts);
    this.input.addEventListener("input", () => {
      this.pasted = "";
      onchange();
    });
    if (isNumber(column)) this.input.addEventListener("keydown", (event) => this.step(event));
    if (column.kind === "datetime") this.input.addEventListener("paste", (event) => this.paste(event));
    // Typing must replace the value: a list of suggestions shows only what fits the text.
    if (this.input.list !== undefined) this.input.addEventListener("focus", () => this.input.select?.());
    this.unknown = make("input", {
      type: "checkbox",
      id: `${id}-unknown`,
      "aria-label": texts.say("unknown_of", {column: name}),
      oninput: () => {
        this.pasted = "";
        this.input.disabled = this.unknown.checked;
        onchange();
      },
    });
    this.note = make("p", {class: "note", id: `${id}-note`, "aria-live": "polite"});
    this.element = make(
      "div",
      {class: "field"},
      make(
        "div",
        {class: "field-head"},
        make("label", {for: id, title: column.name}, name, hasUnit(column) && make("span", {class: "unit"}, ` ${column.unit}`)),
        make("label", {class: "unknown", for: this.unknown.id}, this.unknown, texts.say("unknown")),
      ),
      this.input,
      makeSuggestions(column, id),
      make("p", {class: "hint", id: `${id}-hint`}, describeRange(column, texts)),
      this.note,
    );
    this.setValue(column.default);
  }

  /** Return the value, null if it is unknown, and whether it cannot be sent; show a note about it. */
  check() {
    const {value = null, fault = ""} = this.unknown.checked ? {} : this.parse();
    const note = fault || this.pasted || this.findWarning(value);
    if (this.note.textContent !== note) this.note.textContent = note;
    this.note.classList.toggle("fault", Boolean(fault));
    if (fault) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
    return {value, fault};
  }

  /** Return the widget's value, as a request holds it, or a fault. */
  parse() {
    const {kind} = this.column;
    const text = this.input.value;
    if (this.input.validity.badInput) return {fault: this.texts.say("incomplete_date")};
    if (text === "") return {value: null};
    if (kind === "boolean") return {value: text === "true"};
    if (kind === "datetime") return {value: text.length === DATE ? text + MIDNIGHT : text.padEnd(19, ":00")};
    const {value, fault, ...meanings} = this.typed.read(text);
    if (fault) return {fault: this.texts.say(fault, {...meanings, example: makeExample(this.column)})};
    const isHeld = kind !== "integer" || value === null || Number.isSafeInteger(value);
    return isHeld ? {value} : {fault: this.texts.say("too_large")};
  }

  /** Move a number up or down, as a number field does. */
  step(event) {
    const direction = {ArrowUp: 1, ArrowDown: -1}[event.key];
    if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const start = this.parse().value ?? this.column.default ?? 0;
    const moved = Number((start + direction * findStep(this.column)).toPrecision(DOUBLE));
    this.input.value = formatNumber(this.column, moved);
    this.input.dispatchEvent(new Event("input"));
  }

  /** Take a date in the table's own notation, which a date field does not know. */
  paste(event) {
    const text = event.clipboardData.getData("text").trim();
    event.preventDefault();
    if (!text) return;
    const {value, fault} = this.typed.read(text);
    if (fault) {
      this.pasted = this.texts.say("not_pasted", {text, example: makeExample(this.column)});
      this.check();
      return;
    }
    this.setValue(value);
    this.input.dispatchEvent(new Event("input"));
  }

  findWarning(value) {
    const {column, texts} = this;
    if (value === null) {
      const isRead = !this.unknown.checked && this.input.value.trim() !== "";
      return [isRead && texts.say("read_as_unknown"), column.required && texts.say("never_unknown")].filter(Boolean).join(" ");
    }
    if (column.minimum !== null && (value < column.minimum || value > column.maximum)) {
      return texts.say("out_of_range", getRange(column, texts));
    }
    const isStrange = column.has_all_categories && !column.categories.includes(value);
    return isStrange ? texts.say("strange_category") : "";
  }

  setValue(value) {
    this.setState({raw: this.toRaw(value), isUnknown: value === null});
  }

  toRaw(value) {
    if (value === null) return "";
    if (isNumber(this.column)) return formatNumber(this.column, value);
    const isDate = this.column.kind === "datetime" && !this.column.has_time && value.endsWith(MIDNIGHT);
    return isDate ? value.slice(0, DATE) : String(value);
  }

  getState() {
    return {raw: this.input.value, isUnknown: this.unknown.checked, kind: this.column.kind};
  }

  setState({raw, isUnknown}) {
    // What is wrong with a text that was pasted and not taken.
    this.pasted = "";
    // In a column of dates one of them may have a time all the same.
    if (this.column.kind === "datetime" && raw) this.input.type = raw.length > DATE ? "datetime-local" : "date";
    this.input.value = raw;
    this.unknown.checked = isUnknown;
    this.input.disabled = isUnknown;
  }
}

function makeInput(column, id, texts) {
  const shared = {id, name: column.name, "aria-describedby": `${id}-hint ${id}-note`};
  if (column.kind === "boolean") {
    return makeSelect(shared, [["true", texts.say("yes")], ["false", texts.say("no")]]);
  }
  if (column.kind === "datetime") {
    return make("input", {...shared, type: column.has_time ? "datetime-local" : "date", step: 1});
  }
  if (isNumber(column)) return make("input", {...shared, type: "text", inputmode: chooseKeyboard(column)});
  if (column.is_text) return make("textarea", {...shared, rows: 3});
  if (column.has_all_categories && column.categories.length <= MOST_OPTIONS) {
    return makeSelect(shared, column.categories.map((name) => [name, name]));
  }
  return make("input", {...shared, type: "text", list: `${id}-list`});
}

// Names such as "Area in m²" have it already.
function hasUnit({name, unit}) {
  return unit && !name.toLowerCase().split(/[\s_()[\]]+/).includes(unit);
}

function isNumber({kind}) {
  return kind === "integer" || kind === "float";
}

// The keyboards of numbers on phones have no minus and no colon.
function chooseKeyboard({kind, minimum, cells}) {
  if (minimum < 0 || cells.is_clock) return null;
  return kind === "float" ? "decimal" : "numeric";
}

// 1, or of a number with a small range a power of ten.
function findStep({kind, minimum, maximum}) {
  const range = maximum - minimum;
  return kind === "integer" || range === 0 || range >= 10 ? 1 : 10 ** Math.floor(Math.log10(range / 10));
}

function makeSelect(attributes, options) {
  return make("select", attributes, options.map(([value, text]) => make("option", {value}, text)));
}

function makeSuggestions(column, id) {
  if (column.kind !== "string" || column.is_text) return null;
  if (column.has_all_categories && column.categories.length <= MOST_OPTIONS) return null;
  return make("datalist", {id: `${id}-list`}, column.categories.map((value) => make("option", {value})));
}

function getRange(column, texts) {
  return {
    minimum: texts.formatValue(column, column.minimum),
    maximum: texts.formatValue(column, column.maximum),
  };
}

function describeRange(column, texts) {
  const parts = [];
  if (column.minimum !== null) parts.push(texts.say("seen_range", getRange(column, texts)));
  if (column.kind === "string" && !column.is_text && column.categories.length > MOST_OPTIONS) {
    parts.push(texts.say("most_frequent", {categories: column.categories.slice(0, 3).join(", ")}));
  }
  return parts.join(" · ");
}
