// The tab Batch: a file is chosen, its reading and its problems are shown, and its predictions are downloaded.

import {BatchSession} from "./batch_session.js";
import {humanise, make, makeSvg} from "./dom.js";
import {makeExample} from "./values.js";

const FORMATS = {csv: "CSV", xlsx: "Excel", parquet: "Parquet"};
const SHOWN_NAMES = 8;

// Outlives the panel, which is made again in another language.
let session = null;

export class BatchPanel {
  constructor({description, texts}) {
    this.description = description;
    this.texts = texts;
    session ??= new BatchSession();
    this.input = make("input", {type: "file", hidden: true, onchange: () => this.choose(this.input.files)});
    this.choice = make("button", {type: "button", onclick: () => this.input.click()});
    this.named = make("p", {class: "file-name"});
    this.zone = make(
      "div",
      {
        class: "drop",
        ondragover: (event) => this.drag(event, true),
        ondragleave: (event) => this.drag(event, false),
        ondrop: (event) => {
          this.drag(event, false);
          this.choose(event.dataTransfer.files);
        },
      },
      this.choice,
      make("span", {class: "hint"}, texts.say("batch_drop")),
      this.named,
      this.input,
    );
    this.status = make("p", {role: "status", class: "status"});
    this.bar = make("progress", {"aria-label": texts.say("batch_progress")});
    this.stop = make("button", {type: "button", class: "plain", onclick: () => session.cancel()}, texts.say("batch_cancel"));
    this.running = make("div", {class: "running", hidden: true}, this.bar, this.stop);
    this.notice = make("div", {class: "notice", role: "alert", hidden: true});
    this.body = make("div", {class: "batch-body"});
    this.element = make(
      "div",
      {class: "batch"},
      make(
        "section",
        {},
        make("h2", {}, texts.say("batch_table")),
        make("p", {}, texts.say("batch_hint", {columns: this.listNames(description.columns.map(({name}) => name))})),
        this.zone,
        this.running,
        this.status,
        this.notice,
      ),
      this.body,
    );
  }

  show() {
    session.listen((isProgress) => (isProgress ? this.showProgress() : this.render()));
    this.render();
    // The file was checked for a version of the model that is not there any more.
    if (session.phase === "checked" && session.found.version !== this.description.version) session.followModel();
  }

  hide() {
    // What is under way goes on.
    session.listen(() => {});
  }

  drag(event, isOver) {
    event.preventDefault();
    this.zone.classList.toggle("over", isOver);
  }

  choose(files) {
    if (files.length) session.choose(files[0]);
    // The same file, once corrected, can be chosen again.
    this.input.value = "";
  }

  render() {
    const {texts} = this;
    const {phase, file, found, result} = session;
    const isRunning = phase === "checking" || phase === "predicting";
    this.choice.textContent = texts.say(file ? "batch_other_file" : "batch_choose");
    this.named.textContent = file ? `${file.name} (${this.formatBytes(file.size)})` : "";
    this.running.hidden = !isRunning;
    this.showNotice();
    this.showProgress();
    if (phase === "predicting") {
      this.body.querySelector(".result")?.remove();
      for (const button of this.body.querySelectorAll("button, select")) button.disabled = true;
    } else {
      this.body.replaceChildren(...(found ? [
        phase === "done" && this.renderResult(result),
        this.renderReading(found),
        this.renderProblems(found),
        this.renderChoice(found),
      ].filter(Boolean) : []));
    }
    if (phase === "done") this.body.querySelector(".download").focus();
  }

  showNotice() {
    const {texts} = this;
    const {failure, changed} = session;
    const lines = [];
    if (failure) {
      const values = {message: failure.message, limit: session.limit && this.formatBytes(session.limit)};
      lines.push(make("p", {}, texts.say(failure.key, values)), failure.remedy && make("p", {}, failure.remedy));
      if (failure.key === "batch_away") lines.push(make("button", {type: "button", onclick: () => session.again()}, texts.say("retry")));
    } else if (changed) lines.push(make("p", {}, texts.say("batch_followed", changed)));
    this.notice.hidden = !lines.length;
    this.notice.replaceChildren(...lines.filter(Boolean));
  }

