// What the acting person has not read: kept by the sandbox, asked for again when something changed.
import { get, post } from "./api.js";
import { emit, on, state } from "./store.js";

const PAUSE = 200;
const NONE = { count: 0, direct: 0 };
let known = { places: {}, marks: {}, start: "", others: {} };
let timer = 0;

function take(answer) {
  known = answer;
  emit("unread");
}

// A storm of messages asks a few times, not once for each message.
function refreshSoon() {
  if (timer) return;
  timer = setTimeout(async () => {
    timer = 0;
    await refresh().catch((error) => emit("problem", error));
  }, PAUSE);
}

export async function refresh() {
  const person = state.me;
  const answer = await get("unread", { user: person });
  if (person === state.me) take(answer);
}

export function start(answer) {
  if (answer) known = answer;
  for (const name of ["stream:message", "stream:message_deleted", "resync"]) on(name, refreshSoon);
  on("stream:read", ({ user }) => user === state.me && refreshSoon());
  on("me", () => {
    known = { ...known, places: {}, marks: {} };
    refreshSoon();
  });
}

const placeOf = (channel, thread) => (thread ? `${channel}:${thread}` : channel);

// How many messages wait in a channel or thread, how many of them are meant for the person, and the latest of those.
export const unreadOf = (channel, thread) => known.places[placeOf(channel, thread)] ?? NONE;
export const unreadPlaces = () => Object.keys(known.places);
export const lastRead = (channel, thread) => known.marks[placeOf(channel, thread)] ?? known.start;

const isThread = ([place]) => place.includes(":");
const sum = (places) => places.reduce((total, [, one]) => total + one.count, 0);
export const unreadThreads = () => sum(Object.entries(known.places).filter(isThread));
export const waitingForMe = () =>
  Object.values(known.places).reduce((total, one) => total + one.direct, 0);
export const waitingFor = (person) => known.others[person] ?? 0;

export function markRead(channel, thread) {
  const place = placeOf(channel, thread);
  if (!known.places[place]) return;
  const { [place]: _, ...places } = known.places;
  take({ ...known, places });
  post("read", { user: state.me, channel, thread_ts: thread ?? undefined }).catch((error) => emit("problem", error));
}
