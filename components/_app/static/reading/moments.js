// Dates as days since 1970 and microseconds of the day: their sum in microseconds is beyond the whole numbers
// that JavaScript has exactly.

import {UnreadableCell} from "./unreadable.js";

export const MICROSECONDS_OF_DAY = 86_400_000_000;
const MICROSECONDS_OF_MINUTE = 60_000_000;
export const MILLISECONDS_OF_DAY = 86_400_000;
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{6}))?)?$/;
const FIRST_SECOND = -62_135_596_800;
const END_SECOND = 253_402_300_800;

/** Return a date {day, micros}; null if the calendar does not have it. */
export function buildMoment(year, month, date, hour = 0, minute = 0, second = 0, fraction = 0) {
  const day = countDays(year, month, date);
  const start = new Date(day * MILLISECONDS_OF_DAY);
  const isKnown = 1 <= year && year <= 9999 && start.getUTCMonth() === month - 1 && start.getUTCDate() === date;
  if (!isKnown || hour > 23 || minute > 59 || second > 59) return null;
  const seconds = (hour * 60 + minute) * 60 + second;
  return {day, micros: seconds * 1_000_000 + fraction};
}

/** Return the days from 1970 to a date; a day or month beyond the end runs on. */
export function countDays(year, month, date) {
  return new Date(0).setUTCFullYear(year, month - 1, date) / MILLISECONDS_OF_DAY;
}

/** Return the date that Python's isoformat wrote. */
export function parseIso(text) {
  const [year, month, date, hour, minute, second, fraction] = ISO.exec(text).slice(1).map((part) => Number(part ?? 0));
  return buildMoment(year, month, date, hour, minute, second, fraction);
}

/** Return a date as ISO 8601, to the second. */
export function formatIso({day, micros}) {
  const time = day * MILLISECONDS_OF_DAY + Math.floor(micros / 1_000_000) * 1000;
  return new Date(time).toISOString().slice(0, 19);
}

/** Return the date of a number of seconds since 1970, to the nearest microsecond; null if it is not in the years 1 to 9999. */
export function convertSeconds(seconds) {
  if (!(FIRST_SECOND <= seconds && seconds < END_SECOND)) return null;
  const whole = Math.trunc(seconds);
  const micros = roundHalfEven((seconds - whole) * 1_000_000);
  const day = Math.floor(whole / 86_400);
  return carryDays(day, (whole - day * 86_400) * 1_000_000 + micros);
}

/** Return a date some minutes later. */
export function addMinutes({day, micros}, minutes) {
  return carryDays(day, micros + minutes * MICROSECONDS_OF_MINUTE);
}

/** Return the hour from 0 to 23; without AM or PM the hour as it is. */
export function convertHour(hour, half) {
  if (!half) return hour;
  if (hour < 1 || hour > 12) throw new UnreadableCell("not_a_date");
  return (hour % 12) + ("pP".includes(half[0]) ? 12 : 0);
}

export function getYear(date) {
  return new Date(date.day * MILLISECONDS_OF_DAY).getUTCFullYear();
}

export function isSameDate(one, other) {
  return one.day === other.day && one.micros === other.micros;
}

function carryDays(day, micros) {
  const days = Math.floor(micros / MICROSECONDS_OF_DAY);
  return {day: day + days, micros: micros - days * MICROSECONDS_OF_DAY};
}

function roundHalfEven(value) {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}
