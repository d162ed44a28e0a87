// The form of a row: a widget per column, made from the model's description.

import {humanise, make} from "./dom.js";

// A list of more is searched by typing.
const MOST_OPTIONS = 12;

/** The widgets of all columns. `onchange` is called after every change. */
export class Form {
  constructor(description, texts, onchange) {
    this.fields = description.columns.map((column, at) => new Field(column, at, texts, onchange));
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
  constructor(column, at, texts, onchange) {
    this.column = column;
    this.texts = texts;
    const id = `field-${at}`;
    const name = humanise(column.name);
    this.input = makeInput(column, id, texts);
    this.input.addEventListener("input", onchange);
    // Typing must replace the value: a list of suggestions shows only what fits the text.
    if (this.input.list !== undefined) this.input.addEventListener("focus", () => this.input.select?.());
    this.unknown = make("input", {
      type: "checkbox",
      id: `${id}-unknown`,
      "aria-label": texts.say("unknown_of", {column: name}),
      oninput: () => {
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
        make("label", {for: id, title: column.name}, name, column.unit && make("span", {class: "unit"}, ` ${column.unit}`)),
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
    const value = this.unknown.checked ? null : this.parse();
    const fault = this.findFault(value);
    const note = fault || this.findWarning(value);
    if (this.note.textContent !== note) this.note.textContent = note;
    this.note.classList.toggle("fault", Boolean(fault));
    if (fault) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
    return {value: Number.isNaN(value) ? null : value, fault};
  }

  /** Return the widget's value as a request holds it; NaN for a text that is no number. */
  parse() {
    const {kind} = this.column;
    const text = this.input.value;
    if (this.input.validity.badInput) return NaN;
    if (text === "") return null;
    if (kind === "integer" || kind === "float") return Number(text);
    if (kind === "boolean") return text === "true";
    if (kind === "datetime") return text.length === 10 ? `${text}T00:00:00` : text.padEnd(19, ":00");
    return text;
  }

  findFault(value) {
    if (Number.isNaN(value)) {
      return this.texts.say(this.column.kind === "datetime" ? "not_a_date" : "not_a_number");
    }
    const isWhole = this.column.kind !== "integer" || value === null || Number.isSafeInteger(value);
    return isWhole ? "" : this.texts.say("not_whole");
  }

  findWarning(value) {
    const {column, texts} = this;
    if (value === null) return column.required ? texts.say("never_unknown") : "";
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
    return this.column.kind === "datetime" && !this.column.has_time ? value.slice(0, 10) : String(value);
  }

  getState() {
    return {raw: this.input.value, isUnknown: this.unknown.checked, kind: this.column.kind};
  }

  setState({raw, isUnknown}) {
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
    return make("input", {...shared, ...(column.has_time ? {type: "datetime-local", step: 1} : {type: "date"})});
  }
  if (column.kind !== "string") {
    return make("input", {...shared, type: "number", step: "any", inputmode: column.kind === "float" ? "decimal" : "numeric"});
  }
  if (column.is_text) return make("textarea", {...shared, rows: 3});
  if (column.has_all_categories && column.categories.length <= MOST_OPTIONS) {
    return makeSelect(shared, column.categories.map((name) => [name, name]));
  }
  return make("input", {...shared, type: "text", list: `${id}-list`});
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
  if (column.reading) parts.push(texts.say("reading", {reading: column.reading}));
  return parts.join(" · ");
}
