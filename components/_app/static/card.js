// The model card, which is Markdown of few kinds: headings, paragraphs, lists, tables, bold, italic and code.

import {make} from "./dom.js";

const INLINE = /\*\*(.+?)\*\*|\*(.+?)\*|`([^`]+)`|\[([^\]]+)\]\([^)]*\)|\\([\\`*_{}[\]()#+.!|~<>&-])/g;

/** Return the sections of a card, each folded; the first ones are open. */
export function renderCard(card, opened) {
  const [head, ...sections] = card.split(/^## /m);
  return [
    ...renderBlocks(head.replace(/^# .*$/m, "")),
    ...sections.map((section, at) => {
      const end = section.indexOf("\n");
      return make(
        "details",
        {open: at < opened},
        make("summary", {}, make("h3", {}, renderInline(section.slice(0, end)))),
        renderBlocks(section.slice(end)),
      );
    }),
  ];
}

function renderBlocks(text) {
  return text.split(/\n{2,}/).map((block) => block.trim()).filter(Boolean).map(renderBlock);
}

function renderBlock(block) {
  const lines = block.split("\n");
  if (block.startsWith("#")) return make("h4", {}, renderInline(block.replace(/^#+ /, "")));
  if (lines.length > 1 && lines.every((line) => line.startsWith("|"))) return renderTable(lines);
  if (lines.every((line) => line.startsWith("- "))) {
    return make("ul", {}, lines.map((line) => make("li", {}, renderInline(line.slice(2)))));
  }
  return make("p", {}, renderInline(lines.join(" ")));
}

function renderTable([head, , ...rows]) {
  return make(
    "div",
    {class: "scroll", tabindex: 0, role: "group", "aria-label": splitCells(head).join(", ")},
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, splitCells(head).map((cell) => make("th", {scope: "col"}, renderInline(cell))))),
      make("tbody", {}, rows.map((row) => make("tr", {}, splitCells(row).map((cell) => make("td", {}, renderInline(cell)))))),
    ),
  );
}

function splitCells(line) {
  return line.slice(1, line.lastIndexOf("|")).split(/(?<!\\)\|/).map((cell) => cell.trim());
}

function renderInline(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, bold, italic, code, link, escaped] = found;
    parts.push(text.slice(end, found.index));
    if (bold !== undefined) parts.push(make("strong", {}, renderInline(bold)));
    else if (italic !== undefined) parts.push(make("em", {}, renderInline(italic)));
    else if (code !== undefined) parts.push(make("code", {}, code));
    else parts.push(link !== undefined ? renderInline(link) : escaped);
    end = found.index + whole.length;
  }
  return [...parts.flat(), text.slice(end)].filter((part) => part !== "");
}
