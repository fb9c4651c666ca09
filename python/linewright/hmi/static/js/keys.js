// Keys of one character, never while someone writes; they can be switched off (WCAG 2.1.4).

import { dialog, loginDialog, person } from "/static/js/act.js";
import { h } from "/static/js/dom.js";

const OFF = "linewright.keys.off";
const PATIENCE_MS = 3000;
let pages = [];

const OTHERS = [
  ["a", "first alarm that waits", () => firstAlarm()],
  ["j", "next row of the list", () => step(1)],
  ["k", "row before", () => step(-1)],
  ["/", "search field of the page", () => document.querySelector("main input, main textarea")?.focus()],
  ["l", "log in", () => person.name === null && loginDialog()],
  ["?", "this help", () => help()],
];

function firstAlarm() {
  if (!location.hash.startsWith("#/alarms")) location.hash = "#/alarms";
  const until = performance.now() + PATIENCE_MS; // the page and its list may take a moment
  const look = () => {
    const button = document.querySelector("main .handle button");
    if (button) button.focus();
    else if (performance.now() < until) setTimeout(look, 50);
  };
  setTimeout(look, 0);
}

// From row to row of the first list of the page: the first thing in it that takes the focus.
function step(by) {
  const rows = [...document.querySelectorAll("main tbody tr, main .flow .station")].filter((row) => row.querySelector("a, button, summary"));
  if (rows.length === 0) return;
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const next = now < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, now + by));
  rows[next].querySelector("a, button, summary").focus();
}

export function keys(list) {
  pages = list;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || localStorage.getItem(OFF)) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    const page = pages.find((p) => p.key === event.key);
    const other = OTHERS.find(([key]) => key === event.key);
    if (!page && !other) return;
    event.preventDefault();
    if (page) location.hash = `#/${page.route}`;
    else other[2]();
  });
}

export function help() {
  const off = h("input", { type: "checkbox", id: "keys-off" });
  off.checked = Boolean(localStorage.getItem(OFF));
  off.addEventListener("change", () => (off.checked ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF)));
  const rows = [...pages.map((p) => [p.key, p.title]), ...OTHERS];
  const close = h("button", { type: "button", onclick: () => box.close() }, "Close");
  const box = dialog(
    "Keys",
    h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Key"), h("th", { scope: "col" }, "Goes to"))),
      h("tbody", {}, rows.map(([key, text]) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key)), h("td", {}, text))))),
    h("p", {}, "Tab and Shift+Tab reach everything, Enter presses, Escape closes a dialog."),
    h("label", { for: "keys-off" }, off, " No keys of one character"),
    h("p", { class: "muted" }, "■ high, ▲ medium, ▼ low priority. Colour stands for the abnormal only, and never alone."),
    h("div", { class: "buttons" }, close),
  );
  close.focus();
}
