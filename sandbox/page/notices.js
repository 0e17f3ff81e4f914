// Keeps what the page knows in step with the stream of events, and reads everything again when the line was lost.
import { get } from "./api.js";
import { debounce } from "./dom.js";
import { discard, forget, load, receive } from "./log.js";
import { route } from "./router.js";
import { emit, on, setClock, setWorkspace, state } from "./store.js";
import { attempt, toast } from "./toast.js";
import { note, unnote } from "./unread.js";

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
  message: ({ channel, message }) => {
    receive(channel, message, { fresh: true });
    note(channel, message);
  },
  ephemeral: ({ channel, message, user }) =>
    receive(channel, { ephemeral_to: user, ...message }, { fresh: true }),
  message_changed: replaced,
  reaction: replaced,
  message_deleted: ({ channel, ts, message }) => {
    discard(channel, ts ?? message?.ts);
    unnote(channel, ts ?? message?.ts);
  },
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
    emit("ready");
  },
};

// Reads every conversation of the cast once, quietly, so that unread marks and jumps are right from the start.
export async function readAhead(remember) {
  for (const channel of [...state.channels.values()]) {
    const person = channel.members?.[0];
    if (!person) continue;
    try {
      const answer = await get("messages", { channel: channel.id, user: person });
      for (const message of Array.isArray(answer) ? answer : (answer.messages ?? []))
        remember(channel.id, message);
    } catch {
      // A conversation that cannot be read ahead is read when it is opened.
    }
  }
}

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
