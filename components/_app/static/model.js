// The tab Model: what the model is for, how good it is, its limits and where it comes from.

import {renderCard} from "./card.js";
import {humanise, make} from "./dom.js";

const OPENED = 2;
const CARD_LANGUAGE = "en";
const LONGEST_RANGE = 5;

/** Return the elements of the tab. */
export function renderModel(description, texts) {
  return [
    renderSection(texts.say("purpose"), [
      make("p", {}, description.purpose || texts.say("no_purpose")),
      description.owner && make("p", {}, texts.say("owner", {owner: description.owner})),
      renderFacts(listFacts(description, texts)),
    ]),
    renderSection(texts.say("quality"), renderQuality(description, texts)),
    renderSection(texts.say("limits"), [make("p", {}, texts.say("limits_text")), renderColumns(description, texts)]),
    renderSection(texts.say("lineage"), [renderFacts(listLineage(description, texts))]),
  ];
}

function renderSection(title, children) {
  return make("section", {}, make("h2", {}, title), children);
}

function renderFacts(facts) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return make("dl", {}, known.map(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]));
}

function listFacts(description, texts) {
  const {value, unit} = description;
  return [
    [texts.say("model"), description.title],
    [texts.say("version"), description.version],
    [texts.say("predicts"), humanise(description.target)],
    [texts.say("classes"), description.classes.join(" · ")],
    [texts.say("threshold"), description.threshold !== null && description.task === "binary"
      ? texts.say("threshold_of", {positive: description.positive, threshold: texts.percent.format(description.threshold)})
      : ""],
    [texts.say("worths"), value && texts.say("worths_of", {
      tp: texts.formatWorth(value.tp, unit),
      fp: texts.formatWorth(value.fp, unit),
      fn: texts.formatWorth(value.fn, unit),
      tn: texts.formatWorth(value.tn, unit),
    })],
  ];
}

function renderQuality(description, texts) {
  if (description.card) {
    return [
      texts.language !== CARD_LANGUAGE && make("p", {class: "hint"}, texts.say("card_language")),
      make("div", {class: "card", lang: CARD_LANGUAGE}, renderCard(description.card, OPENED)),
    ];
  }
  const {metric, score} = description.quality;
  return [
    score !== null && make("p", {}, texts.say("cross_validated", {metric, score: texts.short.format(score)})),
    make("p", {class: "hint"}, texts.say("no_card")),
  ];
}

function renderColumns(description, texts) {
  const head = ["column", "kind", "seen", "usual"].map((key) => make("th", {scope: "col"}, texts.say(key)));
  const rows = description.columns.map((column) =>
    make(
      "tr",
      {},
      make("th", {scope: "row"}, humanise(column.name)),
      make("td", {}, texts.say(`kind_${column.kind}`)),
      make("td", {}, describeSeen(column, texts)),
      make("td", {}, texts.formatValue(column, column.default)),
    ),
  );
  return make(
    "div",
    {class: "scroll", tabindex: 0, role: "group", "aria-label": texts.say("columns")},
    make("table", {}, make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows)),
  );
}

function describeSeen(column, texts) {
  if (column.minimum !== null) {
    const [minimum, maximum] = [column.minimum, column.maximum].map((bound) => texts.formatValue(column, bound));
    return texts.say("from_to", {minimum, maximum});
  }
  const more = column.categories.length > LONGEST_RANGE || !column.has_all_categories ? ", …" : "";
  return column.categories.length ? column.categories.slice(0, LONGEST_RANGE).join(", ") + more : "";
}

function listLineage(description, texts) {
  const {lineage} = description;
  const models = lineage.models.map(({title, weight}) => `${title} (${texts.percent.format(weight)})`);
  return [
    [texts.say("source"), lineage.source],
    [texts.say("source_version"), lineage.source_version],
    [texts.say("training_rows"), texts.number.format(description.n_rows)],
    [texts.say("data_hash"), lineage.dataset_sha256],
    [texts.say("commit"), lineage.commit],
    [texts.say("trials"), lineage.trials],
    [texts.say("parts"), models.join(", ")],
    [texts.say("libraries"), Object.entries(lineage.versions).map((pair) => pair.join(" ")).join(", ")],
  ];
}
