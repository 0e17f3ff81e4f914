// Keeps the part of each conversation that was read so far, in order, and says which conversation changed.
import { get } from "./api.js";
import { emit, state } from "./store.js";

const PAGE = 100;
const KEPT = 600;
const logs = new Map();
let revision = 0;

const keyOf = (channel, thread) => (thread ? `${channel}:${thread}` : channel);
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;
// A reply that was also sent to the channel.
export const isBroadcast = (message) => isReply(message) && Boolean(message.reply_broadcast);
const inChannel = (message) => !isReply(message) || isBroadcast(message);

// `hasOlder` and `hasNewer` say that the sandbox knows more before and after what is here.
function logFor(channel, thread) {
  const key = keyOf(channel, thread);
  if (!logs.has(key))
    logs.set(key, {
      key,
      channel,
      thread,
      loaded: false,
      loading: null,
      hasOlder: false,
      hasNewer: false,
      byTs: new Map(),
      late: [],
      gone: new Set(),
      sorted: null,
    });
  return logs.get(key);
}

function put(log, message, { onlyIfOlderThan = Infinity } = {}) {
  const present = log.byTs.get(message.ts);
  if (present && present.rev > onlyIfOlderThan) return;
  log.byTs.set(message.ts, { message, rev: ++revision });
  log.sorted = null;
}

const mine = (message) => !message.ephemeral_to || message.ephemeral_to === state.me;

function sorted(log) {
  log.sorted ??= [...log.byTs.values()].sort((a, b) => (a.message.ts < b.message.ts ? -1 : 1));
  return log.sorted;
}

// Messages of a conversation as [{message, rev}], oldest first, only those the acting person may see.
export const entries = (channel, thread) => sorted(logFor(channel, thread)).filter(({ message }) => mine(message));

export const find = (channel, ts, thread) =>
  logFor(channel, thread).byTs.get(ts)?.message ?? logFor(channel).byTs.get(ts)?.message;

export const isLoaded = (channel, thread) => logFor(channel, thread).loaded;
export const hasOlder = (channel, thread) => logFor(channel, thread).hasOlder;
export const hasNewer = (channel, thread) => logFor(channel, thread).hasNewer;

// Reads one page; what arrived by the stream meanwhile is newer and stays.
async function read(log, where) {
  const since = revision;
  const answer = await get("messages", {
    channel: log.channel,
    thread_ts: log.thread,
    user: state.me,
    limit: PAGE,
    ...where,
  });
  const page = new Set(answer.messages.map((message) => message.ts));
  if (!where.before && !where.after)
    for (const [ts, entry] of log.byTs) if (!page.has(ts) && entry.rev <= since) log.byTs.delete(ts);
  for (const message of answer.messages)
    if (!log.gone.has(message.ts)) put(log, message, { onlyIfOlderThan: since });
  if (!where.after) log.hasOlder = answer.has_older;
  if (!where.before) log.hasNewer = answer.has_newer;
  const late = log.late.splice(0);
  if (!log.hasNewer) for (const message of late) put(log, message, { onlyIfOlderThan: since });
  log.sorted = null;
  log.loaded = true;
  emit("log", log.key);
}

function reading(log, where) {
  log.loading ??= read(log, where).finally(() => {
    log.loading = null;
  });
  return log.loading;
}

// The newest page of a conversation.
export function load(channel, thread, { again = false } = {}) {
  const log = logFor(channel, thread);
  if (log.loaded && !again && !log.hasNewer) return Promise.resolve();
  return reading(log, {});
}

export function loadOlder(channel, thread) {
  const log = logFor(channel, thread);
  const oldest = sorted(log)[0];
  return log.hasOlder && oldest ? reading(log, { before: oldest.message.ts }) : Promise.resolve();
}

export function loadNewer(channel, thread) {
  const log = logFor(channel, thread);
  const newest = sorted(log).at(-1);
  return log.hasNewer && newest ? reading(log, { after: newest.message.ts }) : Promise.resolve();
}

// The page around one message, unless that message is here already.
export async function loadAround(channel, thread, ts) {
  const log = logFor(channel, thread);
  if (log.loading) await log.loading;
  if (!log.byTs.has(ts) || !log.loaded) await reading(log, { around: ts });
}

// At the end of a long conversation what was read long ago is given back.
export function trim(channel, thread) {
  const log = logFor(channel, thread);
  if (log.byTs.size <= KEPT || log.loading) return;
  for (const { message } of sorted(log).slice(0, log.byTs.size - KEPT / 2)) log.byTs.delete(message.ts);
  log.hasOlder = true;
  log.sorted = null;
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

// A message that is neither here nor in the part that was read is read when a person scrolls there.
function touch(channel, thread, message) {
  const log = logFor(channel, thread);
  if (!log.loaded && !log.loading) return;
  const all = sorted(log);
  const isHere = log.byTs.has(message.ts);
  const isNewer = !all.length || message.ts > all.at(-1).message.ts;
  const isOlder = all.length && message.ts < all[0].message.ts;
  if (!isHere && isNewer && log.hasNewer) return log.loading && log.late.push(message);
  if (!isHere && isOlder && log.hasOlder) return;
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
    if (log.channel !== channel) continue;
    const entry = log.byTs.get(ts);
    log.gone.add(ts);
    if (!entry) continue;
    log.byTs.delete(ts);
    log.sorted = null;
    emit("log", log.key);
    if (log.thread && isReply(entry.message) && !entry.message.ephemeral_to) uncount(channel, entry.message);
  }
}

// Another person sees other ephemeral messages, so what was read for the last one must be read again.
export function forget() {
  for (const log of logs.values()) log.loaded = false;
}
