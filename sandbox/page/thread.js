// The threads pane: one message, its replies and a composer of its own.
import { iconButton } from "./buttons.js";
import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { MessageList } from "./messages.js";
import { focusComposer } from "./place.js";
import { closeThread, openChannel, route } from "./router.js";
import { channel, emit, isDirect, on, state, titleOf } from "./store.js";
import { markRead } from "./unread.js";

let current = null;

const pane = () => document.getElementById("thread");

function leave() {
  closeThread();
  focusComposer();
}

class Thread {
  constructor(one, ts) {
    Object.assign(this, { channel: one.id, ts, person: state.me });
    this.list = new MessageList({ channel: one.id, thread: ts, label: `Thread in ${titleOf(one)}` });
    this.composer = new Composer({
      channel: one.id,
      thread: ts,
      placeholder: "Reply…",
      testid: "thread-composer",
      onArrowUp: () => this.list.editLast(),
      onSent: () => this.list.toNewest(),
    });
    this.list.onEdited = () => this.composer.focus();
    const where = h(
      "button",
      { type: "button", class: "thread-where", on: { click: () => openChannel(one.id) } },
      isDirect(one) ? titleOf(one) : `#${one.name}`,
    );
    pane().replaceChildren(
      h(
        "header",
        { class: "place-head" },
        h("div", { class: "place-title" }, h("h2", null, "Thread"), where),
        iconButton("close", "Close thread", leave),
      ),
      this.list.node,
      one.is_archived ? "" : this.composer.node,
    );
  }
}

function same(one, ts) {
  return current && current.channel === one?.id && current.ts === ts && current.person === state.me;
}

function show() {
  const one = route.view !== "home" && route.thread ? channel(route.channel) : null;
  pane().hidden = !one;
  document.getElementById("app").classList.toggle("with-thread", Boolean(one));
  if (!one) {
    current = null;
    pane().replaceChildren();
    return;
  }
  if (same(one, route.thread)) return route.message && current.list.jump(route.message);
  current = new Thread(one, route.thread);
  current.list
    .open({ highlight: route.message })
    .then(seen)
    .catch((error) => emit("problem", error));
  if (!route.message || matchMedia("(hover: hover)").matches)
    current.composer.focus();
}

function seen() {
  if (current && document.visibilityState === "visible") markRead(current.channel, current.ts);
}

export function startThread() {
  on("route", show);
  on("log", (key) => key === current?.list.key && current.list.drawSoon());
  on("unread", seen);
  on("clock-day", () => current?.list.draw());
  pane().addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) leave();
  });
}
