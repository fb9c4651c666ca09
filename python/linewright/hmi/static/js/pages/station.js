// One station: its signals as bars, the trend of the chosen one, actuators, parameters, what the model does.

import { act } from "/static/js/act.js";
import { get } from "/static/js/api.js";
import { bar } from "/static/js/bar.js";
import { h, keyed, mark, setText } from "/static/js/dom.js";
import { clock, quantity, range, unitOf, words } from "/static/js/format.js";
import { stream } from "/static/js/stream.js";
import { trend } from "/static/js/trend.js";

const WATCHED = 64; // topics of one stream; what is beyond them is read every two seconds
const QUALITIES = ["good", "uncertain", "bad"];
const WINDOWS = [["10 min", 600], ["1 h", 3600], ["8 h", 28800]];
const head = (...names) => h("thead", {}, h("tr", {}, names.map((n) => h("th", { scope: "col" }, n))));

export function stationPage(main, name) {
  const state = { data: null, topic: null, windowS: 600, ended: false };
  const machine = h("span", { class: "pill" }, "–");
  const signals = h("tbody", {});
  const actuators = h("tbody", {});
  const parameters = h("tbody", {});
  const doing = h("ul", { class: "plain" });
  const plot = trend();
  const title = h("h2", { id: "trend" }, "Trend");
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const windows = h("div", { class: "tabs", role: "group", "aria-label": "Window of the trend" });
  main.append(
    h("h1", {}, `Station ${words(name)} `, machine),
    error,
    h("div", { class: "columns" },
      h("div", {},
        h("section", { class: "panel" }, h("table", { class: "signals" }, h("caption", {}, "Signals"), head("Signal", "Value against its normal range", "Set-point", "Normal"), signals)),
        h("section", { class: "panel" }, h("table", {}, h("caption", {}, "Actuators"), head("Actuator", "Value within its limits", "In control", "Act"), actuators))),
      h("div", {},
        h("section", { class: "panel", "aria-labelledby": "trend" }, title, windows, plot.node),
        h("section", { class: "panel", "aria-labelledby": "now" }, h("h2", { id: "now" }, "What the model is doing"), doing),
        h("section", { class: "panel" }, h("table", {}, h("caption", {}, "Parameters"), head("Parameter", "Value", "Allowed", "Act"), parameters)))),
  );

  const chosen = () => state.data?.signals.find((s) => s.topic === state.topic);

  const draw = async () => {
    const signal = chosen();
    if (!signal || state.ended) return;
    setText(title, `Trend: ${signal.name} in ${unitOf(signal.unit) || "ratio"}`);
    const now = stream.overview?.line_time_s ?? 0;
    try {
      const data = await get("/api/trend", { topic: signal.topic, from_s: Math.max(0, now - state.windowS), to_s: now, width_px: plot.width() });
      if (!state.ended && signal.topic === state.topic) plot.show(signal, data);
    } catch (refused) {
      if (refused.status === 404) plot.show(signal, { t_s: [], lo: [], hi: [], mean: [] }); // no sample of it came yet
      else fail(refused);
    }
  };

  const fail = (refused) => {
    setText(error, refused.message);
    error.hidden = false;
  };

  const choose = (topic) => {
    state.topic = topic;
    show();
    draw();
  };

  const show = () => {
    const { data } = state;
    if (!data) return;
    error.hidden = true;
    const machineState = data.machine_state ?? stream.overview?.stations?.find((s) => s.name === name)?.machine_state;
    setText(machine, `state: ${words(machineState ?? "unknown")}`);
    keyed(signals, data.signals, (s) => s.topic, (s) => signalRow(s, choose), (s) => s.topic);
    for (const row of signals.children) row.show(data.signals.find((s) => s.topic === row.dataset.key), state.topic);
    keyed(actuators, data.actuators, (a) => a.name, (a) => actuatorRow(a, refresh), (a) => a.name);
    for (const row of actuators.children) row.show(data.actuators.find((a) => a.name === row.dataset.key));
    keyed(parameters, list(data.parameters), (p) => p.name, (p) => parameterRow(name, p, refresh));
    const acts = [data.doing ?? []].flat();
    keyed(doing, acts.length ? acts : ["Nothing to correct."], (d) => d.seq ?? d.says ?? d,
      (d) => h("li", {}, d.time_s === undefined ? "" : `${clock(d.time_s, true)} `, d.says ?? d));
  };

  const refresh = async () => {
    try {
      state.data = await get(`/api/stations/${encodeURIComponent(name)}`);
      if (state.ended) return;
      state.topic ??= state.data.signals[0]?.topic ?? null;
      stream.watch(state.data.signals.slice(0, WATCHED).map((s) => s.topic));
      show();
    } catch (refused) {
      fail(refused);
    }
  };

  const sampled = (event) => {
    if (!state.data) return;
    let any = false;
    for (const signal of state.data.signals) {
      const sample = event.detail.values[signal.topic];
      if (!sample) continue;
      signal.value = sample.value;
      signal.quality = QUALITIES[sample.quality] ?? sample.quality;
      any = true;
    }
    if (any) show();
  };

  for (const [text, seconds] of WINDOWS) {
    const button = h("button", { type: "button", "aria-pressed": String(seconds === state.windowS) }, text.replace(" ", "\u202f"));
    button.addEventListener("click", () => {
      state.windowS = seconds;
      for (const other of windows.children) mark(other, "aria-pressed", String(other === button));
      draw();
    });
    windows.append(button);
  }
  let beats = 0;
  const beat = async () => {
    beats += 1;
    if (beats % 2 === 1) {
      await refresh();
      await draw();
    }
  };
  const resized = () => draw();
  stream.addEventListener("sample", sampled);
  stream.addEventListener("overview", beat);
  window.addEventListener("resize", resized);
  refresh().then(draw);
  return {
    end: () => {
      state.ended = true;
      stream.watch([]);
      stream.removeEventListener("sample", sampled);
      stream.removeEventListener("overview", beat);
      window.removeEventListener("resize", resized);
      plot.end();
    },
  };
}

