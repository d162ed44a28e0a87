// The form of the exported page: a field for each column, which begins with the column's usual value.

// Fields for texts offer at most so many categories; a person may type any other.
const MOST_OFFERED = 200;

// Returns a function that reads the form as a row {column: cell}; an empty field is null.
export function buildForm(form, columns, usual) {
  const fields = columns.map((column, i) => buildField(form, column, usual[i], i));
  form.addEventListener("submit", (event) => event.preventDefault());
  return () => Object.fromEntries(fields.map(({ name, read }) => [name, read()]));
}

function buildField(form, column, usual, i) {
  const { name, kind } = column;
  const input = document.createElement(kind === "boolean" ? "select" : "input");
  input.id = `field-${i}`;
  const label = document.createElement("label");
  label.htmlFor = input.id;
  label.textContent = name;
  const field = document.createElement("div");
  field.className = "field";
  field.append(label, input);
  form.append(field);
  const readValid = READERS[kind](input, usual, column);
  return { name, read: () => readComplete(input, name, readValid) };
}

// A browser gives a text that is no number, or a part of a date, as an empty field.
function readComplete(input, name, read) {
  if (input.validity.badInput) throw new Error(`Column '${name}' is not complete.`);
  return read();
}

function buildNumber(input, usual, { kind, minimum, maximum }) {
  input.type = "number";
  const isWhole = kind === "integer";
  input.step = isWhole ? "1" : "any";
  // The median of whole numbers may lie between two.
  input.value = isWhole && usual !== null ? Math.round(usual) : (usual ?? "");
  if (minimum !== null) input.title = `${minimum} to ${maximum} in training`;
  return () => (input.value === "" ? null : input.valueAsNumber);
}

function buildBoolean(input, usual) {
  for (const [value, text] of [["", "unknown"], ["true", "yes"], ["false", "no"]]) {
    input.append(new Option(text, value));
  }
  input.value = usual === null ? "" : String(Boolean(usual));
  return () => (input.value === "" ? null : input.value === "true");
}

function buildText(input, usual, { categories }) {
  input.value = usual ?? "";
  input.placeholder = "unknown";
  if (categories.length > 0) {
    const list = document.createElement("datalist");
    list.id = `${input.id}-values`;
    list.append(...categories.slice(0, MOST_OFFERED).map((value) => new Option(value)));
    input.setAttribute("list", list.id);
    input.after(list);
  }
  return () => (input.value === "" ? null : input.value);
}

function buildDate(input, usual) {
  input.type = "datetime-local";
  input.step = "1";
  input.value = usual === null ? "" : usual.slice(0, 19);
  return () => (input.value === "" ? null : input.value);
}

const READERS = {
  integer: buildNumber,
  float: buildNumber,
  boolean: buildBoolean,
  string: buildText,
  datetime: buildDate,
};
