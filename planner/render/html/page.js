"use strict";
// Filters, keys, comparing and the theme. The page can be read without any of it.
// Data never becomes markup here: text goes in by textContent, and nodes are cloned.

document.documentElement.classList.add("js");

const theme = {
  dark: matchMedia("(prefers-color-scheme: dark)").matches,

  start() {
    const kept = this.keep();
    if (kept) this.show(kept === "dark");
  },
  show(dark) {
    this.dark = dark;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  },
  // Files opened from disk may have no storage.
  keep(value) {
    try {
      if (value) localStorage.setItem("planner-theme", value);
      return localStorage.getItem("planner-theme");
    } catch {
      return null;
    }
  },
  button(button) {
    const label = () => {
      button.textContent = this.dark ? "Light" : "Dark";
      button.setAttribute("aria-label", this.dark ? "Use the light theme" : "Use the dark theme");
    };
    button.addEventListener("click", () => {
      this.show(!this.dark);
      this.keep(this.dark ? "dark" : "light");
      label();
    });
    label();
  },
};
theme.start();

document.addEventListener("DOMContentLoaded", () => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const rows = all(".change");
  const search = one("#search");
  const form = one("#filter");
  const status = one("#status");
  const expand = one("#expand");
  const dialog = one("#compare");

  theme.button(one("#theme"));

  // --- filter ---

  const lists = all(".rows").map((list) => ({ list, rows: all(":scope > .change", list), count: one(".count", list) }));
  const beside = all("[data-overview]", one("#changes"));
  const texts = new Map(); // a row's text in small letters, made when first searched

  function textOf(row) {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  }

  function chosen(name) {
    return new Set(all(`input[name=${name}]:checked`, form).map((box) => box.value));
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = chosen("group");
    const environments = chosen("env");
    const narrowed = words.length + groups.size > 0;
    let shown = 0;
    for (const { list, rows, count } of lists) {
      const inside = !environments.size || environments.has(list.parentElement.dataset.env);
      let here = 0;
      for (const row of rows) {
        const fits =
          inside && (!groups.size || groups.has(row.dataset.group)) && words.every((word) => textOf(row).includes(word));
        if (row.hidden === fits) row.hidden = !fits;
        here += fits;
      }
      list.hidden = !here;
      count.textContent = here < rows.length ? `${here.toLocaleString("en")} of ${rows.length.toLocaleString("en")}` : rows.length.toLocaleString("en");
      shown += here;
    }
    for (const part of beside) part.hidden = narrowed;
    for (const section of all(".environment")) {
      const inside = !environments.size || environments.has(section.dataset.env);
      section.hidden = !inside || (narrowed && !all(".rows:not([hidden])", section).length);
    }
    const filtered = shown < rows.length;
    document.body.classList.toggle("filtered", narrowed || environments.size > 0);
    status.textContent = filtered ? `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown` : `${rows.length.toLocaleString("en")} shown`;
  }

  function clear() {
    form.reset();
    filter();
  }

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());

  // --- opening ---

  const summaryOf = (row) => row.firstElementChild;

  expand.addEventListener("click", () => {
    const visible = rows.filter((row) => !row.hidden);
    const open = visible.some((row) => !row.open);
    for (const row of visible) row.open = open;
    expand.textContent = open ? "Close all" : "Open all";
  });

  function openTarget() {
    const row = location.hash && document.getElementById(location.hash.slice(1));
    if (!row || !row.matches(".change")) return;
    if (row.hidden) clear();
    row.open = true;
    summaryOf(row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "center" });
  }
  window.addEventListener("hashchange", openTarget);
  openTarget();

  // Browsers that cannot print closed details by style get them opened.
  if (!CSS.supports("selector(::details-content)")) {
    let opened = [];
    window.addEventListener("beforeprint", () => {
      opened = all("details:not([open])");
      for (const part of opened) part.open = true;
    });
    window.addEventListener("afterprint", () => {
      for (const part of opened) part.open = false;
    });
  }

  // --- keys ---

  function step(by) {
    const row = document.activeElement.closest(".change");
    let index = row ? rows.indexOf(row) + by : by > 0 ? 0 : rows.length - 1;
    while (rows[index] && rows[index].hidden) index += by;
    if (!rows[index]) return;
    summaryOf(rows[index]).focus({ preventScroll: true });
    summaryOf(rows[index]).scrollIntoView({ block: "nearest" });
  }

  const steps = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const typing = event.target.matches("input[type=search]");
    const onRow = event.target.matches(".change > summary");
    const arrow = event.key.startsWith("Arrow");
    if (event.key === "Escape") {
      clear();
      search.blur();
    } else if (event.key === "/" && !typing) {
      search.focus();
      search.select();
    } else if (event.key in steps && (arrow ? onRow || (typing && event.key === "ArrowDown") : !typing)) {
      step(steps[event.key]);
    } else {
      return;
    }
    event.preventDefault();
  });

  // --- comparing ---

  function column(row) {
    const section = row.closest(".environment");
    const part = document.createElement("section");
    const title = document.createElement("h3");
    title.append(one(".sign", row).cloneNode(true), ` ${one("h2", section).textContent}`);
    const body = one(".body", row).cloneNode(true);
    for (const link of all(".elsewhere", body)) link.remove();
    part.append(title, body);
    return part;
  }

  // The cells of one side of an attribute or file, by both. What is each environment's own is left out.
  function cellsOf(part) {
    const found = new Map();
    let name = "";
    for (const line of all("tbody tr", part)) {
      const head = one("th", line);
      if (head) name = "own" in line.dataset ? "" : head.firstChild.textContent;
      for (const cell of name ? all("td:not(.none)", line) : []) {
        const key = `${cell.cellIndex - (head ? 1 : 0)} ${name}`;
        found.set(key, [...(found.get(key) || []), cell]);
      }
    }
    return found;
  }

  // Marks what does not stand in every column.
  function mark(parts) {
    const columns = parts.map(cellsOf);
    for (const [index, cells] of columns.entries()) {
      const others = columns.filter((_, other) => other !== index);
      for (const [key, found] of cells) {
        const texts = others.map((other) => new Set((other.get(key) || []).map((cell) => cell.textContent)));
        for (const cell of found) cell.classList.toggle("apart", texts.some((text) => !text.has(cell.textContent)));
      }
    }
  }

  function compare(anchors) {
    const found = [...new Set(anchors)].map((anchor) => document.getElementById(anchor));
    found.sort((a, b) => rows.indexOf(a) - rows.indexOf(b));
    one("#compare-title").textContent = one("code", found[0]).textContent;
    const parts = found.map(column);
    mark(parts);
    one(".columns", dialog).replaceChildren(...parts);
    dialog.showModal();
  }

  function comparable(part) {
    const row = part.closest(".change");
    const linked = all("a[href^='#c']", part).map((link) => link.hash.slice(1));
    return row ? [row.id, ...linked] : linked;
  }

  function addButton(part) {
    if (one("button", part) || comparable(part).length < 2) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Compare";
    (one("td:last-child", part) || part).append(" ", button);
    button.addEventListener("click", () => compare(comparable(part)));
  }

  for (const row of all("tr[data-across]")) addButton(row);
  document.addEventListener("toggle", (event) => all("p[data-across]", event.target).forEach(addButton), true);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  // --- the graph: what a node is tied to stands out ---

  function light(node, on) {
    const picture = node.closest("svg");
    const number = node.dataset.node;
    picture.classList.toggle("lit", on);
    for (const edge of all(".edge", picture)) {
      const tied = edge.dataset.from === number || edge.dataset.to === number;
      edge.classList.toggle("on", on && tied);
      if (!tied) continue;
      for (const end of [edge.dataset.from, edge.dataset.to]) {
        one(`.node[data-node="${end}"]`, picture).classList.toggle("on", on);
      }
    }
  }
  for (const node of all(".node")) {
    for (const name of ["mouseenter", "focusin"]) node.addEventListener(name, () => light(node, true));
    for (const name of ["mouseleave", "focusout"]) node.addEventListener(name, () => light(node, false));
  }

  filter();
});
