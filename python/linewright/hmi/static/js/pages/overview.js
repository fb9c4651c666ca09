// The whole line: stations in the order of the material, what flows between them, what waits for a person.

import { act } from "/static/js/act.js";
import { bar, judge } from "/static/js/bar.js";
import { h, keyed, setText } from "/static/js/dom.js";
import { clock, quantity, range, words } from "/static/js/format.js";
import { active, pill, sorted, stateOf } from "/static/js/signs.js";
import { stream } from "/static/js/stream.js";

const METRICS = [
  ["time_to_detect_s", "Time to detect", "s"],
  ["cost_per_good_cell_eur", "Cost per good cell", "EUR"],
  ["changeover_h", "Changeover", "h"],
];

// Stations along the flow: who gets nothing from anyone first.
export function ordered(stations, flow) {
  const left = new Map(stations.map((s) => [s.name, s]));
  const out = [];
  while (left.size) {
    const fed = new Set(flow.filter((f) => left.has(f.from) && f.from !== f.to).map((f) => f.to));
    const next = [...left.keys()].find((name) => !fed.has(name)) ?? left.keys().next().value;
    out.push(left.get(next));
    left.delete(next);
  }
  return out;
}

function between(flow) {
  const off = judge({ value: flow.amount, normal_lo: flow.lo, normal_hi: flow.hi });
  return h(
    "li",
    { class: "between" },
    h("span", { class: "arrow", "aria-hidden": "true" }, "→"),
    h("span", { class: "unseen" }, `from ${words(flow.from)} to ${words(flow.to)}: `),
    flow.name && h("span", { class: "muted" }, `${flow.name} `),
    h("span", { class: "live" }, quantity(flow.amount, flow.unit)),
    off.abnormal && h("span", { class: "pill", "data-alarm": "low" }, `${off.shape} ${off.word}`),
  );
}

function station(data) {
  const reading = bar(data.headline?.name ?? "");
  const nodes = {
    machine: h("p", { class: "machine" }),
    doing: h("p", { class: "doing" }),
    alarm: h("p", { class: "alarm-line" }),
    name: h("p", { class: "muted machine" }),
  };
  const node = h("li", { class: "station" }, h("h2", {}, h("a", { href: `#/station/${data.name}` }, words(data.name))), nodes.machine, nodes.name, reading.node, nodes.alarm, nodes.doing);
  node.show = (now) => {
    setText(nodes.machine, `State: ${words(now.machine_state ?? "unknown")}`);
    setText(nodes.name, now.headline ? now.headline.name : "");
    reading.node.hidden = !now.headline;
    if (now.headline) reading.show(now.headline);
    const doing = Array.isArray(now.doing) ? now.doing[0] : now.doing;
    setText(nodes.doing, doing ? `Model: ${doing.says ?? doing}` : "Model: nothing to correct");
    const here = sorted(active(stream.alarms.filter((a) => a.station === now.name)));
    keyed(nodes.alarm, here.slice(0, 1), (a) => a.id, (a) => h("span", {}, pill(a), ` ${here.length > 1 ? `${here.length} alarms` : (a.says ?? words(a.name))}`), (a) => JSON.stringify([a, here.length]));
  };
  return node;
}

// What a person does to the line as a whole.
function lineActs() {
  const seen = () => ({ mode: stream.overview?.mode, armed: stream.overview?.armed, tripped: stream.overview?.tripped });
  const modes = [["advisory", "advisory: decides, writes nothing"], ["closed", "closed loop"]];
  const acts = [
    ["Change mode…", () => act({ title: "Change the mode of the line", action: "mode", fields: [{ name: "mode", label: "Mode", options: modes }], expected: seen() })],
    ["Arm…", () => act({ title: "Arm the line", action: "arm", expected: seen() })],
    ["Reset trip…", () => act({ title: "Reset the trip", action: "reset", expected: seen() })],
    ["Handover note…", () => act({ title: "Handover note", action: "note", fields: [{ name: "text", label: "Note" }] })],
  ];
  return h("div", { class: "tabs", role: "group", "aria-label": "Act on the line" }, acts.map(([text, does]) => h("button", { type: "button", onclick: does }, text)));
}

