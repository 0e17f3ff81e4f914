// The Threads view: every thread that the person follows, the latest first, with its last replies.
import { get } from "./api.js";
import { h } from "./dom.js";
import { drawMessage } from "./message.js";
import { reconcile } from "./patch.js";
import { openThread } from "./router.js";
import { channel, isDirect, on, state, titleOf } from "./store.js";
import { attempt } from "./toast.js";
import { unreadOf } from "./unread.js";

const place = { inThread: true, compact: false, editing: false };

function card({ channel: id, root, last }) {
  const where = channel(id);
  const waiting = unreadOf(id, root.ts).count;
  const more = root.reply_count - last.length;
  const open = () => openThread(id, root.ts);
  return h(
    "section",
    { class: "thread-card", "aria-label": `Thread in ${titleOf(where)}` },
    h(
      "h2",
      { class: "thread-card-head" },
      isDirect(where) ? titleOf(where) : `#${where?.name}`,
      waiting > 0 && h("span", { class: "count" }, `${waiting} new`),
    ),
    drawMessage(root, id, place),
    more > 0 && h("p", { class: "thread-more" }, `${more} more ${more === 1 ? "reply" : "replies"}`),
    last.map((message) => drawMessage(message, id, place)),
    h("button", { type: "button", class: "button", on: { click: open } }, "Open thread"),
  );
}

export class ThreadsView {
  constructor() {
    this.list = h("div", { class: "thread-cards" });
    this.node = h("div", { class: "scroller top", data: { testid: "threads" } }, this.list);
    this.head = h("header", { class: "place-head" }, h("div", { class: "place-title" }, h("h1", null, "Threads")));
    this.off = on("unread", () => this.read());
    this.read();
  }

  read() {
    attempt(async () => this.show((await get("threads", { user: state.me })).threads));
  }

  show(threads) {
    const none = h(
      "div",
      { class: "quiet" },
      h("h2", null, "No threads yet"),
      h("p", null, "Threads that you start, answer or are mentioned in appear here."),
    );
    reconcile(
      this.list,
      threads.length
        ? threads.map((one) => ({
            key: `${one.channel}:${one.root.ts}`,
            sign: JSON.stringify([one, unreadOf(one.channel, one.root.ts).count]),
            make: () => card(one),
          }))
        : [{ key: "none", sign: "", make: () => none }],
    );
  }

  close() {
    this.off();
  }
}
