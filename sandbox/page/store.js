// What the page knows of the workspace: the cast, the channels, the app, the time, and who is acting in this window.
const listeners = new Map();

export const state = {
  me: null,
  team: {},
  apps: [],
  users: new Map(),
  channels: new Map(),
  groups: new Map(),
  mode: "",
  ready: false,
  faults: [],
  clock: { now: Date.now(), at: performance.now(), speed: 1 },
};

export function on(name, run) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  listeners.get(name).add(run);
  return () => listeners.get(name).delete(run);
}

export function emit(name, detail) {
  for (const run of [...(listeners.get(name) ?? [])]) run(detail);
}

export function setClock({ now, speed = 1 }) {
  const start = typeof now === "number" ? now * 1000 : Date.parse(now);
  state.clock = { now: start, at: performance.now(), speed };
  emit("clock");
}

export const now = () =>
  new Date(state.clock.now + (performance.now() - state.clock.at) * state.clock.speed);

export function setWorkspace(answer) {
  state.team = answer.team ?? state.team;
  state.apps = answer.apps ?? [];
  state.mode = answer.mode ?? "";
  state.users = new Map((answer.users ?? []).map((user) => [user.id, user]));
  state.channels = new Map((answer.channels ?? []).map((channel) => [channel.id, channel]));
  state.groups = new Map((answer.groups ?? []).map((group) => [group.id, group]));
  state.ready = Boolean(answer.ready);
  state.faults = answer.faults ?? [];
  if (answer.now) setClock(answer);
  emit("workspace");
}

const NO_APP = { id: "", name: "app", commands: [], shortcuts: [] };
const isCalled = (one, name) => [one.id, one.bot_user, user(one.bot_user)?.name].includes(name);

// The app of that id, bot or name; without one, the first app.
export const app = (name) => state.apps.find((one) => isCalled(one, name)) ?? state.apps[0] ?? NO_APP;
export const isApp = (id) => state.apps.some((one) => one.bot_user === id);
export const botId = (one = app()) => one.bot_user;

// What the apps offer, each with its app. Of two commands of one name the later app has it, as in Slack.
export const commands = () => [
  ...new Map(
    state.apps.flatMap((one) => one.commands.map((command) => [command.command, { ...command, app: one }])),
  ).values(),
];
export const shortcuts = (type) =>
  state.apps.flatMap((one) =>
    one.shortcuts.filter((shortcut) => shortcut.type === type).map((shortcut) => ({ ...shortcut, app: one })),
  );

export const user = (id) => state.users.get(id);
export const groupName = (id) => `@${state.groups.get(id)?.handle ?? id}`;
export const people = () => [...state.users.values()].filter((one) => !one.is_bot && !one.deleted);
export const byHandle = (name) =>
  [...state.users.values()].find((one) => one.name === name || one.id === name);
export const nameOf = (id) => user(id)?.real_name || user(id)?.name || id || "An app";

export const channel = (id) => state.channels.get(id);
export const channelByName = (name) =>
  [...state.channels.values()].find((one) => one.name === name || one.id === name);
export const myChannels = () =>
  [...state.channels.values()].filter(
    (one) => !one.is_im && !one.is_mpim && (one.members ?? []).includes(state.me),
  );

function belongsTo(im, person) {
  return (im.members ?? []).includes(person) || im.user === person;
}

export const myIms = () =>
  [...state.channels.values()].filter((one) => isDirect(one) && belongsTo(one, state.me));
export const isDirect = (one) => Boolean(one?.is_im || one?.is_mpim);
export const imOf = (person, other) =>
  [...state.channels.values()].find((one) => one.is_im && belongsTo(one, person) && belongsTo(one, other));
export const botIm = (one = app()) => imOf(state.me, botId(one));

export function titleOf(one) {
  if (!one) return "";
  if (one.is_mpim)
    return (one.members ?? [])
      .filter((id) => id !== state.me)
      .map(nameOf)
      .join(", ");
  if (!one.is_im) return one.name;
  return nameOf((one.members ?? []).find((id) => id !== state.me) ?? botId());
}

export function become(id) {
  state.me = id;
  emit("me", id);
}
