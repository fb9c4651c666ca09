// The alarm list: each with state, cause, consequence, what to do and how soon; acknowledge and shelve.

import { act } from "/static/js/act.js";
import { h, keyed, mark, setText } from "/static/js/dom.js";
import { clock, span, words } from "/static/js/format.js";
import { active, pill, sorted, stateOf } from "/static/js/signs.js";
import { stream } from "/static/js/stream.js";

const VIEWS = [
  ["active", "Active", (all) => active(all)],
  ["shelved", "Shelved", (all) => all.filter((a) => a.state === "shelved")],
  ["out", "Suppressed, out of service", (all) => all.filter((a) => a.state === "suppressed_by_design" || a.state === "out_of_service")],
  ["all", "All", (all) => all],
];
const SHELVE_FOR = [[900, "15 min"], [1800, "30 min"], [3600, "1 h"], [14400, "4 h"], [28800, "8 h"]];
const refresh = () => stream.askAlarms();

// The second step of every handling is the same; `fields` are those of the first.
function handle(action, title, fields = []) {
  return (alarm) =>
    act({ title: `${title}: ${alarm.says || words(alarm.name)}`, action, fixed: { alarm: alarm.id }, fields, expected: { state: alarm.state }, done: refresh });
}

const reason = { name: "reason", label: "Reason" };
const acknowledge = handle("acknowledge", "Acknowledge");
const shelve = handle("shelve", "Shelve", [reason, { name: "for_s", label: "For how long", options: SHELVE_FOR, number: true }]);
const unshelve = handle("unshelve", "Unshelve");
const remove = handle("out_of_service", "Out of service", [reason]);
const restore = handle("in_service", "Into service");
const reset = handle("reset_alarm", "Reset");

function handles(alarm) {
  const about = alarm.says ?? words(alarm.name);
  const button = (text, does) => h("button", { type: "button", "aria-label": `${text.replace("…", "")}: ${about}`, onclick: () => does(alarm) }, text);
  if (alarm.state === "shelved") return [button("Unshelve…", unshelve)];
  if (alarm.state === "out_of_service") return [button("Into service…", restore)];
  return [stateOf(alarm).waits && button("Acknowledge…", acknowledge), alarm.state === "latched" && button("Reset…", reset), stateOf(alarm).active && button("Shelve…", shelve), stateOf(alarm).active && button("Out of service…", remove)].filter(Boolean);
}

function fact(name, value) {
  return value === null || value === undefined || value === "" ? null : [h("dt", {}, name), h("dd", {}, value)];
}

function grouped(members) {
  if (!(members?.length > 1)) return null;
  return h("details", {}, h("summary", {}, `${members.length} signs of the same cause`),
    h("ul", { class: "plain" }, members.map((m) => h("li", {}, `${clock(m.onset_s)} ${words(m.name)}${m.of ? ` of ${words(m.of)}` : ""}${m.count > 1 ? `, ${m.count} times` : ""}`))));
}

function row(alarm) {
  const state = [h("div", {}, stateOf(alarm).text)];
  if (alarm.acked_by) state.push(h("div", { class: "muted" }, `by ${alarm.acked_by}`));
  if (alarm.state === "shelved") state.push(h("div", {}, `by ${alarm.shelved_by} until ${clock(alarm.shelved_until_s)}: ${alarm.shelve_reason}`));
  return h(
    "tr",
    { "data-state": alarm.state, "data-quiet": !stateOf(alarm).active },
    h("td", {}, pill(alarm)),
    h("td", {}, state),
    h("th", { scope: "row" }, h("div", {}, alarm.says ?? words(alarm.name)), h("div", { class: "muted" }, h("a", { href: `#/station/${alarm.station}` }, words(alarm.station)), `, ${words(alarm.name)}`), grouped(alarm.members)),
    h("td", {}, h("dl", { class: "facts" }, fact("Cause", alarm.cause), fact("If nothing is done", alarm.consequence), fact("Do", alarm.action), fact("Within", alarm.respond_within_s && span(alarm.respond_within_s)))),
    h("td", { class: "n" }, clock(alarm.raised_s), alarm.onset_s !== null && alarm.onset_s !== undefined && h("div", { class: "muted" }, `began ${clock(alarm.onset_s)}`)),
    h("td", { class: "handle" }, handles(alarm)),
  );
}

export function alarmsPage(main) {
  let view = VIEWS[0];
  const body = h("tbody", {});
  const none = h("p", { class: "muted" });
  const tabs = h("div", { class: "tabs", role: "group", "aria-label": "Which alarms" });
  const head = ["Priority", "State", "What", "Cause, consequence, action", "Raised", "Handle"];
  main.append(
    h("h1", {}, "Alarms"),
    tabs,
    h("section", { class: "panel" },
      h("table", { class: "alarms" }, h("caption", { class: "unseen" }, "Alarms"), h("thead", {}, h("tr", {}, head.map((n) => h("th", { scope: "col" }, n)))), body),
      none),
  );
  const show = () => {
    for (const button of tabs.children) {
      const [name, text, of] = VIEWS.find((v) => v[0] === button.dataset.view);
      setText(button, `${text} (${of(stream.alarms).length})`);
      mark(button, "aria-pressed", String(view[0] === name));
    }
    const list = sorted(view[2](stream.alarms));
    keyed(body, list, (a) => a.id, row);
    setText(none, !stream.alarmsKnown ? "The alarm list does not answer." : list.length ? "" : `No alarm here. ${stream.overview?.live === false ? "The line has ended." : ""}`);
  };
  for (const each of VIEWS) {
    const button = h("button", { type: "button", "data-view": each[0] });
    button.addEventListener("click", () => {
      view = each;
      show();
    });
    tabs.append(button);
  }
  stream.addEventListener("alarms", show);
  show();
  refresh();
  return { end: () => stream.removeEventListener("alarms", show) };
}
