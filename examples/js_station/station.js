// The soft side of a station in plain JavaScript.
//   node station.js NAME RUN_DIR             on the line's own machine
//   node station.js NAME FILE.json           over the network: {"commands", "bus_key", "public", "secret"}
// It answers every event with a decision for the ledger and tells the other stations. In simulated time it answers each
// step; in live it shows that it is alive, and fetches from the ledger, by row, the events that did not reach it.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const zmq = require("zeromq");
const { frame, parse } = require("./wire.js");

const PROGRESS_MS = 100;
const JOIN_MS = 500;
const BEYOND = 2n ** 63n - 1n; // no ledger has such a row: the answer states the newest

class Station {
  constructor(name, socket, facts) {
    Object.assign(this, { name, socket, facts, seq: 0n, told: 0n, rounds: 0n, row: null, joined: false, out: [] });
    this.tick = 0n;
  }

  stamp(seq) {
    const window = BigInt(this.facts.window_ticks);
    const { key: sender, epoch } = this.facts;
    return { sender, epoch, seq, based_on_tick: this.tick, not_after_tick: this.tick + window };
  }

  // A command's number rises with each; a message's is the number within its topic.
  command(action) {
    this.seq += 1n;
    this.out.push(frame("command", { token: 0, action }, this.stamp(this.seq)));
  }

  publish(topic, body) {
    this.told += 1n;
    this.out.push(frame("publish", { topic, body }, this.stamp(this.told)));
  }

  hello() {
    return this.socket.send(frame("hello", { station: this.name, api: 1, pid: 0, topics: [this.name] }, this.stamp(0n)));
  }

  fetch(since) {
    this.out.push(frame("fetch", { since, topics: [this.name] }, this.stamp(0n)));
  }

  onEvent(event) {
    if (this.row !== null && event.id <= this.row) return; // had it already, live or fetched
    this.row = event.id;
    const speed = event.evidence.speed_m_per_s;
    const decision = `web speed now ${speed.toFixed(3)} m/s: told by JavaScript`;
    this.command({ do: "decide", decision, because: [event.id], detail: {} });
    this.publish(`${this.name}.shift`, { speed_m_per_s: speed });
    console.log(JSON.stringify({ event: event.name, tick: Number(event.tick) }));
  }

  take({ kind, sender, based_on_tick, body }) {
    if (based_on_tick > this.tick) this.tick = based_on_tick;
    if (kind === "event") this.onEvent(body);
    if (kind === "page") {
      body.events.forEach((event) => this.onEvent(event));
      if (this.row === null || body.next > this.row) this.row = BigInt(body.next);
      if (body.next < body.newest) this.fetch(this.row);
    }
    if (kind === "step") {
      this.tick = BigInt(body.tick);
      this.seq += 1n;
      this.out.push(frame("step_done", { tick: body.tick }, this.stamp(this.seq)));
    }
    if (kind === "ack" && sender === 1n) this.answered(body);
  }

  answered({ status, reason, seq }) {
    if (status === "refused" && !this.joined) throw new Error(reason);
    if (status === "refused" && reason.includes("say hello")) this.joined = false;
    if (status === "applied" && Number(seq) === 0 && !this.joined) {
      this.joined = true;
      if (!this.facts.lockstep) this.fetch(this.row === null ? BEYOND : this.row);
    }
  }

  async flush() {
    const parts = this.out.splice(0);
    if (parts.length) await this.socket.send(parts);
  }

  async run() {
    const join = setInterval(() => this.joined || this.hello().catch(() => {}), JOIN_MS);
    const alive = setInterval(() => {
      this.rounds += 1n;
      if (this.joined) this.socket.send(frame("progress", { count: this.rounds }, this.stamp(0n))).catch(() => {});
    }, PROGRESS_MS);
    await this.hello();
    try {
      for await (const parts of this.socket) {
        parts.map(parse).forEach((message) => this.take(message));
        await this.flush();
      }
    } finally {
      clearInterval(join);
      clearInterval(alive);
    }
  }
}

const big = (text) => JSON.parse(text.replace(/:(\d{16,})/g, ':"$1"')); // keys are u64, beyond what a number holds

function local(name, runDir) {
  const line = big(fs.readFileSync(path.join(runDir, "line.json"), "utf8"));
  const socket = new zmq.Dealer({ linger: 0 });
  socket.connect(`ipc://${path.resolve(runDir)}/commands.sock`);
  return [socket, { ...line, key: BigInt(line.stations[name].key) }];
}

async function network(name, file) {
  const place = JSON.parse(fs.readFileSync(file, "utf8"));
  const keys = { curveServerKey: place.bus_key, curvePublicKey: place.public, curveSecretKey: place.secret };
  const socket = new zmq.Dealer({ linger: 0, ...keys });
  socket.connect(place.commands);
  await socket.send(frame("rights_request", {}));
  const { body } = parse((await socket.receive())[0]);
  if (body.stations?.[name] === undefined) throw new Error(`this key may not speak for ${name}`);
  return [socket, { ...body, key: BigInt(body.stations[name]) }];
}

async function main() {
  const [name, where] = process.argv.slice(2);
  const [socket, facts] = fs.statSync(where).isDirectory() ? local(name, where) : await network(name, where);
  // Epochs rise with every start, above epoch_base: in live as the seconds since 1970; a simulated run has one start.
  facts.epoch = BigInt(facts.epoch_base) + BigInt(facts.lockstep ? 1 : Math.floor(Date.now() / 1000));
  const station = new Station(name, socket, facts);
  process.on("SIGTERM", () => { socket.close(); process.exit(0); });
  await station.run();
}

main().catch((error) => { console.error(`station: ${error.message}`); process.exit(1); });
