// Numbers with their units, times of the line.

const UNITS = { degC: "°C", um: "µm", us: "µs", "1": "", "%": "%", EUR: "€", uF: "µF", mOhm: "mΩ", ohm: "Ω" };

// "g/m2" -> "g/m²"; "um" -> "µm".
export function unitOf(unit) {
  if (unit === null || unit === undefined) return "";
  if (unit in UNITS) return UNITS[unit];
  return String(unit)
    .replace(/\bdegC\b/g, "°C")
    .replace(/\bu(?=[mslg]\b)/g, "µ")
    .replace(/(?<=[a-zA-Z])2\b/g, "²")
    .replace(/(?<=[a-zA-Z])3\b/g, "³");
}

// Four digits that count; "–" for what is not known.
export function digits(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) return value.toExponential(2);
  const decimals = size >= 1000 || size === 0 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(size)));
  return value.toFixed(Math.min(decimals, 6));
}

export function quantity(value, unit) {
  const named = unitOf(unit);
  return named && value !== null && value !== undefined ? `${digits(value)}\u202f${named}` : digits(value);
}

export function range(lo, hi, unit) {
  if (lo === null || lo === undefined || hi === null || hi === undefined) return "not stated";
  const short = (value) => String(Number(digits(value))); // a limit is stated, not measured: 0.99, not 0.9900
  const named = unitOf(unit);
  return `${short(lo)} to ${short(hi)}${named ? `\u202f${named}` : ""}`;
}

// Seconds of the line as h:mm:ss, with tenths when asked.
export function clock(atS, tenths = false) {
  if (atS === null || atS === undefined || !Number.isFinite(atS)) return "–";
  const sign = atS < 0 ? "-" : "";
  const size = tenths ? Math.floor(Math.abs(atS) * 10) / 10 : Math.floor(Math.abs(atS));
  const two = (n) => String(n).padStart(2, "0");
  const seconds = tenths ? (size % 60).toFixed(1).padStart(4, "0") : two(size % 60);
  return `${sign}${Math.floor(size / 3600)}:${two(Math.floor(size / 60) % 60)}:${seconds}`;
}

// "1 h 5 min", "40 s".
export function span(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return `${digits(seconds < 10 ? seconds : whole)}\u202fs`;
  if (whole < 3600) return `${Math.floor(whole / 60)}\u202fmin` + (whole % 60 ? ` ${whole % 60}\u202fs` : "");
  const minutes = Math.floor(whole / 60) % 60;
  return `${Math.floor(whole / 3600)}\u202fh` + (minutes ? ` ${minutes}\u202fmin` : "");
}

// "line_load" -> "line load".
export function words(name) {
  return String(name ?? "").replace(/[_.]/g, " ");
}
