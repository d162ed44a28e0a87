// What the recipe makes of dates.

import { MICROSECONDS_OF_DAY, MILLISECONDS_OF_DAY } from "../reading/moments.js";

const MICROSECONDS_OF_HOUR = MICROSECONDS_OF_DAY / 24;
// The position of a date in each cycle, and the number of positions.
const CYCLES = { year: 12 * 31, week: 7, day: 24 };

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

function toMicroseconds(date) {
  return BigInt(date.day) * BigInt(MICROSECONDS_OF_DAY) + BigInt(date.micros);
}
