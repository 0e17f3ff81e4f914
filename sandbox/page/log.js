// Keeps the messages of channels and threads in order and says which conversation changed.
import { get } from "./api.js";
import { emit, state } from "./store.js";

const logs = new Map();
let revision = 0;

const keyOf = (channel, thread) => (thread ? `${channel}:${thread}` : channel);
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;
// A reply that was also sent to the channel.
export const isBroadcast = (message) => isReply(message) && Boolean(message.reply_broadcast);
const inChannel = (message) => !isReply(message) || isBroadcast(message);

function logFor(channel, thread) {
  const key = keyOf(channel, thread);
  if (!logs.has(key))
    logs.set(key, { key, loaded: false, loading: null, byTs: new Map(), gone: new Set(), sorted: null });
  return logs.get(key);
}

function put(log, message, { onlyIfOlderThan = Infinity } = {}) {
  const present = log.byTs.get(message.ts);
  if (present && present.rev > onlyIfOlderThan) return;
  log.byTs.set(message.ts, { message, rev: ++revision });
  log.sorted = null;
}

function mine(message) {
  return !message.ephemeral_to || message.ephemeral_to === state.me;
}

// Messages of a conversation as [{message, rev}], oldest first, only those the acting person may see.
export function entries(channel, thread) {
  const log = logFor(channel, thread);
  log.sorted ??= [...log.byTs.values()].sort((a, b) => (a.message.ts < b.message.ts ? -1 : 1));
  return log.sorted.filter((entry) => mine(entry.message));
}

export const find = (channel, ts, thread) =>
  logFor(channel, thread).byTs.get(ts)?.message ?? logFor(channel).byTs.get(ts)?.message;

export const isLoaded = (channel, thread) => logFor(channel, thread).loaded;

async function fetchLog(log, channel, thread) {
  const since = revision;
  const person = state.me;
  const answer = await get("messages", { channel, thread_ts: thread, user: person });
  const messages = Array.isArray(answer) ? answer : (answer.messages ?? []);
  const fresh = new Set(messages.map((message) => message.ts));
  for (const [ts, entry] of log.byTs) if (!fresh.has(ts) && entry.rev <= since) log.byTs.delete(ts);
  for (const message of messages) {
    if (!log.gone.has(message.ts) && (thread || inChannel(message)))
      put(log, message, { onlyIfOlderThan: since });
  }
  log.sorted = null;
  log.loaded = true;
  emit("log", log.key);
}

export function load(channel, thread, { again = false } = {}) {
  const log = logFor(channel, thread);
  if (log.loaded && !again) return Promise.resolve();
  log.loading ??= fetchLog(log, channel, thread).finally(() => {
    log.loading = null;
  });
  return log.loading;
}

function countReply(channel, reply) {
  for (const log of [logFor(channel), logFor(channel, reply.thread_ts)]) {
    const parent = log.byTs.get(reply.thread_ts)?.message;
    if (!parent || (parent.latest_reply ?? "") >= reply.ts) continue;
    const users = [...new Set([...(parent.reply_users ?? []), reply.user ?? reply.bot_id])];
    put(log, {
      ...parent,
      reply_count: (parent.reply_count ?? 0) + 1,
      latest_reply: reply.ts,
      reply_users: users,
    });
    emit("log", log.key);
  }
}

function touch(channel, thread, message) {
  const log = logFor(channel, thread);
  put(log, message);
  emit("log", log.key);
}

export function receive(channel, message, { fresh = false } = {}) {
  if (fresh && isReply(message) && !message.ephemeral_to) countReply(channel, message);
  if (inChannel(message)) touch(channel, null, message);
  if (message.thread_ts) touch(channel, message.thread_ts, message);
  else if (logs.has(keyOf(channel, message.ts))) touch(channel, message.ts, message);
}

function uncount(channel, reply) {
  const log = logFor(channel);
  const parent = log.byTs.get(reply.thread_ts)?.message;
  if (!parent?.reply_count) return;
  put(log, { ...parent, reply_count: parent.reply_count - 1 });
  emit("log", log.key);
}

export function discard(channel, ts) {
  for (const log of logs.values()) {
    if (log.key !== channel && !log.key.startsWith(`${channel}:`)) continue;
    const entry = log.byTs.get(ts);
    log.gone.add(ts);
    if (!entry) continue;
    log.byTs.delete(ts);
    log.sorted = null;
    emit("log", log.key);
    if (log.key !== channel && isReply(entry.message) && !entry.message.ephemeral_to)
      uncount(channel, entry.message);
  }
}

// Another person sees other ephemeral messages, so what was read for the last one must be read again.
export function forget() {
  for (const log of logs.values()) log.loaded = false;
}
