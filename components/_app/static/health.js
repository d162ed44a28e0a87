// The tab Health: traffic, answer times and unusual values of the model in use, and its drift and what that costs.

import {renderChart} from "./chart.js";
import {humanise, make, makeSvg} from "./dom.js";
import {openPages} from "./pages.js";
import {request} from "./predictor.js";

const PAUSE = 5000;
// The second figures come soon, so that there is something to compare the first with.
const FIRST_PAUSE = 1000;
// What Prometheus knows of a long window changes slowly, and is many queries.
const LONG_PAUSE = 30_000;
const REPORT_PAUSE = 60_000;
const START = "start";
const MOST_SAMPLES = 120;
const MOST_COLUMNS = 8;
const OUTCOMES = ["answered", "invalid_json", "invalid_input", "too_large", "wrong_type", "failed"];
const DEVIATIONS = ["nulls", "out_of_range", "unreadable"];

export class HealthPanel {
  constructor({description, texts}) {
    this.description = description;
    this.texts = texts;
    this.samples = [];
    this.reported = -Infinity;
    this.notice = make("div", {class: "notice", role: "alert", hidden: true});
    this.windows = make("select", {id: "window", onchange: () => this.show()});
    this.choice = make("div", {class: "search", hidden: true}, make("label", {for: "window"}, texts.say("window")), this.windows);
    this.traffic = make("div", {});
    this.values = make("div", {});
    this.decisions = make("div", {});
    this.report = make("div", {});
    this.list = [
      renderSection("traffic", texts, [this.notice, this.choice, this.traffic]),
      renderSection("drift", texts, this.report),
      renderSection("unusual_values", texts, this.values),
      description.classes.length && renderSection("decisions", texts, this.decisions),
    ].filter(Boolean);
    this.element = make("div", {class: "sections"}, this.list);
  }

  /** Ask for new figures now and then, as long as the tab is open and the page is seen. */
  async show() {
    clearTimeout(this.waiting);
    this.isShown = true;
    if (!document.hidden) await Promise.all([this.load(), this.loadReport()]);
    const pause = this.windows.value !== START ? LONG_PAUSE : this.samples.length < 2 ? FIRST_PAUSE : PAUSE;
    clearTimeout(this.waiting);
    if (this.isShown) this.waiting = setTimeout(() => this.show(), pause);
  }

  hide() {
    this.isShown = false;
    clearTimeout(this.waiting);
  }

  async load() {
    const chosen = this.windows.value;
    let health;
    try {
      health = await request(`health.json${chosen ? `?window=${chosen}` : ""}`);
    } catch (error) {
      this.say(this.texts.say("health_unreachable", {message: error.message}));
      return;
    }
    // Meanwhile another window was chosen.
    if (chosen !== this.windows.value) return;
    this.say("");
    if (!health.windows.length) {
      this.traffic.replaceChildren(make("p", {}, this.texts.say("no_health")));
      for (const part of [this.values, this.decisions]) part.closest("section")?.remove();
      return;
    }
    this.offerWindows(health);
    if (health.window === START) this.keep(health);
    this.render(health, health.history ?? this.computeHistory());
  }

  offerWindows({windows, window}) {
    if (this.windows.options.length) return;
    this.windows.append(...windows.map((name) => make("option", {value: name}, this.texts.say(`window_${name}`))));
    this.windows.value = window;
    this.choice.hidden = windows.length < 2;
  }

  say(text) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  keep(sample) {
    const last = this.samples.at(-1);
    // A server that was started anew counts from 0.
    if (last && last.since !== sample.since) this.samples = [];
    this.samples = [...this.samples, sample].slice(-MOST_SAMPLES);
  }

  /** Return the course since the tab was opened first, in the form of Prometheus' history. */
  computeHistory() {
    const pairs = this.samples.slice(1).map((after, at) => ({before: this.samples[at], after}));
    const rates = pairs.map(({before, after}) => {
      const seconds = after.now - before.now;
      return {
        outcomes: Object.fromEntries(OUTCOMES.map((name) => [name, (after.outcomes[name] - before.outcomes[name]) / seconds])),
        rows: (after.rows - before.rows) / seconds,
        buckets: after.seconds.map(([bound, count], place) => [bound, count - before.seconds[place][1]]),
      };
    });
    return {
      times: pairs.map(({after}) => after.now),
      outcomes: Object.fromEntries(OUTCOMES.map((name) => [name, rates.map((rate) => rate.outcomes[name])])),
      rows: rates.map((rate) => rate.rows),
      median: rates.map((rate) => findQuantile(rate.buckets, 0.5)),
      p95: rates.map((rate) => findQuantile(rate.buckets, 0.95)),
    };
  }

