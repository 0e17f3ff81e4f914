// The small bar over a message: react, reply in a thread, and everything else in a menu.
import { authorOf, deleteMessage, react, runShortcut } from "./actions.js";
import { forwardMessage } from "./byhand.js";
import { askFirst } from "./dialog.js";
import { h } from "./dom.js";
import { emojiChar, FREQUENT } from "./emoji.js";
import { icon } from "./icons.js";
import { discard } from "./log.js";
import { openEmojiPicker } from "./picker.js";
import { openMenu } from "./popover.js";
import { roving } from "./roving.js";
import { openThread, permalink } from "./router.js";
import { shortcuts, state } from "./store.js";
import { toast } from "./toast.js";

const plain = (text) => ({ type: "plain_text", text });

async function copyLink(channel, message) {
  try {
    await navigator.clipboard.writeText(permalink(channel, message));
    toast("Link copied.", { kind: "info", stay: 2000 });
  } catch {
    toast(permalink(channel, message), { kind: "info" });
  }
}

async function askToDelete(channel, message) {
  const sure = await askFirst({
    title: plain("Delete message"),
    text: plain("Are you sure you want to delete this message? This cannot be undone."),
    confirm: plain("Delete"),
    style: "danger",
  });
  if (sure) deleteMessage(channel, message.ts);
}

function offers(channel, message) {
  return shortcuts("message").map((one) => ({
    label: one.name,
    hint: one.app.name,
    icon: "bolt",
    data: { callback: one.callback_id },
    run: () => runShortcut(one, channel, message.ts),
  }));
}

function menuItems(channel, message, place) {
  const own = authorOf(message) === state.me;
  const offered = offers(channel, message);
  return [
    { label: "Forward message…", icon: "forward", run: () => forwardMessage(channel, message) },
    { label: "Copy link", icon: "link", run: () => copyLink(channel, message) },
    own && { label: "Edit message", icon: "edit", run: place.startEditing },
    own && {
      label: "Delete message…",
      icon: "trash",
      danger: true,
      run: () => askToDelete(channel, message),
    },
    offered.length && { separator: true },
    offered.length && { heading: "Message shortcuts" },
    ...offered,
  ];
}

function tool(name, label, run, extra) {
  return h(
    "button",
    {
      type: "button",
      class: "tool",
      "aria-label": label,
      title: label,
      ...extra,
      on: { click: (event) => run(event.currentTarget) },
    },
    typeof name === "string" ? icon(name) : name,
  );
}

function ephemeralTools(channel, message) {
  return [tool("close", "Dismiss", () => discard(channel, message.ts))];
}

// `find` gives the message as it is when a button is pressed.
function messageTools(channel, find, place) {
  const quick = FREQUENT.slice(0, 3).map((name) =>
    tool(h("span", { class: "emoji" }, emojiChar(name)), `React with ${name.replaceAll("_", " ")}`, () =>
      react(channel, find(), name),
    ),
  );
  return [
    ...quick,
    tool(
      "smile",
      "Add reaction",
      (anchor) => openEmojiPicker(anchor, (name) => react(channel, find(), name)),
      { "aria-haspopup": "dialog" },
    ),
    !place.inThread &&
      tool("reply", "Reply in thread", () => openThread(channel, find().thread_ts ?? find().ts)),
    tool(
      "more",
      "More actions",
      (anchor) =>
        openMenu(anchor, menuItems(channel, find(), place), { label: "Message actions", side: "end" }),
      { "aria-haspopup": "menu" },
    ),
  ];
}

// Added only when the pointer or the focus reaches the message, so that long channels stay light.
export function ensureToolbar(node, channel, find, place) {
  if (node.querySelector(":scope > .toolbar")) return;
  const tools = find().ephemeral_to ? ephemeralTools(channel, find()) : messageTools(channel, find, place);
  const bar = h(
    "div",
    {
      class: "toolbar",
      role: "toolbar",
      "aria-label": "Message actions",
      data: { testid: "message-toolbar" },
    },
    tools,
  );
  // A redraw of the message leaves the bar, and the focus in it, where they are.
  bar.kept = true;
  node.append(bar);
  roving(bar);
}

export function dropToolbar(node) {
  const bar = node?.querySelector(":scope > .toolbar");
  if (!bar || bar.contains(document.activeElement) || bar.querySelector("[aria-expanded=true]")) return;
  bar.remove();
}
