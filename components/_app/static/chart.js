// Small charts of figures over time. The table beside says the same to who does not see the lines.

import {make, makeSvg} from "./dom.js";

const WIDTH = 300;
const HEIGHT = 90;
const DAY = 86_400;
const MOST_ROWS = 20;

/** Return a chart: {title, format, series: [{name, values}]} at times in seconds since 1970. */
export function renderChart({title, format, series}, times, texts, isOpen = false) {
  const highest = Math.max(0, ...series.flatMap(({values}) => values.filter((value) => value !== null)));
  const span = times.length > 1 ? times.at(-1) - times[0] : 0;
  const clock = new Intl.DateTimeFormat(texts.number.resolvedOptions().locale, span > DAY
    ? {weekday: "short", hour: "2-digit", minute: "2-digit"}
    : {hour: "2-digit", minute: "2-digit", second: span < DAY / 24 ? "2-digit" : undefined});
  const tell = (time) => clock.format(new Date(1000 * time));
  return make(
    "figure",
    {class: "chart"},
    make("figcaption", {}, title),
    make("div", {class: "legend", "aria-hidden": "true"}, series.length > 1 && series.map(({name}, at) =>
      make("span", {class: `line-${at}`}, name))),
    times.length > 1
      ? [
        make("div", {class: "top", "aria-hidden": "true"}, format(highest)),
        makeSvg(
          "svg",
          {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true"},
          makeSvg("line", {class: "axis", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT}),
          series.map(({values}, at) => makeSvg("path", {class: `line line-${at}`, d: drawLine(values, times, highest)})),
        ),
        make("div", {class: "ends", "aria-hidden": "true"}, make("span", {}, tell(times[0])), make("span", {}, tell(times.at(-1)))),
        make(
          "details",
          {open: isOpen},
          make("summary", {}, texts.say("as_table")),
          renderTable(series, times, tell, format, texts),
        ),
      ]
      : make("p", {class: "hint"}, texts.say("chart_begins")),
  );
}

function drawLine(values, times, highest) {
  const span = times.at(-1) - times[0];
  let isGap = true;
  return values.map((value, at) => {
    if (value === null) {
      isGap = true;
      return "";
    }
    const x = (WIDTH * (times[at] - times[0])) / span;
    const y = HEIGHT - (highest ? ((HEIGHT - 2) * value) / highest : 0);
    const command = isGap ? "M" : "L";
    isGap = false;
    return `${command}${x.toFixed(1)} ${y.toFixed(1)}`;
  }).join("");
}

// The newest times first, and not more of them than a person reads.
function renderTable(series, times, tell, format, texts) {
  const step = Math.ceil(times.length / MOST_ROWS);
  const places = times.map((_, at) => times.length - 1 - at).filter((_, at) => at % step === 0);
  return make(
    "table",
    {},
    make("thead", {}, make("tr", {}, make("th", {scope: "col"}, texts.say("moment")), series.map(({name}) => make("th", {scope: "col"}, name)))),
    make("tbody", {}, places.map((at) => make(
      "tr",
      {},
      make("th", {scope: "row"}, tell(times[at])),
      series.map(({values}) => make("td", {}, values[at] === null ? "–" : format(values[at]))),
    ))),
  );
}
