// How long a loop takes from its release to the written output, as counted by the core.

import { get } from "/static/js/api.js";
import { h, keyed, setText } from "/static/js/dom.js";
import { quantity, words } from "/static/js/format.js";
import { histogram } from "/static/js/histogram.js";
import { stream } from "/static/js/stream.js";

const HEAD = ["Loop", "Stage", "Count", "p50", "p99", "p99.99", "Greatest", "Deadline", "Missed"];
const us = (value) => (value === null || value === undefined ? "–" : quantity(value, "us"));

function rows(loop) {
  const stages = loop.stages?.length ? loop.stages : [{ stage: "whole", ...loop }];
  return stages.map((s, i) => ({ loop, s, first: i === 0, name: `${loop.loop}/${s.stage}` }));
}

function row({ loop, s, first }) {
  return h("tr", {},
    h("th", { scope: "row" }, first ? words(loop.loop) : h("span", { class: "unseen" }, words(loop.loop))),
    h("td", {}, words(s.stage)),
    h("td", { class: "n" }, String(s.count ?? loop.count ?? "–")),
    [s.p50_us, s.p99_us, s.p9999_us, s.max_us].map((v) => h("td", { class: "n" }, us(v))),
    h("td", { class: "n" }, us(loop.deadline_us)),
    h("td", { class: "n" }, String(loop.missed ?? "–"), loop.missed > 0 && [" ", h("span", { class: "pill", "data-alarm": "low" }, "▲ missed")]));
}

export function latencyPage(main) {
  const body = h("tbody", {});
  const plots = h("div", { class: "plots" });
  const note = h("p", { class: "muted" });
  const state = { ended: false, beats: 0 };
  main.append(
    h("h1", {}, "Latency"),
    note,
    h("section", { class: "panel" }, h("table", {}, h("caption", {}, "Each loop, since the start"), h("thead", {}, h("tr", {}, HEAD.map((n) => h("th", { scope: "col" }, n)))), body)),
    h("section", { class: "panel", "aria-labelledby": "spread" }, h("h2", { id: "spread" }, "How often which latency (both axes logarithmic)"), plots),
  );
  const refresh = async () => {
    try {
      const data = await get("/api/latency");
      if (state.ended) return;
      setText(note, data.says ?? (data.simulated ? "Simulated time: the loops run as fast as the machine allows; these are times of this computer, not of a plant." : ""));
      keyed(body, data.loops.flatMap(rows), (r) => r.name, row);
      const drawn = data.loops.filter((l) => l.histogram?.counts?.length);
      keyed(plots, drawn, (l) => l.loop, (l) => histogram({ name: words(l.loop), unit: "us", hi: l.deadline_us, edges: l.histogram.edges_us, counts: l.histogram.counts }, { log: true }));
    } catch (refused) {
      setText(note, refused.message);
    }
  };
  const beat = () => {
    state.beats += 1;
    if (state.beats % 5 === 0) refresh();
  };
  stream.addEventListener("overview", beat);
  refresh();
  return {
    end: () => {
      state.ended = true;
      stream.removeEventListener("overview", beat);
    },
  };
}
