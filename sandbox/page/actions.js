// What a person does to messages and blocks, sent to the sandbox; a failure is said in a toast.
import { post } from "./api.js";
import { Form } from "./form.js";
import { app, botId, state } from "./store.js";
import { attempt, toast } from "./toast.js";

const forms = new Map();

function formOf(key) {
  if (!forms.has(key)) forms.set(key, new Form());
  return forms.get(key);
}

// The app answered, or did not: what the person would read in Slack.
function complain(answer) {
  if (answer?.ok !== false) return;
  toast(
    typeof answer.response === "string" ? answer.response : `That failed with the error ${answer.error}.`,
  );
}

async function sendAction(where, { element, block, value }) {
  await attempt(async () =>
    complain(
      await post("action", {
        user: state.me,
        ...where,
        block_id: block.block_id,
        action_id: element.action_id,
        value: value ?? undefined,
      }),
    ),
  );
}

// What the blocks of a message need to be alive: who looks, what they picked, and where a press goes.
export function messageContext(channel, message) {
  const ctx = {
    surface: "message",
    me: state.me,
    channel,
    form: formOf(`${state.me}|${channel}|${message.ts}`),
    suggest: (query) => ({ ...query, channel, ts: message.ts }),
    file: (block) =>
      (message.files ?? []).find(
        (file) => file.id === block.file_id || file.external_id === block.external_id,
      ),
    act: (press) => sendAction({ channel, ts: message.ts }, press),
    pressOld: (id, { name, value }) =>
      attempt(async () =>
        complain(await post("attachment", { user: state.me, channel, ts: message.ts, id, name, value })),
      ),
  };
  return { ...ctx, changed: (element, block, value) => act(ctx, element, block, value) };
}

export function homeContext(blocks, ofApp) {
  const form = formOf(`${state.me}|home|${ofApp}`);
  const ctx = {
    surface: "home",
    me: state.me,
    form,
    suggest: (query) => ({ ...query, home: true, app: ofApp }),
    act: (press) => sendAction({ home: true, app: ofApp, values: form.values(blocks) }, press),
  };
  return { ...ctx, changed: (element, block, value) => act(ctx, element, block, value) };
}

function act(ctx, element, block, value) {
  if (block.type === "input" && !block.dispatch_action) return;
  ctx.act({ element, block, value });
}

export function react(channel, message, name) {
  const mine = (message.reactions ?? []).find((one) => one.name === name)?.users?.includes(state.me);
  return attempt(() =>
    post("reaction", { user: state.me, channel, ts: message.ts, name, remove: mine || undefined }),
  );
}

export const runShortcut = (shortcut, channel, ts) =>
  attempt(async () =>
    complain(
      await post("shortcut", {
        user: state.me,
        callback_id: shortcut.callback_id,
        app: shortcut.app.id,
        channel,
        ts,
      }),
    ),
  );

export const editMessage = (channel, ts, block) =>
  attempt(() => post("edit", { user: state.me, channel, ts, blocks: [block] }));
export const deleteMessage = (channel, ts) => attempt(() => post("delete", { user: state.me, channel, ts }));
// Another app that posts is not a person of the workspace; it has a name of its own.
export const authorOf = (message) =>
  message.user || (message.bot_id && !isOtherApp(message) ? botId(app(message.app_id)) : null);
export const isOtherApp = (message) =>
  Boolean(message.bot_id) && !message.user && !state.apps.some((one) => one.id === message.app_id);