  render(health, history) {
    const {texts} = this;
    const total = sum(Object.values(health.outcomes));
    const failed = health.outcomes.failed ?? 0;
    const refused = total - failed - (health.outcomes.answered ?? 0);
    const since = texts.local.format(new Date(1000 * health.since));
    const requests = addUp(Object.values(history.outcomes), history.times.length);
    const tiles = [
      ["requests", texts.count.format(total)],
      ["rows", texts.count.format(health.rows)],
      ["requests_per_second", formatLast(requests, texts.short)],
      ["median_time", formatTime(findQuantile(health.seconds, 0.5), texts)],
      ["high_time", formatTime(findQuantile(health.seconds, 0.95), texts)],
      ["refused_share", total ? texts.percent.format(refused / total) : "–"],
      ["failed_share", total ? texts.percent.format(failed / total) : "–"],
    ];
    const bad = addUp(OUTCOMES.slice(1).map((name) => history.outcomes[name]).filter(Boolean), history.times.length);
    const charts = [
      {
        title: texts.say("requests_per_second"),
        format: (value) => texts.short.format(value),
        series: [
          {name: texts.say("all_requests"), values: requests},
          {name: texts.say("not_answered"), values: bad},
        ],
      },
      {title: texts.say("rows_per_second"), format: (value) => texts.short.format(value), series: [{name: texts.say("rows"), values: history.rows}]},
      {
        title: texts.say("time_to_answer"),
        format: (value) => formatTime(value, texts),
        series: [{name: texts.say("median_time"), values: history.median}, {name: texts.say("high_time"), values: history.p95}],
      },
    ];
    // A table that a person has opened stays open.
    const opened = [...this.traffic.querySelectorAll("details")].map((details) => details.open);
    this.traffic.replaceChildren(
      make("p", {class: "hint"}, texts.say(health.window === START ? "since_start" : "since_time", {since})),
      make("dl", {class: "tiles"}, tiles.map(([key, text]) => make("div", {}, make("dt", {}, texts.say(key)), make("dd", {}, text)))),
      make("div", {class: "charts"}, charts.map((chart, at) => renderChart(chart, history.times, texts, opened[at]))),
      total > 0 && this.renderOutcomes(health.outcomes, total),
    );
    this.values.replaceChildren(...this.renderValues(health));
    this.decisions.replaceChildren(this.renderDecisions(health.decisions));
  }

  renderOutcomes(outcomes, total) {
    const {texts} = this;
    const there = OUTCOMES.filter((name) => outcomes[name]);
    return renderTable(
      [texts.say("outcome"), texts.say("requests"), texts.say("share")],
      there.map((name) => [texts.say(`outcome_${name}`), texts.count.format(outcomes[name]), texts.percent.format(outcomes[name] / total)]),
      texts.say("outcomes"),
    );
  }

  renderValues(health) {
    const {texts} = this;
    if (!health.rows) return [make("p", {class: "hint"}, texts.say("no_rows_yet"))];
    const names = [...new Set(DEVIATIONS.flatMap((kind) => Object.keys(health[kind])))];
    const shares = names.map((name) => ({name, shares: DEVIATIONS.map((kind) => (health[kind][name] ?? 0) / health.rows)}));
    const worst = shares.filter((column) => Math.max(...column.shares) > 0)
      .sort((one, other) => Math.max(...other.shares) - Math.max(...one.shares));
    if (!worst.length) return [make("p", {class: "hint"}, texts.say("all_usual"))];
    return [
      make("p", {class: "hint"}, texts.say("unusual_values_text")),
      renderTable(
        [texts.say("column"), ...DEVIATIONS.map((kind) => texts.say(`deviation_${kind}`))],
        worst.slice(0, MOST_COLUMNS).map((column) => [humanise(column.name), ...column.shares.map((share) => texts.percent.format(share))]),
        texts.say("unusual_values"),
      ),
      worst.length > MOST_COLUMNS && make("p", {class: "hint"}, texts.say("more_unusual", {count: worst.length - MOST_COLUMNS})),
    ].filter(Boolean);
  }

