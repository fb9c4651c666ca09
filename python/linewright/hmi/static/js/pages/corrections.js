// What did the model correct? Evidence, decision, command, write and read-back, newest first; older rows as one scrolls.

import { get } from "/static/js/api.js";
import { h, setText } from "/static/js/dom.js";
import { clock, quantity, words } from "/static/js/format.js";
import { stream } from "/static/js/stream.js";

const PAGE = 50;
const MOST = 2000; // rows kept on the page
const NEWS = new Set(["decision", "detection", "command", "intent", "result", "read_back"]);
const HEAD = ["Row", "Time", "Station", "Evidence", "Decision", "Command", "Write", "Read back"];

function cell(items, one) {
  const list = [items ?? []].flat().filter(Boolean);
  return h("td", {}, list.length ? h("ul", { class: "plain" }, list.map((i) => h("li", {}, one(i)))) : "–");
}

function written(w) {
  const flags = [w.limited && "limited", w.advisory && "advisory only: not written"].filter(Boolean).join(", ");
  const from = w.before === null || w.before === undefined ? "" : `${quantity(w.before, w.unit)} → `;
  return `${words(w.actuator)}: ${from}${quantity(w.value, w.unit)}${flags ? ` (${flags})` : ""}`;
}

function readBack(r) {
  return `${quantity(r.value, r.unit)} ${r.confirmed ? "✓ confirmed" : "✕ not confirmed"}`;
}

function row(item) {
  const decision = typeof item.decision === "string" ? { says: item.decision } : item.decision;
  return h(
    "tr",
    { "data-seq": item.seq },
    h("th", { scope: "row", class: "n" }, String(item.seq)),
    h("td", { class: "n" }, clock(item.time_s, true)),
    h("td", {}, item.station && h("a", { href: `#/station/${item.station}` }, words(item.station))),
    cell(item.evidence, (e) => (e.says ?? e) + (e.onset_s === undefined || e.onset_s === null ? "" : `, since ${clock(e.onset_s, true)}`)),
    h("td", {}, decision?.says ?? "–", decision?.because && h("div", { class: "muted" }, [decision.because].flat().join("; "))),
    cell(item.commands, (c) => `${c.says ?? ""} ${c.status ? `(${c.status}${c.reason ? `: ${c.reason}` : ""})` : ""}`),
    cell(item.writes, written),
    cell(item.read_backs, readBack),
  );
}

export function correctionsPage(main) {
  const body = h("tbody", {});
  const older = h("button", { type: "button" }, "Load older");
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const end = h("p", { class: "muted" });
  const state = { before: null, loading: false, ended: false, fresh: false, done: false };
  main.append(
    h("h1", {}, "What did the model correct?"),
    error,
    h("section", { class: "panel" },
      h("table", { class: "corrections" }, h("caption", { class: "unseen" }, "Corrections, newest first"), h("thead", {}, h("tr", {}, HEAD.map((n) => h("th", { scope: "col" }, n)))), body),
      older, end),
  );

  const have = new Map();
  const put = (items, where) => {
    for (const item of where === "top" ? [...items].reverse() : items) {
      const old = have.get(item.seq);
      const print = JSON.stringify(item);
      if (old?.print === print) continue;
      const node = row(item);
      if (old) old.node.replaceWith(node);
      else if (where === "top") body.prepend(node);
      else body.append(node);
      have.set(item.seq, { node, print });
    }
  };

  const load = async () => {
    if (state.loading || state.done) return;
    state.loading = true;
    try {
      const page = await get("/api/corrections", { before: state.before, limit: PAGE });
      if (state.ended) return;
      put(page.items, "bottom");
      state.before = page.next ?? null;
      state.done = page.next === null || page.next === undefined || have.size >= MOST;
      older.hidden = state.done;
      setText(end, !state.done ? "" : have.size === 0 ? "Nothing was corrected yet." : have.size >= MOST ? `${MOST} rows shown; older ones: linewright ledger dump` : "This is the beginning of the run.");
    } catch (refused) {
      setText(error, refused.message);
      error.hidden = false;
    } finally {
      state.loading = false;
    }
  };

  // New ones at most once a second, however many rows come.
  const news = (event) => {
    if (!NEWS.has(event.detail.kind) || state.fresh) return;
    state.fresh = true;
    setTimeout(async () => {
      state.fresh = false;
      if (state.ended) return;
      try {
        put((await get("/api/corrections", { limit: PAGE })).items, "top");
      } catch {
        // the link's own sign says that the server is not there
      }
    }, 1000);
  };

  const watcher = new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && load(), { rootMargin: "400px" });
  older.addEventListener("click", load);
  stream.addEventListener("row", news);
  load().then(() => !state.ended && watcher.observe(older));
  return {
    end: () => {
      state.ended = true;
      watcher.disconnect();
      stream.removeEventListener("row", news);
    },
  };
}
