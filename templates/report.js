"use strict";
(() => {
  const root = document.documentElement;
  const said = document.getElementById("said");
  const PAGE = 100;
  const numbers = new Intl.NumberFormat("en");

  // Theme: the system's, until the reader chooses. A page opened from disk may have no storage.
  const button = document.getElementById("theme");
  const store = {
    get: () => { try { return localStorage.getItem("mxcensus-theme"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("mxcensus-theme", value); } catch { /* not kept */ } },
  };
  const themes = ["auto", "light", "dark"];
  const setTheme = (name) => {
    root.dataset.theme = name;
    button.textContent = `Theme: ${name}`;
  };
  setTheme(themes.includes(store.get()) ? store.get() : "auto");
  button.hidden = false;
  button.addEventListener("click", () => {
    setTheme(themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length]);
    store.set(root.dataset.theme);
    said.textContent = button.textContent;
  });

  const element = (name, attributes, text) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const number = (text) => (text === "" ? NaN : Number(text.replaceAll(",", "")));
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;

  // A cell that a spreadsheet would take for a formula gets an apostrophe in front.
  const csvCell = (text, numeric) => {
    const safe = !numeric && /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  // The texts of all long tables, each once; rows are lists of their numbers.
  const { texts, sheets } = JSON.parse(document.getElementById("data").textContent);

  // The id of a member's row, safe in a link: letters, digits and "-." as they are, other bytes as "_xx".
  const bytes = new TextEncoder();
  const anchor = (id) => /^[A-Za-z0-9.-]*$/.test(id) ? `m-${id}` : `m-${[...bytes.encode(id)].map((b) => {
    const c = String.fromCharCode(b);
    return /[A-Za-z0-9.-]/.test(c) ? c : `_${b.toString(16).padStart(2, "0")}`;
  }).join("")}`;

  // Which texts hold a word: asked once a word, whatever table is filtered.
  let lower;
  const found = new Map();
  const holding = (word) => {
    lower ??= texts.map((text) => text.toLowerCase());
    if (!found.has(word)) {
      if (found.size > 50) found.clear();
      const mask = new Uint8Array(lower.length);
      for (let i = 0; i < lower.length; i += 1) if (lower[i].includes(word)) mask[i] = 1;
      found.set(word, mask);
    }
    return found.get(word);
  };

  // Rows that stand in the page as markup.
  class Written {
    constructor(table) {
      this.rows = [...table.tBodies[0].rows];
      this.length = this.rows.length;
    }

    // The exact value where the cell has one, or else what is seen.
    value(row, column) {
      const cell = this.rows[row].cells[column];
      return cell.dataset.v ?? cell.textContent;
    }

    sorter(column, numeric) {
      const keys = this.rows.map((_, row) => (numeric ? number(this.value(row, column)) : this.value(row, column)));
      return { empty: (row) => (numeric ? Number.isNaN(keys[row]) : keys[row] === ""), compare: numeric ? (a, b) => keys[a] - keys[b] : (a, b) => order(keys[a], keys[b]) };
    }

    filter(words, rows) {
      this.texts ??= this.rows.map((row) => row.textContent.toLowerCase());
      return rows.filter((row) => words.every((word) => this.texts[row].includes(word)));
    }

    node(row) {
      return this.rows[row];
    }
  }

  // Rows that stand in the page as data, drawn when they are looked at.
  class Listed {
    constructor(table) {
      this.rows = sheets[table.dataset.name];
      this.length = this.rows.length;
      this.own = "own" in table.dataset;
      this.heads = [...table.tHead.rows[0].cells].map((head) => ({ lines: head.dataset.lines, numeric: head.classList.contains("n") }));
    }

    value(row, column) {
      const cell = this.rows[row][column + 1];
      return typeof cell === "number" ? texts[cell] : cell.map((line) => line.map((text) => texts[text]).join(" ")).join("; ");
    }

    // Texts get their place in the order once; rows then compare as numbers. Cells of lines sort by how many they hold.
    sorter(column, numeric) {
      const cells = this.rows.map((row) => row[column + 1]);
      if (this.heads[column].lines) return { empty: () => false, compare: (a, b) => cells[a].length - cells[b].length };
      const places = new Map();
      if (numeric) for (const cell of cells) places.set(cell, number(texts[cell]));
      else [...new Set(cells)].sort((a, b) => order(texts[a], texts[b])).forEach((text, i) => places.set(text, i));
      const keys = Float64Array.from(cells, (cell) => places.get(cell));
      return { empty: (row) => texts[cells[row]] === "", compare: (a, b) => keys[a] - keys[b] };
    }

    filter(words, rows) {
      // The numbers of each row in one long list, without those of its id.
      if (!this.flat) {
        const parts = this.rows.map((row) => row.slice(1).flat(2));
        this.ends = new Uint32Array(parts.length + 1);
        parts.forEach((part, i) => { this.ends[i + 1] = this.ends[i] + part.length; });
        this.flat = Uint32Array.from(parts.flat());
      }
      const masks = words.map(holding);
      const has = (mask, row) => {
        for (let i = this.ends[row]; i < this.ends[row + 1]; i += 1) if (mask[this.flat[i]]) return true;
        return false;
      };
      return rows.filter((row) => masks.every((mask) => has(mask, row)));
    }

    node(row) {
      const [member, ...cells] = this.rows[row];
      const id = anchor(texts[member]);
      const made = element("tr", this.own ? { id } : {});
      cells.forEach((cell, column) => {
        const { lines, numeric } = this.heads[column];
        const part = column === 0 ? element("th", { scope: "row" }) : element("td", numeric ? { class: "n" } : {});
        if (column === 0) part.append(element("a", { href: `#${id}` }, texts[cell]));
        else if (!lines) part.textContent = texts[cell];
        else if (cell.length === 0) part.textContent = "none";
        else part.append(this.details(cell, lines));
        made.append(part);
      });
      return made;
    }

    details(cell, noun) {
      const details = element("details", {});
      details.append(element("summary", {}, `${cell.length} ${noun}${cell.length === 1 ? "" : "s"}`));
      const list = element("ul", {});
      for (const line of cell) list.append(element("li", {}, line.map((text) => texts[text]).join(" ")));
      details.append(list);
      return details;
    }
  }

  class Table {
    constructor(table) {
      this.table = table;
      this.body = table.tBodies[0];
      this.heads = [...table.tHead.rows[0].cells];
      this.source = "sheet" in table.dataset ? new Listed(table) : new Written(table);
      this.all = Array.from({ length: this.source.length }, (_, i) => i);
      this.shown = this.all;
      this.first = 0;
      this.orders = new Map();
      this.sorted = -1;
      this.falling = false;
      this.heads.forEach((head, column) => {
        const sort = element("button", { type: "button" }, head.textContent);
        head.textContent = "";
        head.append(sort);
        head.setAttribute("aria-sort", "none");
        sort.addEventListener("click", () => this.sort(column));
      });
      this.addTools();
      this.draw();
    }

    addTools() {
      const name = this.table.getAttribute("aria-label");
      const tools = element("div", { class: "tools" });
      if (this.all.length > 8) {
        this.input = element("input", { type: "search", placeholder: "Filter", "aria-label": `Filter ${name}`, autocomplete: "off" });
        this.input.addEventListener("input", () => this.apply());
        tools.append(this.input);
      }
      this.count = element("span", { class: "count" });
      const save = element("button", { type: "button", "aria-label": `Save as CSV: ${name}` }, "Save as CSV");
      save.addEventListener("click", () => this.save());
      tools.append(save, this.count);
      if (this.all.length > PAGE) {
        const pager = element("span", { class: "pager" });
        this.back = element("button", { type: "button", "aria-label": `Previous rows of ${name}` }, "Previous");
        this.on = element("button", { type: "button", "aria-label": `Next rows of ${name}` }, "Next");
        this.back.addEventListener("click", () => this.turn(-PAGE));
        this.on.addEventListener("click", () => this.turn(PAGE));
        pager.append(this.back, this.on);
        tools.append(pager);
      }
      this.table.closest(".scroll").before(tools);
    }

    sort(column) {
      const numeric = this.heads[column].classList.contains("n");
      this.falling = this.sorted === column ? !this.falling : numeric || "lines" in this.heads[column].dataset;
      this.sorted = column;
      // Sorted once a column and turned round for the other way; empty cells stay last either way.
      if (!this.orders.has(column)) {
        const { empty, compare } = this.source.sorter(column, numeric);
        this.orders.set(column, [this.all.filter((row) => !empty(row)).sort(compare), this.all.filter(empty)]);
      }
      const [full, empty] = this.orders.get(column);
      this.order = [...(this.falling ? full.toReversed() : full), ...empty];
      this.heads.forEach((head, i) => head.setAttribute("aria-sort", i !== column ? "none" : this.falling ? "descending" : "ascending"));
      this.apply();
    }

    apply() {
      const words = (this.input?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
      const rows = this.order ?? this.all;
      this.shown = words.length ? this.source.filter(words, rows) : rows;
      this.first = 0;
      this.draw();
    }

    turn(step) {
      this.first = Math.max(0, Math.min(this.first + step, this.shown.length - 1));
      this.draw();
      this.table.closest(".scroll").scrollIntoView({ block: "start" });
    }

    draw() {
      const end = Math.min(this.first + PAGE, this.shown.length);
      this.body.replaceChildren(...this.shown.slice(this.first, end).map((row) => this.source.node(row)));
      const total = numbers.format(this.all.length);
      const left = this.shown.length === this.all.length ? total : `${numbers.format(this.shown.length)} of ${total}`;
      const range = this.shown.length > PAGE ? `${numbers.format(this.first + 1)}\u2013${numbers.format(end)} of ` : "";
      this.count.textContent = `${range}${left} ${this.all.length === 1 ? "row" : "rows"}`;
      if (this.input?.value) said.textContent = this.count.textContent;
      if (this.back) this.back.disabled = this.first === 0;
      if (this.on) this.on.disabled = end >= this.shown.length;
    }

    // Everything that the filter leaves, not the visible page alone.
    save() {
      const numeric = this.heads.map((head) => head.classList.contains("n"));
      const lines = [this.heads.map((head) => csvCell(head.dataset.name, true)).join(",")];
      for (const row of this.shown) lines.push(numeric.map((n, i) => csvCell(this.source.value(row, i), n)).join(","));
      const link = element("a", { download: `${this.table.dataset.name}.csv` });
      link.href = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }));
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      said.textContent = `${link.download} saved`;
    }

    // Brings a row into view, whatever filter and page hide it, and gives its element.
    reveal(row) {
      if (!this.shown.includes(row)) {
        if (this.input) this.input.value = "";
        this.apply();
      }
      const place = this.shown.indexOf(row);
      this.first = Math.floor(place / PAGE) * PAGE;
      this.draw();
      return this.body.rows[place - this.first];
    }
  }

  // Members by the id of their row.
  const targets = new Map();
  for (const table of document.querySelectorAll(".table table")) {
    const made = new Table(table);
    if (made.source.own) made.source.rows.forEach(([member], row) => targets.set(anchor(texts[member]), [made, row]));
  }

  const open = () => {
    let id;
    try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const target = targets.get(id);
    if (!target) return;
    const [table, place] = target;
    const row = table.reveal(place);
    document.querySelectorAll("tr.hit").forEach((other) => other.classList.remove("hit"));
    row.classList.add("hit");
    const details = row.querySelector("details");
    if (details) details.open = true;
    row.scrollIntoView({ block: "center" });
    row.querySelector("a")?.focus({ preventScroll: true });
  };
  addEventListener("hashchange", open);
  document.addEventListener("click", (event) => {
    // A link to the address that is shown already changes nothing, and still means "show me".
    const link = event.target.closest?.("a[href^='#m-']");
    if (link && link.getAttribute("href") === location.hash) open();
  });
  open();
})();