  showProgress() {
    const {texts} = this;
    const {phase, progress, found, failure} = session;
    const isSending = progress && "sent" in progress && progress.sent < progress.of;
    const isPredicting = phase === "predicting" && progress?.rows;
    if (isSending || isPredicting) {
      this.bar.max = progress.of;
      this.bar.value = progress.sent ?? progress.rows;
    } else this.bar.removeAttribute("value");
    let text = "";
    if (phase === "checking") text = texts.say(isSending || !progress ? "batch_sending" : "batch_checking");
    else if (phase === "predicting") {
      // By tenths, so that a screen reader is not kept busy.
      const share = progress ? Math.floor((10 * progress.rows) / progress.of) / 10 : 0;
      text = isPredicting ? texts.say("batch_predicting", {share: texts.whole.format(share), rows: texts.count.format(progress.of)})
        : texts.say("batch_sending");
    } else if (phase === "checked" && !failure) text = texts.say("batch_checked", {rows: texts.count.format(found.n_rows)});
    else if (phase === "done") text = texts.say("batch_done", {rows: texts.count.format(found.n_rows)});
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  renderReading(found) {
    const {texts} = this;
    const {encoding, delimiter, sheet} = found.facts;
    const facts = [
      [texts.say("batch_rows"), texts.count.format(found.n_rows)],
      [texts.say("batch_format"), found.format === "workbook" ? texts.say("batch_workbook") : found.format],
      [texts.say("batch_sheet"), sheet],
      [texts.say("batch_delimiter"), delimiter],
      [texts.say("batch_encoding"), encoding],
      [texts.say("batch_missing"), found.missing.length ? this.listNames(found.missing) : ""],
      [texts.say("batch_ignored"), found.ignored.length ? this.listNames(found.ignored) : ""],
    ].filter(([, value]) => value);
    const notices = found.notices.map(({level, text, remedy}) =>
      make("li", {class: level === "warning" ? "note" : "hint", lang: "en"}, [text, remedy].filter(Boolean).join(" ")));
    const head = this.makeHead(["column", "batch_read_as", "batch_examples"]);
    const rows = found.columns.map((column) => make(
      "tr",
      {},
      make("th", {scope: "row"}, humanise(column.name)),
      make("td", {}, [texts.say(`kind_${column.kind}`), column.reading].filter(Boolean).join("; ")),
      make("td", {}, column.examples.map(([cell, value]) => this.formatExample(column, cell, value)).join("   ")),
    ));
    return make(
      "section",
      {},
      make("h2", {}, texts.say("batch_reading")),
      make("dl", {}, facts.map(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))])),
      notices.length > 0 && make("ul", {class: "notices"}, notices),
      make("details", {}, make("summary", {}, make("h3", {}, texts.say("batch_columns", {count: found.columns.length}))),
        this.makeTable("batch_reading", head, rows)),
    );
  }

  renderProblems(found) {
    const {texts} = this;
    if (!found.counts.length) return make("section", {}, make("h2", {}, texts.say("batch_problems")), make("p", {}, texts.say("batch_no_problems")));
    const sums = {};
    for (const {kind, n} of found.counts) sums[kind] = (sums[kind] ?? 0) + n;
    const items = Object.entries(sums).map(([kind, n]) => make("li", {class: kind === "unreadable" ? "fault" : null},
      texts.say(`batch_sum_${kind}`, {n: texts.count.format(n), columns: this.listNames(
        found.counts.filter((count) => count.kind === kind).map(({column, n: ofColumn}) => `${column} (${texts.count.format(ofColumn)})`))})));
    const head = this.makeHead([found.are_rows_lines ? "batch_line" : "batch_row", "column", "batch_cell", "batch_what"]);
    const rows = found.problems.map(({row, column, cell, kind, reason}) => make(
      "tr",
      {class: kind},
      make("td", {}, texts.count.format(row)),
      make("td", {}, humanise(column)),
      make("td", {class: "cell"}, cell || texts.say("batch_empty")),
      make("td", {lang: reason ? "en" : null}, reason || texts.say(`batch_is_${kind}`)),
    ));
    const n = Object.values(sums).reduce((total, count) => total + count, 0);
    return make(
      "section",
      {},
      make("h2", {}, texts.say("batch_problems")),
      make("ul", {class: "sums"}, items),
      this.renderOtherNotation(found),
      make("p", {class: "hint"}, texts.say(found.are_rows_lines ? "batch_rows_are_lines" : "batch_rows_are_rows"),
        n > rows.length && ` ${texts.say("batch_first", {n: texts.count.format(rows.length), of: texts.count.format(n)})}`),
      this.makeTable("batch_problems", head, rows),
    );
  }

  renderChoice(found) {
    const {texts} = this;
    const usual = {workbook: "xlsx", Parquet: "parquet"}[found.format] ?? "csv";
    const format = make("select", {id: "batch-format"}, Object.entries(FORMATS).map(([key, title]) =>
      make("option", {value: key, selected: key === usual}, title)));
    const hasUnreadable = found.counts.some(({kind}) => kind === "unreadable");
    const predict = () => session.predict({format: format.value, unreadable: found.is_refused ? "null" : "refuse"});
    return make(
      "section",
      {},
      make("h2", {}, texts.say("batch_predict")),
      make("p", {}, texts.say("batch_result_is")),
      hasUnreadable && make("p", {class: "note fault"}, texts.say(found.is_refused ? "batch_unreadable" : "batch_unreadable_unknown")),
      make("div", {class: "choice"},
        make("label", {for: "batch-format"}, texts.say("batch_result_format")), format,
        make("button", {type: "button", class: "predict-file", onclick: predict}, texts.say(found.is_refused ? "batch_predict_lenient" : "batch_predict"))),
    );
  }

  /** Say that columns are written as a whole in another way than in training, which is no matter of single cells. */
  renderOtherNotation(found) {
    const isMostly = new Set(found.counts.filter(({kind, n}) => kind === "unreadable" && n > found.n_rows / 2).map(({column}) => column));
    const columns = this.description.columns.filter(({name}) => isMostly.has(name));
    return columns.length > 0 && make("p", {class: "note fault"}, this.texts.say("batch_other_notation", {
      columns: this.listNames(columns.map(({name}) => name)),
      column: columns[0].name,
      example: makeExample(columns[0]),
    }));
  }

  renderResult(result) {
    const {texts} = this;
    const renamed = Object.entries(result.columns).filter(([name, given]) => name !== given).map(([name, given]) => `${name} → ${given}`);
    const unreadable = Object.entries(result.unreadable).map(([name, n]) => `${name} (${texts.count.format(n)})`);
    return make(
      "section",
      {class: "result"},
      make("h2", {}, texts.say("batch_results")),
      make("a", {class: "download button", href: result.address, download: result.name}, texts.say("batch_download", {name: result.name, size: this.formatBytes(result.bytes)})),
      result.distribution ? this.renderDistribution(result.distribution) : this.renderClasses(result.classes),
      renamed.length > 0 && make("p", {class: "note"}, texts.say("batch_renamed", {names: renamed.join(", ")})),
      unreadable.length > 0 && make("p", {class: "note"}, texts.say("batch_made_unknown", {columns: this.listNames(unreadable)})),
      result.n_escaped > 0 && make("p", {class: "note"}, texts.say("batch_escaped", {n: texts.count.format(result.n_escaped)})),
    );
  }

  renderClasses(classes) {
    const {texts} = this;
    const total = classes.reduce((sum, {n}) => sum + n, 0);
    const rows = classes.map(({label, n}) => make(
      "tr",
      {},
      make("th", {scope: "row"}, String(label)),
      make("td", {}, makeBar(n / total)),
      make("td", {class: "number"}, texts.count.format(n)),
      make("td", {class: "number"}, texts.percent.format(n / total)),
    ));
    const head = this.makeHead(["batch_decision", "batch_share"], ["batch_rows", "batch_percent"]);
    return this.makeTable("batch_results", head, rows);
  }

  renderDistribution({mean, quartiles, counts, edges}) {
    const {texts} = this;
    const most = Math.max(...counts);
    const facts = ["batch_least", "batch_quarter", "batch_median", "batch_three_quarters", "batch_most"].map((key, i) =>
      [texts.say(key), texts.number.format(quartiles[i])]);
    facts.push([texts.say("batch_mean"), texts.number.format(mean)]);
    const rows = counts.map((n, i) => make(
      "tr",
      {},
      make("th", {scope: "row"}, texts.say("from_to", {minimum: texts.short.format(edges[i]), maximum: texts.short.format(edges[i + 1])})),
      make("td", {}, makeBar(n / most)),
      make("td", {class: "number"}, texts.count.format(n)),
    ));
    const head = this.makeHead(["batch_value", "batch_share"], ["batch_rows"]);
    return [
      make("dl", {}, facts.map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])),
      this.makeTable("batch_results", head, rows),
    ];
  }

  makeHead(keys, numberKeys = []) {
    return [...keys, ...numberKeys].map((key) =>
      make("th", {scope: "col", class: numberKeys.includes(key) ? "number" : null}, this.texts.say(key)));
  }

  makeTable(title, head, rows) {
    return make(
      "div",
      {class: "scroll", tabindex: 0, role: "group", "aria-label": this.texts.say(title)},
      make("table", {}, make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows)),
    );
  }

  /** Return a cell and, if it looks different, the value that it is read as. */
  formatExample(column, cell, value) {
    const read = String(value);
    return cell === read || Number(cell) === value ? cell : `${cell} → ${this.texts.formatValue({...column, has_time: /T(?!00:00:00)/.test(read)}, value)}`;
  }

  listNames(names) {
    const rest = names.length - SHOWN_NAMES;
    return names.slice(0, SHOWN_NAMES).join(", ") + (rest > 0 ? ` ${this.texts.say("batch_more", {count: this.texts.count.format(rest)})}` : "");
  }

  formatBytes(n) {
    return n < 1e6 ? `${this.texts.count.format(Math.max(1, Math.round(n / 1e3)))} kB` : `${this.texts.short.format(n / 1e6)} MB`;
  }
}

function makeBar(share) {
  return makeSvg("svg", {viewBox: "0 0 100 16", preserveAspectRatio: "none", "aria-hidden": "true"},
    makeSvg("rect", {class: "more", x: 0, y: 2, width: Math.max(0.3, 100 * share), height: 12}));
}
