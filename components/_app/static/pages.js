// Pages of runs, shown in place of a panel.

import {make} from "./dom.js";

/** Show a page in a frame that may run the page's scripts, and nothing of the app's; close brings back what was there. */
export function openPages(element, run, address, texts, close) {
  const back = make("button", {type: "button", class: "plain", onclick: close}, texts.say("back"));
  element.replaceChildren(make(
    "section",
    {"aria-label": run},
    make(
      "div",
      {class: "opened-head"},
      back,
      make("h2", {}, run),
      make("a", {href: address, target: "_blank", rel: "noopener"}, texts.say("open_in_tab")),
    ),
    make("iframe", {src: address, sandbox: "allow-scripts allow-popups", title: texts.say("pages_of", {run})}),
  ));
  back.focus();
}
