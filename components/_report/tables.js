// Sorts and filters tables with the class "sortable". The filter looks for words in all cells but numbers, and
// also hides the articles that hidden rows link to; a link to a folded article opens it. Without scripts a
// table is plain.
(() => {
  const NUMBER = /^[-\u2212]?[\d.,]+(e[+-]?\d+)?\s?%?$/i;
  const isBlank = (text) => text === "" || text === "\u2013";
  // "1,234", "5.2%", "1.2e+06".
  const readNumber = (text) => NUMBER.test(text) ? parseFloat(text.replace(/,/g, "").replace("\u2212", "-")) : NaN;

  // A cell whose text has more than its value, as "1.5 min" has, says what it is sorted by.
  const readKey = (cell) => cell.dataset.value ?? cell.textContent.trim();

  const compareRows = (column, direction) => (first, second) => {
    const [a, b] = [first, second].map((row) => readKey(row.cells[column]));
    // Cells without a value are last in both directions.
    if (isBlank(a) || isBlank(b)) return isBlank(a) - isBlank(b);
    const difference = readNumber(a) - readNumber(b);
    return direction * (Number.isNaN(difference) ? a.localeCompare(b) : difference);
  };

  const addSorting = (table) => {
    const body = table.tBodies[0];
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = header.textContent;
      header.replaceChildren(button);
      button.addEventListener("click", () => {
        const order = header.getAttribute("aria-sort");
        // Of numbers the largest are asked for first, of texts the first of the alphabet.
        const isFalling = order ? order === "ascending" : header.classList.contains("number");
        headers.forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", isFalling ? "descending" : "ascending");
        body.append(...[...body.rows].sort(compareRows(column, isFalling ? -1 : 1)));
      });
    });
  };

  const addFilter = (table) => {
    const rows = [...table.tBodies[0].rows];
    const label = document.createElement("label");
    label.className = "filter";
    const input = document.createElement("input");
    input.type = "search";
    const count = document.createElement("output");
    label.append("Filter ", input, count);
    table.parentElement.before(label);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/);
      let nShown = 0;
      for (const row of rows) {
        const texts = [...row.cells].map((cell) => cell.textContent.trim().toLowerCase());
        const text = texts.filter((cell) => !NUMBER.test(cell)).join(" ");
        row.hidden = !words.every((word) => text.includes(word));
        nShown += !row.hidden;
        const link = row.querySelector('a[href^="#"]');
        const linked = link && document.getElementById(link.hash.slice(1));
        if (linked) linked.hidden = row.hidden;
      }
      count.textContent = input.value ? `${nShown} of ${rows.length}` : "";
    });
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    addSorting(table);
    addFilter(table);
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const linked = link && document.getElementById(link.hash.slice(1));
    if (!linked) return;
    // In the frame of the dashboard, whose document has no address of its own, a browser would go to the dashboard.
    event.preventDefault();
    linked.querySelector(":scope > details")?.setAttribute("open", "");
    linked.scrollIntoView();
  });
})();
