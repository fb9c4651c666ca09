// The wire of docs/wire.md: an 80-byte header, a msgpack map, CRC-32C over both.
"use strict";
const { encode, decode } = require("@msgpack/msgpack");

const KINDS = {
  hello: 1, command: 2, publish: 3, progress: 4, step_done: 5, status_request: 6, fetch: 7, snapshot_request: 8,
  rights_request: 9, sample: 16, event: 17, map_point: 18, ack: 19, state: 20, step: 21, status: 22, page: 23,
  snapshot: 24, rights: 25,
};
const NAMES = Object.fromEntries(Object.entries(KINDS).map(([name, code]) => [code, name]));
const HEADER_BYTES = 80;
const CRC_AT = 68;

const TABLE = new Uint32Array(256).map((_, byte) => {
  for (let bit = 0; bit < 8; bit += 1) byte = byte & 1 ? (byte >>> 1) ^ 0x82f63b78 : byte >>> 1;
  return byte >>> 0;
});

function crc32c(...pieces) {
  let crc = 0xffffffff;
  for (const piece of pieces) for (const byte of piece) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

// Whole numbers of the header and of ids are u64: BigInt here.
function frame(kind, body, { sender = 0n, epoch = 0n, seq = 0n, based_on_tick = 0n, not_after_tick = 0n } = {}) {
  const payload = encode(body, { useBigInt64: true });
  const head = Buffer.alloc(HEADER_BYTES);
  head.write("LWR1", 0, "latin1");
  head.writeUInt16LE(KINDS[kind], 4);
  head.writeUInt16LE(1, 6);
  head.writeUInt32LE(payload.length, 8);
  [sender, epoch, seq, 0n, based_on_tick, not_after_tick].forEach((x, i) => head.writeBigUInt64LE(x, 16 + 8 * i));
  head.writeUInt32LE(crc32c(head.subarray(0, CRC_AT), payload), CRC_AT);
  return Buffer.concat([head, payload]);
}

function parse(data) {
  if (data.length < HEADER_BYTES || data.toString("latin1", 0, 4) !== "LWR1") throw new Error("not a frame of the wire");
  const payload = data.subarray(HEADER_BYTES);
  if (data.readUInt32LE(8) !== payload.length) throw new Error("its length is not what it says");
  if (crc32c(data.subarray(0, CRC_AT), payload) !== data.readUInt32LE(CRC_AT)) throw new Error("its checksum is wrong");
  const [sender, epoch, seq, mono_ns, based_on_tick, not_after_tick] =
    [0, 1, 2, 3, 4, 5].map((i) => data.readBigUInt64LE(16 + 8 * i));
  const body = decode(payload, { useBigInt64: true });
  return { kind: NAMES[data.readUInt16LE(4)], sender, epoch, seq, mono_ns, based_on_tick, not_after_tick, body };
}

module.exports = { frame, parse, crc32c };