export function overviewPage(main) {
  const metrics = h("dl", { class: "metrics", "aria-label": "Figures of the run" });
  const flow = h("ol", { class: "flow", "aria-label": "Stations in the order of the material" });
  const others = h("div", {});
  const waiting = h("ul", { class: "plain" });
  const doing = h("ul", { class: "plain" });
  main.append(
    h("h1", {}, "Line overview"),
    lineActs(),
    metrics,
    flow,
    others,
    h("div", { class: "columns" },
      h("section", { class: "panel", "aria-labelledby": "waiting" }, h("h2", { id: "waiting" }, "Waits for a person"), waiting),
      h("section", { class: "panel", "aria-labelledby": "doing" }, h("h2", { id: "doing" }, "What the model does now"), doing)),
  );
  const show = () => {
    const now = stream.overview;
    if (!now) return;
    keyed(metrics, METRICS, (m) => m[0], ([name, title, unit]) => {
      const value = now.metrics?.[name];
      return h("div", { class: "metric" }, h("dt", {}, title), h("dd", { class: "live" }, value === null || value === undefined ? "not known yet" : quantity(value, unit)));
    }, (m) => `${m[0]}${now.metrics?.[m[0]]}`);
    const items = [];
    const list = ordered(now.stations ?? [], now.flow ?? []);
    const used = new Set();
    list.forEach((s, i) => {
      items.push({ kind: "station", ...s });
      const next = list[i + 1];
      const link = next && (now.flow ?? []).find((f) => f.from === s.name && f.to === next.name);
      if (link) used.add(link);
      if (next) items.push(link ? { kind: "flow", ...link } : { kind: "gap", from: s.name });
    });
    keyed(flow, items, (i) => (i.kind === "station" ? i.name : `after ${i.from}`),
      (i) => (i.kind === "station" ? station(i) : i.kind === "flow" ? between(i) : h("li", { class: "between", "aria-hidden": "true" })),
      (i) => (i.kind === "station" ? i.name : JSON.stringify(i)));
    for (const node of flow.children) node.show?.(list.find((s) => s.name === node.dataset.key));
    keyed(others, (now.flow ?? []).filter((f) => !used.has(f)), (f) => `${f.from}>${f.to}`,
      (f) => h("p", { class: "muted" }, `${words(f.from)} → ${words(f.to)}: ${quantity(f.amount, f.unit)}, normal ${range(f.lo, f.hi, f.unit)}`));
    const list2 = sorted(active(stream.alarms)).slice(0, 6);
    keyed(waiting, list2.length ? list2 : [{ id: "none" }], (a) => a.id,
      (a) => (a.id === "none" ? h("li", { class: "muted" }, "Nothing.") : h("li", {}, pill(a), ` ${clock(a.raised_s)} ${words(a.station)}: ${a.says ?? words(a.name)} (${stateOf(a).text})`)));
    const acts = (now.stations ?? []).flatMap((s) => [s.doing ?? []].flat().filter(Boolean).map((d) => ({ station: s.name, says: d.says ?? d, time_s: d.time_s })));
    keyed(doing, acts.length ? acts.slice(0, 8) : [{ station: "", says: "Nothing to correct." }], (d) => d.station + d.says,
      (d) => h("li", {}, d.time_s === undefined || d.time_s === null ? "" : `${clock(d.time_s)} `, d.station && h("a", { href: `#/station/${d.station}` }, words(d.station)), d.station && ": ", d.says));
  };
  stream.addEventListener("overview", show);
  stream.addEventListener("alarms", show);
  show();
  return {
    end: () => {
      stream.removeEventListener("overview", show);
      stream.removeEventListener("alarms", show);
    },
  };
}
