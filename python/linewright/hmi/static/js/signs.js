// Shapes and words beside every colour: no meaning hangs on colour alone.

import { h } from "/static/js/dom.js";

export const PRIORITY = {
  high: { shape: "■", text: "HIGH", rank: 0 },
  medium: { shape: "▲", text: "MEDIUM", rank: 1 },
  low: { shape: "▼", text: "LOW", rank: 2 },
};

// States of ISA-18.2: text, and whether it calls for someone.
export const STATE = {
  unacknowledged: { text: "UNACKNOWLEDGED", active: true, waits: true },
  acknowledged: { text: "acknowledged", active: true },
  returned_unacknowledged: { text: "gone, unacknowledged", active: true, waits: true },
  latched: { text: "gone, to be reset", active: true },
  shelved: { text: "shelved" },
  suppressed_by_design: { text: "suppressed by design" },
  out_of_service: { text: "out of service" },
  normal: { text: "normal" },
};

export function stateOf(alarm) {
  return STATE[alarm.state] ?? { text: String(alarm.state), active: true };
}

export function priorityOf(alarm) {
  return PRIORITY[alarm.priority] ?? PRIORITY.low;
}

export function active(alarms) {
  return (alarms ?? []).filter((alarm) => stateOf(alarm).active);
}

// Unacknowledged first, then by priority, then the newest.
export function sorted(alarms) {
  const rank = (alarm) => (stateOf(alarm).waits ? 0 : stateOf(alarm).active ? 10 : 20) + priorityOf(alarm).rank;
  return [...alarms].sort((a, b) => rank(a) - rank(b) || (b.raised_s ?? 0) - (a.raised_s ?? 0));
}

export function pill(alarm) {
  const sign = priorityOf(alarm);
  const coloured = stateOf(alarm).active ? (alarm.priority in PRIORITY ? alarm.priority : "low") : null;
  return h("span", { class: "pill", "data-alarm": coloured }, `${sign.shape} ${sign.text}`);
}
