// Counts what each person has not read yet, remembered between windows, so that switching person shows their marks.
import { isBroadcast, isReply } from "./log.js";
import { emit, now, state, botId } from "./store.js";

const arrived = new Map();
const QUIET = new Set(["channel_join", "channel_leave", "channel_topic", "group_join"]);
const SLACK = 60;
let marks = {};

const storageKey = () => `sandbox-read-${state.team.id ?? ""}`;

function save() {
  try {
    localStorage.setItem(storageKey(), JSON.stringify(marks));
  } catch {
    // A full or forbidden storage only costs the marks their memory.
  }
}

export function start() {
  try {
    marks = JSON.parse(localStorage.getItem(storageKey())) ?? {};
  } catch {
    marks = {};
  }
  const present = now().getTime() / 1000;
  // Marks from the future belong to an earlier run of the workspace, whose clock was moved.
  if (!marks.baseline || Object.values(marks).some((mark) => mark > present + SLACK))
    marks = { baseline: present };
  save();
}

const lastRead = (person, channel) => Number(marks[`${person}|${channel}`] ?? marks.baseline);

export function note(channel, message) {
  if (QUIET.has(message.subtype) || message.ephemeral_to) return;
  if (!arrived.has(channel)) arrived.set(channel, new Map());
  arrived.get(channel).set(message.ts, message);
  emit("unread");
}

export function unnote(channel, ts) {
  if (arrived.get(channel)?.delete(ts)) emit("unread");
}

function mentions(message, person) {
  const text = message.text ?? "";
  return text.includes(`<@${person}`) || /<!(channel|here|everyone)/.test(text);
}

function author(message) {
  return message.user ?? (message.bot_id ? botId() : null);
}

// How many messages `person` has not read in `channel`, and how many of them are meant for them.
export function unreadOf(channel, person = state.me) {
  const since = lastRead(person, channel.id);
  let count = 0;
  let direct = 0;
  for (const message of arrived.get(channel.id)?.values() ?? []) {
    if (Number(message.ts) <= since || author(message) === person) continue;
    const aimed = channel.is_im || mentions(message, person);
    if (isReply(message) && !isBroadcast(message) && !aimed) continue;
    count += 1;
    if (aimed) direct += 1;
  }
  return { count, direct };
}

export function firstUnread(channel, person = state.me) {
  const since = lastRead(person, channel);
  const fresh = [...(arrived.get(channel)?.values() ?? [])].filter(
    (message) =>
      (!isReply(message) || isBroadcast(message)) &&
      Number(message.ts) > since &&
      author(message) !== person,
  );
  return fresh.map((message) => message.ts).sort()[0] ?? null;
}

export function markRead(channel, person = state.me) {
  const newest = Math.max(now().getTime() / 1000, ...[...(arrived.get(channel)?.keys() ?? [])].map(Number));
  if (newest <= lastRead(person, channel)) return;
  marks[`${person}|${channel}`] = newest;
  save();
  emit("unread");
}

export function total(person, channels) {
  return channels
    .filter((one) => (one.members ?? []).includes(person) || one.user === person)
    .reduce((sum, one) => sum + unreadOf(one, person).direct, 0);
}
