// What the server pushes. Rows carry their number in the ledger as the event's id: after a lost
// connection the stream goes on behind the last one, so none is lost and none comes twice.

import { get } from "/static/js/api.js";

const STALE_AFTER_MS = 5000;
const RETRY_MS = 1000;

class Stream extends EventTarget {
  seq = null; // the last row seen
  doubled = 0; // rows that came again and were dropped
  state = "connecting"; // live, stale, disconnected
  since = Date.now(); // of the state
  overview = null;
  alarms = []; // all of them, whatever their state
  alarmsKnown = false;
  #topics = [];
  #source = null;
  #heard = 0;
  #askedAlarms = 0;
  #alarmsTold = 0; // changes that came by the stream
  #timer = null;

  async start() {
    try {
      this.#take("overview", await get("/api/overview"));
      if (this.seq === null) this.seq = this.overview.seq ?? 0;
      await this.askAlarms();
      this.#open();
    } catch {
      this.#become("disconnected");
      setTimeout(() => this.start(), RETRY_MS);
    }
    this.#timer ??= setInterval(() => this.#watch(), 500);
  }

  // Which samples are wanted from now on.
  watch(topics) {
    const wanted = [...topics].sort();
    if (wanted.join() === this.#topics.join()) return;
    this.#topics = wanted;
    if (this.#source) this.#open();
  }

  async askAlarms() {
    this.#askedAlarms = performance.now();
    const told = this.#alarmsTold;
    try {
      const { alarms } = await get("/api/alarms");
      if (told !== this.#alarmsTold) return this.askAlarms(); // a change came meanwhile: the answer may be older
      this.alarms = alarms;
      this.alarmsKnown = true;
    } catch {
      this.alarmsKnown = false; // said on the page; asked again
    }
    this.dispatchEvent(new Event("alarms"));
  }

  #open() {
    this.#source?.close();
    const query = new URLSearchParams({ since: this.seq });
    if (this.#topics.length) query.set("topics", this.#topics.join(","));
    const source = new EventSource(`/api/stream?${query}`);
    this.#source = source;
    for (const kind of ["row", "alarm", "overview", "sample", "gone"]) {
      source.addEventListener(kind, (event) => {
        if (kind === "row" && !this.#new(event)) return;
        this.#take(kind, JSON.parse(event.data));
      });
    }
    source.addEventListener("open", () => this.#hear());
    source.addEventListener("error", () => {
      this.#become("disconnected");
      // The browser tries again by itself unless the server answered with an error.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => source === this.#source && this.#open(), RETRY_MS);
    });
  }

  #new(event) {
    const seq = Number(event.lastEventId);
    if (seq <= this.seq) {
      this.doubled += 1;
      return false;
    }
    this.seq = seq;
    return true;
  }

  #take(kind, data) {
    this.#hear();
    if (kind === "overview") {
      const before = this.overview;
      this.overview = data;
      if (before && before.run !== data.run) this.#anew();
    }
    if (kind === "alarm") {
      this.#alarmsTold += 1;
      const others = this.alarms.filter((alarm) => alarm.id !== data.id);
      this.alarms = data.state === "normal" ? others : [data, ...others];
      this.dispatchEvent(new Event("alarms"));
    }
    if (kind === "gone") {
      if (data.to === undefined || data.to >= this.seq) this.seq = 0; // another ledger: its rows begin at 1
      this.#anew();
    } else this.dispatchEvent(new CustomEvent(kind, { detail: data }));
  }

  // Another run, or rows that are not kept any more: everything on the page is asked for anew.
  #anew() {
    this.askAlarms();
    this.dispatchEvent(new Event("gone"));
  }

  #hear() {
    this.#heard = performance.now();
    this.#become("live");
  }

  #watch() {
    if (this.state === "live" && !this.alarmsKnown && performance.now() - this.#askedAlarms > STALE_AFTER_MS) this.askAlarms();
    if (this.state === "live" && performance.now() - this.#heard > STALE_AFTER_MS) this.#become("stale");
    this.dispatchEvent(new Event("tick"));
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.since = Date.now();
    this.dispatchEvent(new Event("link"));
  }
}

export const stream = new Stream();
