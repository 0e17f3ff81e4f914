// Keeps what the page knows in step with the stream of events, and reads everything again when the line was lost.
import { get } from "./api.js";
import { debounce } from "./dom.js";
import { discard, forget, load, receive } from "./log.js";
import { route } from "./router.js";
import { emit, on, setClock, setWorkspace, state } from "./store.js";
import { attempt, toast } from "./toast.js";

function channelChanged({ channel }) {
  if (!channel?.id) return;
  state.channels.set(channel.id, channel);
  emit("workspace");
  emit("channel-changed", channel.id);
}

function personChanged({ user }) {
  if (typeof user !== "object" || !user) return;
  state.users.set(user.id, user);
  emit("workspace");
}

function groupChanged({ group }) {
  state.groups.set(group.id, group);
  emit("workspace");
}

function replaced({ channel, message }) {
  if (message) receive(channel, message);
}

async function readAgain() {
  setWorkspace(await get("state"));
  forget();
  if (route.channel) await load(route.channel);
  if (route.channel && route.thread) await load(route.channel, route.thread);
}

const HANDLERS = {
  message: ({ channel, message }) => receive(channel, message, { fresh: true }),
  ephemeral: ({ channel, message, user }) =>
    receive(channel, { ephemeral_to: user, ...message }, { fresh: true }),
  message_changed: replaced,
  reaction: replaced,
  message_deleted: ({ channel, ts, message }) => discard(channel, ts ?? message?.ts),
  clock: setClock,
  channel: channelChanged,
  user: personChanged,
  group: groupChanged,
  faults: (news) => {
    state.faults = news.faults ?? [];
    emit("faults");
  },
  ready: (news) => {
    state.ready = news.ready ?? true;
    for (const one of state.apps) one.ready = news.apps?.[one.id] ?? state.ready;
    emit("ready");
  },
};

// A fault is used up by calls, so after a call the list is looked at again.
const lookAtFaults = debounce(async () => {
  state.faults = (await get("faults")).faults ?? state.faults;
  emit("faults");
}, 400);

export function startNotices() {
  for (const [name, run] of Object.entries(HANDLERS)) on(`stream:${name}`, run);
  on("stream:call", () => state.faults.length && lookAtFaults());
  on("resync", () => attempt(readAgain));
  on("problem", (error) => toast(error.message));
}