  renderDecisions(decisions) {
    const {texts} = this;
    const total = sum(Object.values(decisions));
    if (!total) return make("p", {class: "hint"}, texts.say("no_rows_yet"));
    const rows = Object.entries(decisions).map(([label, count]) => make(
      "tr",
      {},
      make("th", {scope: "row"}, label, make("small", {}, texts.count.format(count))),
      make("td", {class: "bar"}, makeSvg(
        "svg",
        {viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true"},
        makeSvg("rect", {class: "more", x: 0, y: 1, width: (100 * count) / total, height: 8}),
      )),
      make("td", {class: "number"}, texts.percent.format(count / total)),
    ));
    return make("table", {class: "bars", "aria-labelledby": "decisions-title"}, make("tbody", {}, rows));
  }

  async loadReport() {
    if (performance.now() - this.reported < REPORT_PAUSE) return;
    try {
      const {report} = await request("monitoring.json");
      this.reported = performance.now();
      this.report.replaceChildren(...(report ? this.renderReport(report) : [make("p", {}, this.texts.say("no_report"))]));
    } catch (error) {
      this.report.replaceChildren(make("p", {class: "note"}, this.texts.say("health_unreachable", {message: error.message})));
    }
  }

  renderReport(report) {
    const {texts} = this;
    const damaged = report.damaged?.length
      ? make("p", {class: "note fault"}, texts.say("damaged_reports", {names: report.damaged.join(", ")}))
      : null;
    if (!report.made) return [damaged];
    return [
      damaged,
      make("p", {class: `verdict ${report.decision === "nothing" ? "good" : "warning"}`}, texts.say(`decision_${report.decision}`)),
      ...(report.reasons ?? []).map((reason) => make("p", {lang: "en"}, reason)),
      make("p", {class: "hint"}, texts.say("report_of", {
        made: texts.local.format(new Date(report.made)),
        rows: report.rows === null ? "–" : texts.count.format(report.rows),
        version: report.version,
      })),
      report.is_of_other_version && make("p", {class: "note"}, texts.say("other_version")),
      make("h3", {}, texts.say("cost")),
      make("p", report.cost ? {lang: "en"} : {}, report.cost ?? this.sayCost(report.loss)),
      make("h3", {}, texts.say("performance")),
      ...this.renderPerformance(report),
      make("h3", {}, texts.say("drifting_columns")),
      report.columns.length ? this.renderColumns(report) : make("p", {}, texts.say("no_drift")),
      report.page && make("p", {}, make("button", {
        type: "button", class: "plain", onclick: (event) => this.openPage(report.page, event.currentTarget),
      }, texts.say("open_report"))),
    ].filter(Boolean);
  }

  sayCost(loss) {
    const {texts, description} = this;
    if (!loss || loss.value === undefined) return texts.say("cost_unknown");
    const format = (amount) => texts.formatWorth(amount, description.unit);
    return [
      texts.say("cost_of", {value: format(loss.value)}),
      loss.low !== undefined && texts.say("interval_of", {minimum: format(loss.low), maximum: format(loss.high)}),
      loss.budget !== null && loss.budget !== undefined && texts.say("budget_of", {budget: format(loss.budget)}),
    ].filter(Boolean).join(" ");
  }

  renderPerformance({performance: found, is_worse: isWorse}) {
    const {texts} = this;
    if (!found) return [make("p", {}, texts.say("no_performance"))];
    const rows = ["reference", "labelled", "estimated"].filter((kind) => found[kind]).map((kind) => {
      const {value, low, high} = found[kind];
      const interval = typeof low === "number" ? texts.say("from_to", {minimum: texts.short.format(low), maximum: texts.short.format(high)}) : "–";
      return [texts.say(`performance_${kind}`), texts.short.format(value), interval];
    });
    return [
      renderTable([found.metric, texts.say("value"), texts.say("interval")], rows, texts.say("performance")),
      make("p", {class: isWorse ? "note fault" : "hint"}, texts.say(isWorse ? "is_worse" : "is_not_worse")),
    ];
  }

  renderColumns({columns}) {
    const {texts, description} = this;
    return renderTable(
      [texts.say("column"), texts.say("drift_in_thresholds"), texts.say("since"), texts.say("cost_per_day")],
      columns.slice(0, MOST_COLUMNS).map((column) => [
        humanise(column.name),
        column.drift === null ? "–" : texts.short.format(column.drift),
        column.since ? texts.date.format(new Date(column.since)) : "–",
        column.cost ? make("span", {lang: "en"}, column.cost)
          : column.loss === null ? "–" : texts.formatWorth(column.loss, description.unit),
      ]),
      texts.say("drifting_columns"),
    );
  }

  openPage(page, button) {
    openPages(this.element, page.run, page.address, this.texts, () => {
      this.element.replaceChildren(...this.list);
      button.focus();
    });
  }
}

function renderSection(key, texts, children) {
  return make("section", {"aria-labelledby": `${key}-title`}, make("h2", {id: `${key}-title`}, texts.say(key)), children);
}

function renderTable(head, rows, label) {
  return make(
    "div",
    {class: "scroll", tabindex: 0, role: "group", "aria-label": label},
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, head.map((cell) => make("th", {scope: "col"}, cell)))),
      make("tbody", {}, rows.map(([first, ...rest]) =>
        make("tr", {}, make("th", {scope: "row"}, first), rest.map((cell) => make("td", {}, cell))))),
    ),
  );
}

// As Prometheus: the values of a bucket lie evenly between its bounds.
function findQuantile(buckets, share) {
  const total = buckets.at(-1)?.[1];
  if (!total) return null;
  const wanted = share * total;
  const at = buckets.findIndex(([, count]) => count >= wanted);
  const [low, below] = at > 0 ? [Number(buckets[at - 1][0]), buckets[at - 1][1]] : [0, 0];
  const high = Number(buckets[at][0].replace("+Inf", "Infinity"));
  return high === Infinity ? low : low + ((high - low) * (wanted - below)) / (buckets[at][1] - below);
}

function formatTime(seconds, texts) {
  return seconds === null || seconds === undefined ? "–" : texts.say("milliseconds_of", {time: texts.short.format(1000 * seconds)});
}

function formatLast(values, format) {
  const last = values.at(-1);
  return last === undefined || last === null ? "–" : format.format(last);
}

/** Return the sums of series at each time; null where none has a value. */
function addUp(series, length) {
  return Array.from({length}, (_, at) => {
    const there = series.map((values) => values[at]).filter((value) => value !== null && value !== undefined);
    return there.length ? sum(there) : null;
  });
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
