// Writes points in time the way Slack does, in the reader's own zone, with "today" measured on the sandbox clock.
import { now } from "./store.js";

const LOCALE = "en-GB";
const format = (options) => new Intl.DateTimeFormat(LOCALE, options);
const FORMS = {
  time: format({ hour: "2-digit", minute: "2-digit" }),
  seconds: format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  weekday: format({ weekday: "long", day: "numeric", month: "long" }),
  weekdayYear: format({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  long: format({ day: "numeric", month: "long", year: "numeric" }),
  short: format({ day: "numeric", month: "short", year: "numeric" }),
  slash: format({ day: "2-digit", month: "2-digit", year: "numeric" }),
  clockDay: format({ weekday: "short", day: "numeric", month: "short" }),
  dayMonthShort: format({ day: "numeric", month: "short" }),
  dayMonth: format({ day: "numeric", month: "long" }),
  full: format({
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }),
};

export const dateOf = (ts) => new Date(Number(ts) * 1000);
export const clockTime = (date) => FORMS.time.format(date);
export const clockSeconds = (date) => FORMS.seconds.format(date);
export const clockDay = (date) => FORMS.clockDay.format(date).replace(",", "");
export const fullTime = (date) => FORMS.full.format(date);

export const dayKey = (date) => `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;

function dayDistance(date) {
  const midnight = (one) => new Date(one.getFullYear(), one.getMonth(), one.getDate()).getTime();
  return Math.round((midnight(date) - midnight(now())) / 86400000);
}

const NEAR = { "-1": "yesterday", 0: "today", 1: "tomorrow" };
export const capital = (text) => (text ? text[0].toUpperCase() + text.slice(1) : text);

export function dayLabel(date) {
  const near = NEAR[dayDistance(date)];
  if (near) return capital(near);
  return (date.getFullYear() === now().getFullYear() ? FORMS.weekday : FORMS.weekdayYear)
    .format(date)
    .replace(",", "");
}

// "today at 09:14", "yesterday at 17:02", "3 November at 08:00".
export const nearTime = (date) =>
  `${NEAR[dayDistance(date)] ?? FORMS.dayMonth.format(date)} at ${clockTime(date)}`;

// Like Slack: the year is only said when the date is more than half a year away.
const HALF_YEAR = 183;
const sparing = (near, far) => (date) => (Math.abs(dayDistance(date)) < HALF_YEAR ? near : far).format(date);
const LONG = sparing(FORMS.dayMonth, FORMS.long);
const SHORT = sparing(FORMS.dayMonthShort, FORMS.short);
const FULL = sparing(FORMS.weekday, FORMS.weekdayYear);

const pretty = (form) => (date) => NEAR[dayDistance(date)] ?? form(date);

function ago(date) {
  const seconds = Math.round((now() - date) / 1000);
  const [amount, unit] = [
    [86400, "day"],
    [3600, "hour"],
    [60, "minute"],
  ]
    .map(([size, name]) => [Math.floor(Math.abs(seconds) / size), name])
    .find(([count]) => count > 0) ?? [0, "minute"];
  if (!amount) return "just now";
  const words = `${amount} ${unit}${amount > 1 ? "s" : ""}`;
  return seconds < 0 ? `in ${words}` : `${words} ago`;
}

const isoDay = (date) =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");

const TOKENS = {
  date_num: isoDay,
  date_slash: (date) => FORMS.slash.format(date),
  date: LONG,
  date_long: FULL,
  date_short: SHORT,
  date_pretty: pretty(LONG),
  date_long_pretty: pretty(FULL),
  date_short_pretty: pretty(SHORT),
  date_long_full: (date) => FORMS.weekdayYear.format(date),
  day_divider_pretty: (date) => dayLabel(date).toLowerCase(),
  time: clockTime,
  time_secs: clockSeconds,
  ago,
};

// Fills a Slack date template such as "{date_short_pretty} {time}"; null when a token is not known.
export function fillDate(seconds, template) {
  const date = dateOf(seconds);
  if (Number.isNaN(date.getTime())) return null;
  let known = true;
  const text = template.replace(/\{(\w+)\}/g, (whole, token) => {
    if (!TOKENS[token]) known = false;
    return TOKENS[token]?.(date) ?? whole;
  });
  return known ? text : null;
}