// Parameters come as a list, or as {name: value}.
function list(parameters) {
  if (Array.isArray(parameters)) return parameters;
  return Object.entries(parameters ?? {}).map(([name, value]) => ({ name, value }));
}

function signalRow(signal, choose) {
  const reading = bar(signal.name);
  const setpoint = h("td", { class: "n" });
  const normal = h("td", { class: "n" });
  const button = h("button", { type: "button", title: "show its trend", onclick: () => choose(signal.topic) }, signal.name);
  const row = h("tr", {}, h("th", { scope: "row" }, button), h("td", {}, reading.node), setpoint, normal);
  row.show = (now, topic) => {
    reading.show(now);
    setText(setpoint, quantity(now.setpoint, now.unit));
    setText(normal, range(now.normal_lo, now.normal_hi, now.unit));
    mark(button, "aria-pressed", String(topic === now.topic));
  };
  return row;
}

function actuatorRow(actuator, refresh) {
  const reading = bar(actuator.name);
  const holder = h("td", {});
  let latest = actuator;
  const button = h("button", {
    type: "button",
    onclick: () =>
      act({
        title: `Take ${words(latest.name)} in hand`,
        action: "manual",
        fixed: { actuator: latest.name, unit: latest.unit },
        fields: [{ name: "value", label: `Value in ${unitOf(latest.unit) || "ratio"}, ${range(latest.lo, latest.hi, latest.unit)}`, type: "number", min: latest.lo, max: latest.hi, value: latest.value }],
        expected: { value: latest.value, manual: latest.manual },
        done: refresh,
      }),
  }, "In hand…");
  const row = h("tr", {}, h("th", { scope: "row" }, words(actuator.name)), h("td", {}, reading.node), holder, h("td", {}, button));
  row.show = (now) => {
    latest = now;
    reading.show({ ...now, normal_lo: null, normal_hi: null, quality: null });
    const who = now.manual ? "IN HAND" : now.in_control ? "loop in control" : "loop not in control";
    setText(holder, now.holder ? `${who}, held by ${now.holder}` : who);
    mark(button, "aria-label", `Take ${words(now.name)} in hand`);
  };
  return row;
}

function parameterRow(station, parameter, refresh) {
  const button = h("button", {
    type: "button",
    "aria-label": `Change ${words(parameter.name)}`,
    onclick: () =>
      act({
        title: `Change ${words(parameter.name)}`,
        role: "engineer",
        action: "set",
        fixed: { station, name: parameter.name, unit: parameter.unit },
        fields: [{ name: "value", label: `New value in ${unitOf(parameter.unit) || "ratio"}, ${range(parameter.lo, parameter.hi, parameter.unit)}`, type: "number", value: parameter.value, min: parameter.lo, max: parameter.hi }],
        expected: { value: parameter.value },
        done: refresh,
      }),
  }, "Change…");
  return h("tr", {}, h("th", { scope: "row" }, words(parameter.name), parameter.says && h("div", { class: "muted" }, parameter.says)),
    h("td", { class: "n" }, quantity(parameter.value, parameter.unit)), h("td", {}, range(parameter.lo, parameter.hi, parameter.unit)), h("td", {}, button));
}
