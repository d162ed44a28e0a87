// Dates as days since 1970 and microseconds of the day: their sum in microseconds is beyond the whole numbers
// that JavaScript has exactly.

const MICROSECONDS_OF_DAY = 86_400_000_000;
const MILLISECONDS_OF_DAY = 86_400_000;
const MICROSECONDS_OF_HOUR = MICROSECONDS_OF_DAY / 24;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;
const FIRST_SECOND = -62_135_596_800;
const END_SECOND = 253_402_300_800;
// The position of a date in each cycle, and the number of positions.
const CYCLES = { year: 12 * 31, week: 7, day: 24 };

// Returns a date {day, micros} of ISO 8601, in UTC if it has a zone; null if the text is not a date.
export function parseDate(text) {
  const found = ISO.exec(text);
  if (!found) return null;
  const [year, month, date, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0));
  const start = new Date(0);
  start.setUTCFullYear(year, month - 1, date);
  const isKnown = year > 0 && start.getUTCMonth() === month - 1 && start.getUTCDate() === date;
  if (!isKnown || hour > 23 || minute > 59 || second > 59) return null;
  const fraction = Number((found[7] ?? "").padEnd(6, "0").slice(0, 6));
  const seconds = (hour * 60 + minute - parseZone(found[8])) * 60 + second;
  return carryDays(start.getTime() / MILLISECONDS_OF_DAY, seconds * 1_000_000 + fraction);
}

// Returns the date of a number of seconds since 1970, to the nearest microsecond; null if it is not in the years
// from 1 to 9999.
export function convertSeconds(seconds) {
  if (!(FIRST_SECOND <= seconds && seconds < END_SECOND)) return null;
  const whole = Math.trunc(seconds);
  const micros = roundHalfEven((seconds - whole) * 1_000_000);
  const day = Math.floor(whole / 86_400);
  return carryDays(day, (whole - day * 86_400) * 1_000_000 + micros);
}

export function getYear(date) {
  return new Date(date.day * MILLISECONDS_OF_DAY).getUTCFullYear();
}

export function isSameDate(one, other) {
  return one.day === other.day && one.micros === other.micros;
}

// Returns days since 1970, with a fraction.
export function countDays(date) {
  return Number(toMicroseconds(date)) / MICROSECONDS_OF_DAY;
}

// Returns "days" since a first date, which is in microseconds since 1970; "month", "day", "weekday" or "hour".
export function computeDatePart(date, part, first) {
  if (part === "days") return Number(toMicroseconds(date) - BigInt(first)) / MICROSECONDS_OF_DAY;
  if (part === "hour") return Math.floor(date.micros / MICROSECONDS_OF_HOUR);
  // 1970-01-01 was a Thursday; Monday is 0.
  if (part === "weekday") return (((date.day + 3) % 7) + 7) % 7;
  const calendar = new Date(date.day * MILLISECONDS_OF_DAY);
  return part === "month" ? calendar.getUTCMonth() + 1 : calendar.getUTCDate();
}

// Returns the sine or cosine of each position in a cycle: "year", "week" or "day".
export function buildWave(cycle, wave) {
  const size = CYCLES[cycle];
  return Array.from({ length: size }, (_, i) => Math[wave]((2 * Math.PI * i) / size));
}

export function findPosition(date, cycle) {
  if (cycle === "week") return computeDatePart(date, "weekday", 0);
  if (cycle === "day") return computeDatePart(date, "hour", 0);
  return (computeDatePart(date, "month", 0) - 1) * 31 + computeDatePart(date, "day", 0) - 1;
}

function parseZone(zone) {
  if (!zone || zone.toUpperCase() === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return zone[0] === "-" ? -minutes : minutes;
}

function carryDays(day, micros) {
  const days = Math.floor(micros / MICROSECONDS_OF_DAY);
  return { day: day + days, micros: micros - days * MICROSECONDS_OF_DAY };
}

function roundHalfEven(value) {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}

function toMicroseconds(date) {
  return BigInt(date.day) * BigInt(MICROSECONDS_OF_DAY) + BigInt(date.micros);
}
