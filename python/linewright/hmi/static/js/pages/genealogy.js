// From a cell back to the slurry batch it came from.

import { get } from "/static/js/api.js";
import { h, setText } from "/static/js/dom.js";
import { clock, quantity, range, words } from "/static/js/format.js";
import { judge } from "/static/js/bar.js";

const HEAD = ["Step", "What", "Metres of web", "Time", "Values"];

function value(v) {
  const off = judge({ value: v.value, normal_lo: v.lo, normal_hi: v.hi });
  return h("li", {}, `${words(v.name)} ${quantity(v.value, v.unit)}`, v.lo !== undefined && v.lo !== null && h("span", { class: "muted" }, ` (normal ${range(v.lo, v.hi, v.unit)})`), off.abnormal && [" ", h("span", { class: "pill", "data-alarm": "low" }, `${off.shape} ${off.word}`)]);
}

function step(s) {
  const metres = s.from_m === undefined || s.from_m === null ? "–" : range(s.from_m, s.to_m ?? s.from_m, "m");
  return h("tr", {},
    h("th", { scope: "row" }, h("a", { href: `#/station/${s.station}` }, words(s.station))),
    h("td", {}, [words(s.what), s.id].filter(Boolean).join(" "), s.says && h("div", { class: "muted" }, s.says)),
    h("td", { class: "n" }, metres),
    h("td", { class: "n" }, clock(s.time_s)),
    h("td", {}, h("ul", { class: "plain" }, (s.values ?? []).map(value))));
}

export function genealogyPage(main, of) {
  const field = h("input", { id: "cell", type: "search", value: of, list: "cells", autocomplete: "off" });
  const cells = h("datalist", { id: "cells" });
  const found = h("p", { role: "status" });
  const body = h("tbody", {});
  const table = h("table", { hidden: true }, h("caption", { class: "unseen" }, "From the cell back to the slurry batch"), h("thead", {}, h("tr", {}, HEAD.map((n) => h("th", { scope: "col" }, n)))), body);
  const form = h("form", { role: "search", class: "tabs" }, h("label", { for: "cell" }, "Cell, weld, lot, tray, roll or batch", field), h("button", { type: "submit" }, "Search"));
  main.append(h("h1", {}, "Genealogy"), h("section", { class: "panel" }, form, cells, found, table));

  const ask = async () => {
    const name = field.value.trim();
    if (!name) return;
    try {
      const answered = await get("/api/genealogy", { of: name });
      const steps = answered.steps ?? [];
      const says = answered.says ? ` ${answered.says}` : "";
      setText(found, (steps.length ? `${name}: ${steps.length} steps back.` : `Nothing is known of ${name}.`) + says);
      body.replaceChildren(...steps.map(step));
      table.hidden = steps.length === 0;
    } catch (refused) {
      setText(found, refused.message);
      table.hidden = true;
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    history.replaceState(null, "", `#/genealogy/${encodeURIComponent(field.value.trim())}`);
    ask();
  });
  get("/api/genealogy")
    .then((answered) => {
      const names = answered.examples ?? [];
      cells.append(...names.map((n) => h("option", { value: n })));
      if (!found.textContent) setText(found, names.length ? `For example ${names.slice(0, 3).join(", ")}.` : "No cell was finished in this run yet.");
    })
    .catch(() => {});
  ask();
  return {};
}
