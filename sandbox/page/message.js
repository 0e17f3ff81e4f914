// Draws one message: who, when, what, its files, reactions and the way into its thread.
import { authorOf, editMessage, isOtherApp, messageContext, react } from "./actions.js";
import { avatar } from "./avatar.js";
import { drawBlocks } from "./blocks.js";
import { repliedButton } from "./buttons.js";
import { clockTime, dateOf, fullTime, nearTime } from "./dates.js";
import { Completion } from "./completion.js";
import { h } from "./dom.js";
import { Editor } from "./editor.js";
import { emojiChar } from "./emoji.js";
import { fileCards } from "./files.js";
import { icon } from "./icons.js";
import { isBroadcast } from "./log.js";
import { mrkdwn } from "./mrkdwn.js";
import { openThread, permalink } from "./router.js";
import { attachment } from "./shared.js";
import { nameOf, state, user } from "./store.js";

const SYSTEM = new Set([
  "channel_join",
  "channel_leave",
  "group_join",
  "group_leave",
  "channel_topic",
  "channel_archive",
  "channel_unarchive",
  "channel_name",
  "channel_purpose",
  "tombstone",
]);
export const isSystem = (message) => SYSTEM.has(message.subtype);

const authorName = (message) =>
  message.username || message.bot_profile?.name || nameOf(authorOf(message));

function stamp(message, channel, className) {
  const date = dateOf(message.ts);
  return h(
    "a",
    { class: className, href: permalink(channel, message), title: fullTime(date) },
    h("time", { datetime: date.toISOString() }, clockTime(date)),
  );
}

function head(message, channel) {
  const author = authorOf(message);
  const badge = user(author)?.is_bot || isOtherApp(message)
    ? h("span", { class: "badge" }, "App")
    : user(author)?.is_guest
      ? h("span", { class: "badge" }, "Guest")
      : null;
  return h(
    "div",
    { class: "message-head" },
    h("b", { class: "author" }, authorName(message)),
    badge,
    stamp(message, channel, "stamp"),
  );
}

