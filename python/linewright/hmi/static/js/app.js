// The frame around the pages: routes, state of line and connection, alarms aloud, keys.

import { loginDialog, person } from "/static/js/act.js";
import { h, keyed, mark, say, setText } from "/static/js/dom.js";
import { clock, span, words } from "/static/js/format.js";
import { help, keys } from "/static/js/keys.js";
import { active, priorityOf, sorted, stateOf } from "/static/js/signs.js";
import { stream } from "/static/js/stream.js";
import { alarmsPage } from "/static/js/pages/alarms.js";
import { correctionsPage } from "/static/js/pages/corrections.js";
import { genealogyPage } from "/static/js/pages/genealogy.js";
import { latencyPage } from "/static/js/pages/latency.js";
import { overviewPage } from "/static/js/pages/overview.js";
import { recipesPage } from "/static/js/pages/recipes.js";
import { stationPage } from "/static/js/pages/station.js";

export const PAGES = [
  { route: "overview", title: "Overview", key: "1", make: overviewPage },
  { route: "alarms", title: "Alarms", key: "2", make: alarmsPage },
  { route: "corrections", title: "Corrections", key: "3", make: correctionsPage },
  { route: "recipes", title: "Recipe gate", key: "4", make: recipesPage },
  { route: "genealogy", title: "Genealogy", key: "5", make: genealogyPage },
  { route: "latency", title: "Latency", key: "6", make: latencyPage },
];

const $ = (id) => document.getElementById(id);
let shown = null;

// "#/station/coater" -> ["station", "coater"]
function where() {
  const [page, ...rest] = decodeURIComponent(location.hash.replace(/^#\/?/, "") || "overview").split("/");
  return [page, rest.join("/")];
}

function route(arrived) {
  const [name, what] = where();
  const page = name === "station" ? { title: `Station ${what}`, make: stationPage } : (PAGES.find((p) => p.route === name) ?? PAGES[0]);
  shown?.end?.();
  const main = $("main");
  main.replaceChildren();
  document.title = `${page.title} – ${stream.overview?.line ?? "Linewright"}`;
  shown = page.make(main, what);
  for (const link of $("pages").querySelectorAll("a")) {
    mark(link, "aria-current", link.getAttribute("href") === `#/${what ? `${name}/${what}` : name}` ? "page" : null);
  }
  if (arrived) main.focus({ preventScroll: true }); // on the first page the tab order begins at its top
  window.scrollTo(0, 0);
}

function links() {
  const stations = (stream.overview?.stations ?? []).map((s) => ({ href: `#/station/${s.name}`, text: words(s.name) }));
  const pages = PAGES.map((p) => ({ href: `#/${p.route}`, text: p.title, key: p.key }));
  const items = stations.length ? [...pages, { href: "", text: "" }, ...stations] : pages;
  keyed($("pages"), items, (i) => i.href, (i) => {
    if (!i.href) return h("span", { class: "gap" });
    return h("a", { href: i.href, "aria-keyshortcuts": i.key }, i.key && [h("kbd", { "aria-hidden": "true" }, i.key), " "], i.text);
  });
  const [name, what] = where();
  for (const link of $("pages").querySelectorAll("a")) {
    mark(link, "aria-current", link.getAttribute("href") === `#/${what ? `${name}/${what}` : name}` ? "page" : null);
  }
}

function frame() {
  const now = stream.overview;
  if (!now) return;
  setText($("line-name"), `${now.line}${now.simulated ? " (simulated)" : ""}`);
  setText($("line-time"), clock(now.line_time_s));
  setText($("line-mode"), String(now.mode ?? "–").toUpperCase());
  setText($("line-armed"), now.tripped ? `TRIPPED: ${now.tripped}` : now.live === false ? "ENDED" : now.armed ? "ARMED" : "NOT ARMED");
  links();
}

function link() {
  const text = {
    connecting: "○ CONNECTING",
    live: "● LIVE",
    stale: `▲ STALE for ${span((Date.now() - stream.since) / 1000)}`,
    disconnected: `✕ DISCONNECTED for ${span((Date.now() - stream.since) / 1000)}`,
  }[stream.state];
  setText($("link"), text);
  mark($("link"), "data-state", stream.state);
  document.body.classList.toggle("old", stream.state === "stale" || stream.state === "disconnected");
}

// The whole alarm list, kept by what the stream says and asked for anew when rows are gone.
const told = new Set();

function alarms() {
  const list = sorted(active(stream.alarms));
  const box = $("alarm-count");
  const waiting = list.filter((a) => stateOf(a).waits).length;
  setText(box, !stream.alarmsKnown ? "? alarms not known" : list.length === 0 ? "no alarm" : `${priorityOf(list[0]).shape} ${list.length} alarm${list.length > 1 ? "s" : ""}, ${waiting} unacknowledged`);
  mark(box, "data-alarm", list.length ? list[0].priority : null);
  const fresh = list.filter((a) => a.state === "unacknowledged" && !told.has(a.id));
  for (const alarm of fresh) told.add(alarm.id);
  if (fresh.length) {
    setText($("say-alarm"), fresh.slice(0, 3).map((a) => `${priorityOf(a).text} alarm, ${words(a.station)}: ${a.says ?? words(a.name)}`).join(". "));
  }
}

function who() {
  setText($("person"), person.name === null ? "view only" : `${person.name} (${person.role})`);
  setText($("login"), person.name === null ? "Log in" : "Log out");
}

$("login").addEventListener("click", () => (person.name === null ? loginDialog() : person.logout().then(() => say("Logged out"))));
$("help").addEventListener("click", help);
$("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the hash is the route
  $("main").focus();
});
person.addEventListener("change", who);
stream.addEventListener("overview", frame);
stream.addEventListener("alarms", alarms);
stream.addEventListener("link", link);
stream.addEventListener("tick", () => stream.state !== "live" && link());
stream.addEventListener("gone", () => {
  told.clear();
  route(false);
});
window.addEventListener("hashchange", () => route(true));
keys(PAGES);
links();
route(false);
person.ask();
stream.start();
