// A trend: the least and greatest of each column of pixels as a field, the mean as a line, normal range and set-point behind.

import { h, setText } from "/static/js/dom.js";
import { clock, digits, quantity, unitOf } from "/static/js/format.js";

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const known = (x) => x !== null && x !== undefined && Number.isFinite(x);

function behind(signal) {
  return (plot) => {
    const { ctx, bbox } = plot;
    const y = (v) => plot.valToPos(v, "y", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    if (known(signal.normal_lo) && known(signal.normal_hi)) {
      ctx.fillStyle = "#ffffff";
      ctx.fillRect(bbox.left, y(signal.normal_hi), bbox.width, y(signal.normal_lo) - y(signal.normal_hi));
      ctx.strokeStyle = token("--edge");
      for (const limit of [signal.normal_lo, signal.normal_hi]) {
        ctx.beginPath();
        ctx.moveTo(bbox.left, y(limit));
        ctx.lineTo(bbox.left + bbox.width, y(limit));
        ctx.stroke();
      }
    }
    if (known(signal.setpoint)) {
      ctx.strokeStyle = token("--setpoint");
      ctx.setLineDash([8, 6]);
      ctx.lineWidth = 2;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y(signal.setpoint));
      ctx.lineTo(bbox.left + bbox.width, y(signal.setpoint));
      ctx.stroke();
    }
    ctx.restore();
  };
}

// The scale holds the data, the normal range and the set-point.
function reach(signal) {
  return (_, lo, hi) => {
    const points = [lo, hi, signal.normal_lo, signal.normal_hi, signal.setpoint].filter(known);
    if (points.length === 0) return [0, 1];
    const low = Math.min(...points);
    const high = Math.max(...points);
    const margin = (high - low || Math.abs(high) || 1) * 0.05;
    return [low - margin, high + margin];
  };
}

function options(signal, width, height) {
  const axis = { stroke: token("--text"), font: "12px sans-serif", grid: { stroke: "#c8c8c8", width: 1 } };
  const name = `${signal.name} (${unitOf(signal.unit) || "ratio"})`;
  return {
    width,
    height,
    scales: { x: { time: false }, y: { range: reach(signal) } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((t) => clock(t)) },
      { ...axis, size: 70, label: name, labelFont: "12px sans-serif", values: (_, ticks) => ticks.map((v) => digits(v)) },
    ],
    series: [
      { label: "line time", value: (_, v) => clock(v, true) },
      { label: "greatest", stroke: "#9a9a9a", width: 0.5, points: { show: false }, value: (_, v) => quantity(v, signal.unit) },
      { label: "least", stroke: "#9a9a9a", width: 0.5, points: { show: false }, value: (_, v) => quantity(v, signal.unit) },
      { label: "mean", stroke: token("--pen"), width: 1.5, points: { show: false }, value: (_, v) => quantity(v, signal.unit) },
    ],
    bands: [{ series: [1, 2], fill: "#c4c4c4" }],
    hooks: { drawClear: [behind(signal)] },
    cursor: { drag: { x: false, y: false } },
  };
}

// `show(signal, data)` draws; `width()` is how many columns to ask for.
export function trend() {
  const canvas = h("div", { class: "trend", role: "img", "aria-label": "Trend" });
  const summary = h("p", { class: "muted" });
  const node = h("div", {}, canvas, summary);
  let plot = null;
  let drawn = "";
  const width = () => Math.max(200, Math.floor(canvas.clientWidth) - 2);
  const show = (signal, data) => {
    const columns = [data.t_s, data.hi, data.lo, data.mean];
    const shape = [signal.topic, signal.normal_lo, signal.normal_hi, signal.setpoint, width()].join();
    if (plot === null || drawn !== shape) {
      plot?.destroy();
      plot = new window.uPlot(options(signal, width(), 262), columns, canvas);
      drawn = shape;
    } else {
      plot.setData(columns);
    }
    const text = told(signal, data);
    setText(summary, text);
    canvas.setAttribute("aria-label", `Trend of ${signal.name}. ${text}`);
  };
  return { node, show, width, end: () => plot?.destroy() };
}

function told(signal, data) {
  const means = (data.mean ?? []).filter(known);
  if (means.length === 0) return "No value in this window.";
  const least = Math.min(...data.lo.filter(known));
  const greatest = Math.max(...data.hi.filter(known));
  const from = clock(data.t_s[0]);
  const to = clock(data.t_s[data.t_s.length - 1]);
  return `${from} to ${to}: least ${quantity(least, signal.unit)}, greatest ${quantity(greatest, signal.unit)}, last ${quantity(means[means.length - 1], signal.unit)}.`;
}