// One to five emoji alone are shown large.
function isJumbo(message) {
  const [block, more] = message.blocks ?? [];
  if (more || (block && block.type !== "rich_text")) return false;
  if (!block) return /^(\s*:[a-z0-9_+'-]+:\s*){1,5}$/.test(message.text ?? "");
  const leaves = block.elements.length === 1 ? (block.elements[0].elements ?? []) : [];
  const emoji = leaves.filter((leaf) => leaf.type === "emoji").length;
  return emoji > 0 && emoji < 6 && leaves.every((leaf) => leaf.type === "emoji" || leaf.text?.trim() === "");
}

const edited = () => h("span", { class: "edited" }, " (edited)");

function content(message, ctx) {
  const mark = message.edited && !message.bot_id && edited();
  if (message.subtype === "me_message")
    return [h("div", { class: "message-text me-message" }, mrkdwn(message.text), mark)];
  const size = isJumbo(message) ? " jumbo" : "";
  if (message.blocks?.length)
    return [h("div", { class: `message-blocks${size}` }, drawBlocks(message.blocks, ctx)), mark];
  return message.text ? [h("div", { class: `message-text${size}` }, mrkdwn(message.text), mark)] : [];
}

function reaction(one, message, channel) {
  const mine = one.users?.includes(state.me);
  const names = (one.users ?? []).map(nameOf).join(", ");
  return h(
    "button",
    {
      type: "button",
      class: `reaction${mine ? " mine" : ""}`,
      key: `reaction-${one.name}`,
      "aria-pressed": String(Boolean(mine)),
      title: `${names} reacted with :${one.name}:`,
      "aria-label": `${one.name}, ${one.count ?? one.users?.length}`,
      data: { name: one.name },
      on: { click: () => react(channel, message, one.name) },
    },
    h("span", { class: "emoji" }, emojiChar(one.name) ?? `:${one.name}:`),
    h("span", { class: "reaction-count" }, String(one.count ?? one.users?.length ?? 1)),
  );
}

function threadSummary(message, channel) {
  const users = (message.reply_users ?? []).slice(0, 4);
  const count = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  return h(
    "button",
    {
      type: "button",
      class: "thread-link",
      key: "thread-link",
      data: { testid: "thread-link" },
      on: { click: () => openThread(channel, message.ts) },
    },
    h(
      "span",
      { class: "thread-faces" },
      users.map((id) => avatar(id, 22)),
    ),
    h("b", null, count),
    message.latest_reply &&
      h("span", { class: "thread-last" }, `Last reply ${nearTime(dateOf(message.latest_reply))}`),
    icon("right", { size: 16 }),
  );
}

// Whatever happens to the message meanwhile, what is being written stays until it is saved or left.
class MessageEditor {
  constructor(message, channel, done) {
    Object.assign(this, { message, channel, done });
    this.editor = new Editor({
      label: "Edit message",
      testid: "edit",
      onKey: (event) => this.completion.key(event) || this.keyed(event),
    });
    this.editor.set(richBlock(message) ?? plainTyped(message.text));
    this.before = JSON.stringify(this.editor.block);
    this.node = h(
      "div",
      { class: "message-edit", key: "edit" },
      this.editor.tools,
      this.editor.area,
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", class: "button small", on: { click: () => this.done() } }, "Cancel"),
        h("button", { type: "button", class: "button primary small", on: { click: () => this.save() } }, "Save"),
      ),
    );
    this.completion = new Completion(this.editor, this.node);
    this.node.component = this;
    queueMicrotask(() => this.editor.area.isConnected && this.editor.focus());
  }

  adopt() {}

  async save() {
    const block = this.editor.block;
    const same = JSON.stringify(block) === this.before;
    if (block && (same || (await editMessage(this.channel, this.message.ts, block)))) this.done();
  }

  keyed(event) {
    if (event.key === "Escape") this.done();
    else if (event.key === "Enter" && !event.shiftKey && !this.editor.inside("pre")) this.save();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}

const richBlock = (message) => message.blocks?.find((block) => block.type === "rich_text");

// A message of before it had blocks: its text has marked mentions, and a person edits the names.
function plainTyped(text) {
  return (text ?? "")
    .replace(/<@(\w+)(?:\|[^>]*)?>/g, (_, id) => `@${user(id)?.name ?? id}`)
    .replace(/<#\w+\|([^>]+)>/g, "#$1")
    .replace(/<!(\w+)>/g, "@$1")
    .replace(/<([^|>]+)(?:\|[^>]*)?>/g, "$1")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

function body(message, channel, place) {
  const ctx = messageContext(channel, message);
  return h(
    "div",
    { class: "message-body" },
    !place.compact && head(message, channel),
    place.editing ? new MessageEditor(message, channel, place.stopEditing).node : content(message, ctx),
    (message.attachments ?? []).map((one) => attachment(one, ctx)),
    message.files?.length > 0 && fileCards(message.files),
    message.reactions?.length > 0 &&
      h(
        "div",
        { class: "reactions", key: "reactions" },
        message.reactions.map((one) => reaction(one, message, channel)),
      ),
    !place.inThread && message.reply_count > 0 && threadSummary(message, channel),
  );
}

function systemLine(message, channel, place) {
  return [
    h("div", { class: "gutter" }),
    h(
      "div",
      { class: "message-body" },
      h("div", { class: "system-line" }, mrkdwn(message.text), " ", stamp(message, channel, "stamp")),
      message.reply_count > 0 && !place.inThread && threadSummary(message, channel),
    ),
  ];
}

// `place` says how it stands in its list: compact below the same author, inThread, editing.
export function drawMessage(message, channel, place) {
  const only =
    message.ephemeral_to && h("div", { class: "only-you" }, icon("eye", { size: 14 }), "Only visible to you");
  const author = authorOf(message);
  const gutter = h(
    "div",
    { class: "gutter" },
    place.compact
      ? stamp(message, channel, "stamp-aside")
      : avatar(author, 36, { emoji: message.icon_emoji ?? message.icons?.emoji }),
  );
  const classes = [
    "message",
    place.compact && "compact",
    message.ephemeral_to && "ephemeral",
    isSystem(message) && "system",
  ]
    .filter(Boolean)
    .join(" ");
  return h(
    "article",
    {
      class: classes,
      tabindex: "-1",
      "aria-label": `${authorName(message)}, ${clockTime(dateOf(message.ts))}`,
      data: { testid: "message", ts: message.ts, channel, ephemeral: message.ephemeral_to ? "true" : null },
    },
    only,
    !place.inThread && isBroadcast(message) && repliedButton(() => openThread(channel, message.thread_ts)),
    isSystem(message)
      ? systemLine(message, channel, place)
      : h("div", { class: "message-row" }, gutter, body(message, channel, place)),
  );
}
