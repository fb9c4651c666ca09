// An analogue bar: the scale, the normal range as a light field, set-point as a caret, the value as a pointer.

import { h, mark, setText, svg } from "/static/js/dom.js";
import { quantity, range } from "/static/js/format.js";

const WIDTH = 200;
const known = (x) => x !== null && x !== undefined && Number.isFinite(x);

// What is to say of a reading, in words.
export function judge(reading) {
  const { value, normal_lo: lo, normal_hi: hi, quality } = reading;
  if (!known(value)) return { word: "no value", abnormal: false };
  if (quality && quality !== "good") return { word: `${quality} quality`, abnormal: true, shape: "?" };
  if (known(hi) && value > hi) return { word: "high", abnormal: true, shape: "▲" };
  if (known(lo) && value < lo) return { word: "low", abnormal: true, shape: "▼" };
  return { word: known(lo) || known(hi) ? "normal" : "", abnormal: false };
}

// The ends of the scale: limits when they are stated, else half the normal range beyond it on either side.
function scale(reading) {
  const { lo, hi, normal_lo: nlo, normal_hi: nhi, setpoint, value } = reading;
  if (known(lo) && known(hi) && hi > lo) return [lo, hi];
  const points = [nlo, nhi, setpoint].filter(known);
  if (known(nlo) && known(nhi) && nhi > nlo) {
    const half = (nhi - nlo) / 2;
    return [nlo - half, nhi + half];
  }
  if (points.length === 0 || !known(value)) return null;
  const reach = Math.max(Math.abs(points[0]) * 0.1, Math.abs(value - points[0]) * 1.5) || 1;
  return [points[0] - reach, points[0] + reach];
}

export function describe(name, reading) {
  const parts = [`${name} ${quantity(reading.value, reading.unit)}`];
  const { word } = judge(reading);
  if (word) parts.push(word);
  if (known(reading.normal_lo)) parts.push(`normal ${range(reading.normal_lo, reading.normal_hi, reading.unit)}`);
  if (known(reading.setpoint)) parts.push(`set-point ${quantity(reading.setpoint, reading.unit)}`);
  return parts.join(", ");
}

// An element and `show(reading)`, which moves it to a new reading.
export function bar(name) {
  const field = svg("rect", { class: "range", x: 0, y: 9, height: 8, width: WIDTH });
  const normal = svg("rect", { class: "normal", y: 6, height: 14 });
  const caret = svg("path", { class: "setpoint" });
  const value = svg("path", { class: "value" });
  const drawing = svg("svg", { class: "bar", viewBox: `-6 0 ${WIDTH + 12} 26`, preserveAspectRatio: "none", role: "img" }, field, normal, caret, value);
  const number = h("span", { class: "digits" });
  const sign = h("span", { class: "pill", hidden: true });
  const node = h("div", { class: "live" }, h("div", { class: "reading" }, number, sign), drawing);
  const show = (reading) => {
    const judged = judge(reading);
    setText(number, known(reading.value) ? quantity(reading.value, reading.unit) : "no value");
    sign.hidden = !judged.abnormal;
    setText(sign, judged.abnormal ? `${judged.shape} ${judged.word}` : "");
    mark(sign, "data-alarm", judged.abnormal ? "low" : null);
    mark(drawing, "data-alarm", judged.abnormal ? "low" : null);
    mark(drawing, "aria-label", describe(name, reading));
    const ends = scale(reading);
    mark(drawing, "hidden", ends === null);
    if (ends === null) return;
    const x = (v) => Math.min(1, Math.max(0, (v - ends[0]) / (ends[1] - ends[0]))) * WIDTH;
    mark(normal, "visibility", known(reading.normal_lo) && known(reading.normal_hi) ? null : "hidden");
    if (known(reading.normal_lo) && known(reading.normal_hi)) {
      mark(normal, "x", x(reading.normal_lo));
      mark(normal, "width", Math.max(1, x(reading.normal_hi) - x(reading.normal_lo)));
    }
    mark(caret, "d", known(reading.setpoint) ? `M${x(reading.setpoint)} 5V21` : null);
    const at = known(reading.value) ? x(reading.value) : null;
    mark(value, "d", at === null ? null : `M${at} 13l-5 -11h10z`);
  };
  return { node, show };
}

