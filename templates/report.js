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

  // The value of a cell: the exact one, or else what is seen without the evidence below it.
  const value = (cell) => {
    if (cell.dataset.v !== undefined) return cell.dataset.v;
    const details = cell.querySelector("details");
    if (!details) return cell.textContent;
    return [...details.querySelectorAll("li")].map((line) => line.textContent).join("; ");
  };
  const number = (text) => (text === "" ? NaN : Number(text.replaceAll(",", "")));
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;

  // A cell that a spreadsheet would take for a formula gets an apostrophe in front.
  const csvCell = (text, numeric) => {
    const safe = !numeric && /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  class Table {
    constructor(table) {
      this.table = table;
      this.body = table.tBodies[0];
      this.heads = [...table.tHead.rows[0].cells];
      this.rows = [...this.body.rows];
      this.shown = this.rows;
      this.first = 0;
      this.keys = new Map();
      this.orders = new Map();
      this.texts = null;
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
      const name = document.getElementById(this.table.getAttribute("aria-labelledby")).textContent;
      const tools = element("div", { class: "tools" });
      if (this.rows.length > 8) {
        this.filter = element("input", { type: "search", placeholder: "Filter", "aria-label": `Filter ${name}`, autocomplete: "off" });
        this.filter.addEventListener("input", () => this.apply());
        tools.append(this.filter);
      }
      this.count = element("span", { class: "count" });
      const save = element("button", { type: "button", "aria-label": `Save ${name} as CSV` }, "Save as CSV");
      save.addEventListener("click", () => this.save());
      tools.append(save, this.count);
      if (this.rows.length > PAGE) {
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

    // Sort keys of a column, read once.
    key(column) {
      if (!this.keys.has(column)) {
        const numeric = this.heads[column].classList.contains("n");
        const read = (row) => { const text = value(row.cells[column]); return numeric ? number(text) : text; };
        this.keys.set(column, new Map(this.rows.map((row) => [row, read(row)])));
      }
      return this.keys.get(column);
    }

    sort(column) {
      const numeric = this.heads[column].classList.contains("n");
      this.falling = this.sorted === column ? !this.falling : numeric;
      this.sorted = column;
      // Sorted once a column and turned round for the other way; empty cells stay last either way.
      if (!this.orders.has(column)) {
        const key = this.key(column);
        const empty = (row) => (numeric ? Number.isNaN(key.get(row)) : key.get(row) === "");
        const compare = numeric ? (a, b) => key.get(a) - key.get(b) : (a, b) => order(key.get(a), key.get(b));
        this.orders.set(column, [this.rows.filter((row) => !empty(row)).sort(compare), this.rows.filter(empty)]);
      }
      const [full, empty] = this.orders.get(column);
      this.order = [...(this.falling ? full.toReversed() : full), ...empty];
      this.heads.forEach((head, i) => head.setAttribute("aria-sort", i !== column ? "none" : this.falling ? "descending" : "ascending"));
      this.apply();
    }

    apply() {
      const words = (this.filter?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
      const rows = this.order ?? this.rows;
      if (words.length) {
        const texts = this.read();
        this.shown = rows.filter((row) => words.every((word) => texts.get(row).includes(word)));
      } else {
        this.shown = rows;
      }
      this.first = 0;
      this.draw();
    }

    // What a filter looks through: everything in a row, its records among it.
    read() {
      this.texts ??= new Map(this.rows.map((row) => [row, row.textContent.toLowerCase()]));
      return this.texts;
    }

    turn(step) {
      this.first = Math.max(0, Math.min(this.first + step, this.shown.length - 1));
      this.draw();
      this.table.closest(".scroll").scrollIntoView({ block: "start" });
    }

    draw() {
      const end = Math.min(this.first + PAGE, this.shown.length);
      this.body.replaceChildren(...this.shown.slice(this.first, end));
      const total = numbers.format(this.rows.length);
      const found = this.shown.length === this.rows.length ? total : `${numbers.format(this.shown.length)} of ${total}`;
      const range = this.shown.length > PAGE ? `${numbers.format(this.first + 1)}\u2013${numbers.format(end)} of ` : "";
      this.count.textContent = `${range}${found} ${this.rows.length === 1 ? "row" : "rows"}`;
      if (this.filter?.value) said.textContent = this.count.textContent;
      if (this.back) this.back.disabled = this.first === 0;
      if (this.on) this.on.disabled = end >= this.shown.length;
    }

    // Everything that the filter leaves, not the visible page alone.
    save() {
      const numeric = this.heads.map((head) => head.classList.contains("n"));
      const lines = [this.heads.map((head) => csvCell(head.dataset.name, true)).join(",")];
      for (const row of this.shown) lines.push([...row.cells].map((cell, i) => csvCell(value(cell), numeric[i])).join(","));
      const link = element("a", { download: `${this.table.dataset.name}.csv` });
      link.href = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }));
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      said.textContent = `${link.download} saved`;
    }

    // Brings a row into view, whatever filter and page hide it.
    reveal(row) {
      if (!this.shown.includes(row)) {
        if (this.filter) this.filter.value = "";
        this.apply();
      }
      this.first = Math.floor(this.shown.indexOf(row) / PAGE) * PAGE;
      this.draw();
    }
  }

  const targets = new Map();
  const tables = new Map();
  for (const table of document.querySelectorAll(".table table")) {
    const made = new Table(table);
    tables.set(table, made);
    for (const row of made.rows) if (row.id) targets.set(row.id, [made, row]);
  }

  // Large tables are read before the first letter is typed.
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 200));
  for (const table of document.querySelectorAll(".table table")) idle(() => tables.get(table).read());

  const open = () => {
    let id;
    try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const found = targets.get(id);
    if (!found) return;
    const [table, row] = found;
    table.reveal(row);
    document.querySelectorAll("tr.hit").forEach((other) => other.classList.remove("hit"));
    row.classList.add("hit");
    const details = row.querySelector("details");
    if (details) details.open = true;
    const focus = row.querySelector("a");
    row.scrollIntoView({ block: "center" });
    focus?.focus({ preventScroll: true });
  };
  addEventListener("hashchange", open);
  document.addEventListener("click", (event) => {
    // A link to the address that is shown already changes nothing, and still means "show me".
    const link = event.target.closest?.("a[href^='#m-']");
    if (link && link.getAttribute("href") === location.hash) open();
  });
  open();
})();
