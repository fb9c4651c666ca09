// Counts as columns, limits as dashed lines; what lies outside the limits is darker and counted in words.

import { h, svg } from "/static/js/dom.js";
import { digits, quantity } from "/static/js/format.js";

const W = 320;
const H = 150;
const FLOOR = 126;
const known = (x) => x !== null && x !== undefined && Number.isFinite(x);

function ends(data) {
  const points = [data.edges[0], data.edges[data.edges.length - 1], data.lo, data.hi].filter(known);
  return [Math.min(...points), Math.max(...points)];
}

function outside(data, at) {
  return (known(data.lo) && at < data.lo) || (known(data.hi) && at > data.hi);
}

// `data`: {name, unit, lo, hi, edges (n + 1), counts (n)}; `log` spreads the axis over decades.
export function histogram(data, { log = false } = {}) {
  const total = data.counts.reduce((a, b) => a + b, 0);
  const most = Math.max(1, ...data.counts);
  const [least, high] = ends(data);
  const low = log && least <= 0 ? data.edges[1] / 4 : least; // a logarithmic axis has no zero
  const scale = log ? (v) => Math.log10(Math.max(v, 1e-3)) : (v) => v;
  const x = (v) => 8 + ((scale(v) - scale(low)) / (scale(high) - scale(low) || 1)) * (W - 16);
  const tall = log ? (n) => (n ? (Math.log10(n) + 1) / (Math.log10(most) + 1) : 0) : (n) => n / most;
  let out = 0;
  const columns = data.counts.map((n, i) => {
    const off = outside(data, (data.edges[i] + data.edges[i + 1]) / 2);
    if (off) out += n;
    const left = x(Math.max(low, data.edges[i]));
    const height = tall(n) * (FLOOR - 12);
    return svg("rect", {
      class: off ? "out" : "column",
      x: left,
      width: Math.max(0.5, x(data.edges[i + 1]) - left - 0.5),
      y: FLOOR - height,
      height,
    });
  });
  const limits = [data.lo, data.hi].filter(known).map((v) => svg("line", { class: "limit", x1: x(v), x2: x(v), y1: 4, y2: FLOOR }));
  const text = [`${data.name}: ${digits(low)} to ${quantity(high, data.unit)}, ${total} counted`];
  if (known(data.lo)) text.push(`at least ${quantity(data.lo, data.unit)}`);
  if (known(data.hi)) text.push(`at most ${quantity(data.hi, data.unit)}`);
  if (limits.length) text.push(`${digits((100 * out) / (total || 1))}\u202f% outside`);
  const drawing = svg(
    "svg",
    { class: "histogram", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": text.join(", ") },
    columns,
    limits,
    svg("line", { class: "axis", x1: 8, x2: W - 8, y1: FLOOR, y2: FLOOR }),
    svg("text", { x: 8, y: H - 8 }, digits(low)),
    svg("text", { x: W - 8, y: H - 8, "text-anchor": "end" }, quantity(high, data.unit)),
  );
  return h("figure", { class: "plot" }, drawing, h("figcaption", { class: "muted" }, text.join(", ")));
}
