// A device by modbus-serial: 200 holding and 200 input registers. Does what it is told, one JSON line each:
// {"holding": {"4": 7}} {"input": {...}} {"refuse": [4]} {"clamp": {"4": 9}} {"stop": true} {"start": true}
// {"dump": true}; answers every line with the registers and the writes since the last answer.
"use strict";
const { ServerTCP } = require("modbus-serial");
const readline = require("node:readline");

const port = Number(process.argv[2]);
const holding = new Array(200).fill(0);
const input = new Array(200).fill(0);
let refused = new Set();
let clamp = {};
let writes = [];
let server = null;

const refuse = (address, table) => {
    if (refused.has(address) || address >= table.length) {
        throw Object.assign(new Error("illegal data address"), { modbusErrorCode: 2 });
    }
};
const vector = {
    getHoldingRegister: address => { refuse(address, holding); return holding[address]; },
    getInputRegister: address => { refuse(address, input); return input[address]; },
    setRegister: (address, value) => {
        refuse(address, holding);
        holding[address] = Math.min(value, clamp[address] ?? 65535);
        writes.push([Date.now(), address, value]);
    },
};

function start(then) {
    server = new ServerTCP(vector, { host: "127.0.0.1", port, debug: false, unitID: 1 });
    server.on("initialized", then);
    server.on("socketError", () => {});
}

function tell() {
    console.log(JSON.stringify({ holding, input, writes, now: Date.now() }));
    writes = [];
}

start(tell);
readline.createInterface({ input: process.stdin }).on("line", line => {
    const told = JSON.parse(line);
    for (const [address, value] of Object.entries(told.holding ?? {})) holding[address] = value;
    for (const [address, value] of Object.entries(told.input ?? {})) input[address] = value;
    if (told.refuse) refused = new Set(told.refuse);
    if (told.clamp) clamp = told.clamp;
    if (told.stop) server.close(tell);
    else if (told.start) start(tell);
    else tell();
}).on("close", () => process.exit(0));
