// Moments of time zones, as Python's zoneinfo knows them.

import {addMinutes, buildMoment, getYear, MICROSECONDS_OF_DAY, MILLISECONDS_OF_DAY} from "./moments.js";
import {UnreadableCell} from "./unreadable.js";

const OFFSET = /^([+-])(\d{2}):?(\d{2})$/;
const MINUTES_OF_DAY = 1440;

/** Return a moment of a zone in UTC; throws UnreadableCell if the zone is unknown. */
export function convertToUtc(moment, zone, notation, letters) {
  const countMinutes = findZone(zone, notation, letters);
  const utc = addMinutes(moment, -countMinutes(moment));
  const year = getYear(utc);
  return year < 1 || year > 9999 ? moment : utc;
}

// Returns a function of a moment of the zone, to the minutes that the zone is ahead of UTC then.
function findZone(zone, notation, letters) {
  const offset = OFFSET.exec(letters.toAscii(zone));
  if (offset) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3]);
    if (minutes >= MINUTES_OF_DAY) throw new UnreadableCell("not_a_date");
    return () => (offset[1] === "-" ? -minutes : minutes);
  }
  const name = zone.toUpperCase();
  if (Object.hasOwn(notation.zones, name)) return () => notation.zones[name] * 60;
  if (!zone.includes("/") && !notation.zone_words.includes(zone)) throw new UnreadableCell("not_a_date");
  const clock = openClock(zone);
  return (moment) => findOffset(moment, clock);
}

function openClock(zone) {
  const parts = {year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric"};
  try {
    const clock = new Intl.DateTimeFormat("en-u-ca-iso8601-nu-latn", {timeZone: zone, hourCycle: "h23", era: "short", ...parts});
    const known = clock.resolvedOptions().timeZone;
    // Python's names have their case.
    const isName = known.toLowerCase() === zone.toLowerCase() ? known === zone : /^[A-Z]/.test(zone);
    if (isName) return clock;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new UnreadableCell("not_a_date");
}

// Of a moment that a zone has twice, the first counts; one that it leaves out has the offset from before.
function findOffset(moment, clock) {
  const [before, after] = [-1, 1].map((days) => measureOffset({...moment, day: moment.day + days}, clock));
  const isBefore = measureOffset(addMinutes(moment, -before), clock) === before;
  const isAfter = measureOffset(addMinutes(moment, -after), clock) === after;
  return isBefore || !isAfter ? before : after;
}

function measureOffset({day, micros}, clock) {
  const milliseconds = Math.floor(micros / 1000);
  const shown = clock.formatToParts(new Date(day * MILLISECONDS_OF_DAY + milliseconds));
  const {year, month, day: date, hour, minute, second, era} = Object.fromEntries(shown.map(({type, value}) => [type, value]));
  const [y, ...rest] = [year, month, date, hour, minute, second].map(Number);
  const local = buildMoment(era === "BC" || era === "B" ? 1 - y : y, ...rest);
  if (local === null) return 0;
  const micro = micros - (micros % 1_000_000);
  return ((local.day - day) * MICROSECONDS_OF_DAY + local.micros - micro) / 60_000_000;
}
