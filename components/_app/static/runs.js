// The tab Runs: the runs on this machine, and their pages, which are opened in place.

import {humanise, make} from "./dom.js";
import {listModels, openModel} from "./models.js";
import {openPages} from "./pages.js";
import {request} from "./predictor.js";

const PAUSE = 10_000;
const MINUTE = 60;
const LONGEST_IN_SECONDS = 100;
const PIPELINES = {training: "pipeline_training", scoring: "pipeline_scoring", monitoring: "pipeline_monitoring"};
// By key of a column's title: what it is sorted by, and whether large values come first.
const COLUMNS = {
  run: {by: (run) => run.started, isFalling: true},
  pipeline: {by: (run) => run.pipeline},
  table: {by: (run) => run.source},
  target: {by: (run) => run.target},
  score: {by: (run) => run.score?.value ?? -Infinity, isFalling: true},
  result: {by: (run) => run.verdict},
  time: {by: (run) => run.seconds ?? Infinity},
};

export class RunsPanel {
  constructor({description, texts, root}) {
    this.description = description;
    this.texts = texts;
    this.root = root;
    this.order = {key: "run", isReversed: false};
    this.shown = "";
    this.notice = make("div", {class: "notice", role: "alert", hidden: true});
    this.search = make("input", {type: "search", oninput: () => this.filter()});
    this.count = make("p", {class: "hint", role: "status"});
    this.table = make("div", {});
    this.list = make(
      "section",
      {"aria-labelledby": "runs-title"},
      make("h2", {id: "runs-title"}, texts.say("runs")),
      this.notice,
      make("label", {class: "search"}, texts.say("filter_runs"), this.search),
      this.count,
      this.table,
    );
    this.element = make("div", {}, this.list);
  }

  /** Read the runs now and then, as long as the tab is open. */
  async show() {
    clearTimeout(this.waiting);
    this.isShown = true;
    await this.load();
    if (this.isShown) this.waiting = setTimeout(() => this.show(), PAUSE);
  }

  hide() {
    this.isShown = false;
    clearTimeout(this.waiting);
  }

  async load() {
    let runs, models;
    try {
      [runs, models] = await Promise.all([
        request("runs.json"),
        this.description.has_models ? listModels(this.root) : [],
      ]);
    } catch (error) {
      console.warn(error);
      this.say(this.texts.say("runs_unreachable"));
      return;
    }
    this.say("");
    // A table that is made anew loses the focus in it.
    const content = JSON.stringify([runs, models]);
    if (content === this.shown) return;
    this.shown = content;
    this.runs = runs;
    this.models = Object.fromEntries(models.map((model) => [model.name, model]));
    this.render();
  }

  say(text) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  render() {
    const {by, isFalling = false} = COLUMNS[this.order.key];
    const sign = isFalling === this.order.isReversed ? 1 : -1;
    const sorted = this.runs.toSorted((one, other) => sign * compare(by(one), by(other)));
    this.rows = sorted.map((run) => ({run, element: this.renderRun(run)}));
    // Elements that a phone shows as blocks keep their roles only if these are given.
    const head = Object.keys(COLUMNS).map((key) => this.renderHead(key));
    this.table.replaceChildren(make(
      "table",
      {class: "listing", role: "table", "aria-labelledby": "runs-title"},
      make("thead", {role: "rowgroup"}, make("tr", {role: "row"}, head, make("td", {role: "cell"}))),
      make("tbody", {role: "rowgroup"}, this.rows.map(({element}) => element)),
    ));
    this.filter();
  }

  renderHead(key) {
    const {isFalling = false} = COLUMNS[key];
    const isChosen = key === this.order.key;
    const direction = isFalling !== this.order.isReversed ? "descending" : "ascending";
    return make(
      "th",
      {scope: "col", role: "columnheader", "aria-sort": isChosen ? direction : "none"},
      make("button", {type: "button", class: "sort", "data-key": key, onclick: () => this.sort(key)}, this.texts.say(`sort_${key}`)),
    );
  }

  sort(key) {
    this.order = {key, isReversed: key === this.order.key && !this.order.isReversed};
    this.render();
    this.table.querySelector(`[data-key="${key}"]`).focus();
  }

  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/);
    for (const {run, element} of this.rows ?? []) {
      const text = element.textContent.toLowerCase();
      element.hidden = !words.every((word) => text.includes(word) || run.status.includes(word));
    }
    const shown = (this.rows ?? []).filter(({element}) => !element.hidden).length;
    this.count.textContent = this.rows?.length
      ? this.texts.say("runs_shown", {shown, all: this.rows.length})
      : this.texts.say("no_runs");
  }

  renderRun(run) {
    const {texts} = this;
    const cells = [
      ["pipeline", run.pipeline in PIPELINES ? texts.say(PIPELINES[run.pipeline]) : run.pipeline],
      ["table", [run.source, run.rows !== null && small(texts.say("rows_of", {rows: texts.number.format(run.rows)}))]],
      ["target", humanise(run.target)],
      ["score", run.score && [
        texts.say("score_of", {metric: run.score.metric, score: texts.short.format(run.score.value)}),
        run.score.low !== null && small(texts.say("from_to", {
          minimum: texts.short.format(run.score.low), maximum: texts.short.format(run.score.high),
        })),
      ]],
      ["result", make("div", {lang: "en"}, make("span", {class: `verdict ${run.level}`}, run.verdict), run.details.map(small))],
      ["time", run.seconds === null ? "" : this.formatTime(run.seconds)],
    ];
    return make(
      "tr",
      {role: "row", class: run.status},
      make("th", {scope: "row", role: "rowheader"}, run.name, small(texts.local.format(new Date(run.started)))),
      cells.map(([key, content]) => make("td", {role: "cell", class: `cell-${key}`, "data-title": texts.say(`sort_${key}`)}, content)),
      make("td", {role: "cell"}, make("div", {class: "actions"}, this.renderActions(run))),
    );
  }

  formatTime(seconds) {
    const {texts} = this;
    return seconds < LONGEST_IN_SECONDS
      ? texts.say("seconds_of", {seconds: texts.short.format(seconds)})
      : texts.say("minutes_of", {minutes: texts.short.format(seconds / MINUTE)});
  }

  renderActions(run) {
    const {texts, models, description} = this;
    const [page] = run.pages;
    const model = models[run.name];
    const isUsed = run.name === description.version;
    return [
      page && make("button", {
        type: "button",
        class: "plain",
        "aria-label": texts.say("open_pages_of", {run: run.name}),
        onclick: (event) => this.openPage(run, page, event.currentTarget),
      }, texts.say("open_pages")),
      model && (isUsed
        ? make("span", {class: "hint"}, texts.say("model_in_use"))
        : make("button", {
          type: "button",
          class: "plain",
          "aria-label": texts.say("use_model_of", {run: run.name}),
          onclick: (event) => this.useModel(model, event.currentTarget),
        }, texts.say("use_model"))),
    ];
  }

  async useModel(model, button) {
    button.disabled = true;
    this.say(this.texts.say("loading_model", {model: model.name}));
    try {
      await openModel(this.root, model);
    } catch (error) {
      this.say(this.texts.say("model_refused", {model: model.name, message: error.message}));
      this.notice.scrollIntoView({block: "nearest"});
    } finally {
      button.disabled = false;
    }
  }

  openPage(run, page, button) {
    openPages(this.element, run.name, page.address, this.texts, () => {
      this.element.replaceChildren(this.list);
      button.focus();
    });
  }
}

function small(text) {
  return make("small", {}, text);
}

function compare(one, other) {
  return one < other ? -1 : Number(one > other);
}
