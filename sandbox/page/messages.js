// The scrolling list of a channel or thread: day lines, grouping, the line before what is new, and staying at the end.
import { authorOf } from "./actions.js";
import { dateOf, dayKey, dayLabel } from "./dates.js";
import { h, reconcile } from "./dom.js";
import { entries, isBroadcast, isLoaded, load } from "./log.js";
import { drawMessage, isSystem } from "./message.js";
import { state } from "./store.js";
import { ensureToolbar } from "./toolbar.js";

const PAGE = 100;
const GROUP_SECONDS = 300;
const NEAR_END = 60;
const STUCK = 8;

function groupsWith(before, message) {
  if (!before || isSystem(before) || isSystem(message) || before.ephemeral_to || message.ephemeral_to)
    return false;
  if (before.username !== message.username || isBroadcast(before) || isBroadcast(message)) return false;
  return authorOf(before) === authorOf(message) && Number(message.ts) - Number(before.ts) < GROUP_SECONDS;
}

// The line stays where the day begins; its label sticks to the top while that day is read.
const dayItems = (day, label) => [
  { key: `line-${day}`, sign: "", make: () => h("div", { class: "day-line" }) },
  {
    key: `day-${day}`,
    sign: label,
    make: () => h("div", { class: "day", role: "separator" }, h("span", null, label)),
  },
];

export class MessageList {
  constructor({ channel, thread = null, intro = null, label }) {
    Object.assign(this, { channel, thread, intro, shown: PAGE, editing: null, newFrom: null, stick: true });
    this.log = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": label });
    this.node = h("div", { class: "scroller", tabindex: "-1" }, this.intro, this.log);
    this.node.addEventListener("scroll", () => this.scrolled(), { passive: true });
    for (const name of ["pointerover", "focusin"])
      this.log.addEventListener(name, (event) => this.hovered(event));
    this.log.addEventListener("keydown", (event) => this.keyed(event));
    new ResizeObserver(() => this.stick && this.toEnd()).observe(this.node);
    new ResizeObserver(() => this.stick && this.toEnd()).observe(this.log);
  }

  get key() {
    return this.thread ? `${this.channel}:${this.thread}` : this.channel;
  }

  async open({ highlight } = {}) {
    this.draw();
    await load(this.channel, this.thread);
    this.draw();
    this.log.setAttribute("aria-live", "polite");
    if (highlight) this.highlight(highlight);
    else this.toEnd();
  }

  all() {
    return entries(this.channel, this.thread);
  }

  find(ts) {
    return this.all().find((entry) => entry.message.ts === ts)?.message;
  }

  items() {
    const all = this.all();
    const from = Math.max(0, all.length - this.shown);
    this.hasMore = from > 0;
    const items = [];
    all.slice(from).forEach((entry, index, list) => {
      const before = list[index - 1]?.message;
      this.separators(items, entry.message, before);
      items.push(this.item(entry, before, index));
    });
    return items;
  }

  separators(items, message, before) {
    const day = dayKey(dateOf(message.ts));
    const label = dayLabel(dateOf(message.ts));
    if (!this.thread && (!before || dayKey(dateOf(before.ts)) !== day)) items.push(...dayItems(day, label));
    if (this.newFrom === message.ts)
      items.push({
        key: "new",
        sign: "new",
        make: () => h("div", { class: "new-line", role: "separator" }, h("span", null, "New")),
      });
    if (this.thread && before?.ts === this.thread) {
      const count = this.all().filter(
        (entry) => entry.message.ts !== this.thread && !entry.message.ephemeral_to,
      ).length;
      if (count)
        items.push({
          key: "replies",
          sign: String(count),
          make: () =>
            h(
              "div",
              { class: "replies-line", role: "separator" },
              `${count} ${count === 1 ? "reply" : "replies"}`,
            ),
        });
    }
  }

  item({ message, rev }, before) {
    const fresh = this.newFrom === message.ts || (this.thread && before?.ts === this.thread);
    const sameDay = before && (this.thread || dayKey(dateOf(before.ts)) === dayKey(dateOf(message.ts)));
    const compact = !fresh && Boolean(sameDay) && groupsWith(before, message);
    const editing = this.editing === message.ts;
    return {
      key: `m-${message.ts}`,
      sign: `${rev}|${compact}|${editing}|${state.me}`,
      make: () =>
        drawMessage(message, this.channel, {
          compact,
          editing,
          inThread: Boolean(this.thread),
          stopEditing: () => this.edit(null),
        }),
    };
  }

  draw() {
    const stay = this.stick;
    reconcile(this.log, this.items());
    this.node.classList.toggle("empty", isLoaded(this.channel, this.thread) && !this.log.children.length);
    this.makeReachable();
    if (this.intro) this.intro.hidden = Boolean(this.hasMore);
    if (stay) this.toEnd();
  }

  // One message is in the tab order, the last; the arrow keys lead to the others.
  makeReachable() {
    for (const node of this.log.querySelectorAll(":scope > [tabindex='0']")) node.tabIndex = -1;
    const last = [...this.log.children].findLast((node) => node.matches("[data-testid=message]"));
    if (last) last.tabIndex = 0;
  }

  edit(ts) {
    this.editing = ts;
    this.draw();
    if (!ts) this.onEdited?.();
  }

  // Arrow up in an empty composer edits the last own message, as in Slack.
  editLast() {
    const own = this.all()
      .filter(({ message }) => message.user === state.me && !message.ephemeral_to && !isSystem(message))
      .at(-1);
    if (own) this.edit(own.message.ts);
    return Boolean(own);
  }

  toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.node;
    this.stick = scrollHeight - scrollTop - clientHeight < NEAR_END;
    this.showOneDay();
    if (scrollTop > 200 || !this.hasMore) return;
    this.shown += PAGE;
    this.draw();
    this.node.scrollTop = scrollTop + this.node.scrollHeight - scrollHeight;
  }

  // Of the labels that stick to the top only the latest is shown.
  showOneDay() {
    const top = this.node.getBoundingClientRect().top + STUCK;
    const days = [...this.log.querySelectorAll(":scope > .day")];
    const stuck = days.filter((day) => day.getBoundingClientRect().top <= top);
    for (const day of days) day.classList.toggle("passed", stuck.includes(day) && day !== stuck.at(-1));
  }

  hovered(event) {
    const node = event.target.closest?.("[data-testid=message]");
    const message = node && this.find(node.dataset.ts);
    if (message)
      ensureToolbar(node, this.channel, message, {
        inThread: Boolean(this.thread),
        startEditing: () => this.edit(message.ts),
      });
  }

  keyed(event) {
    if (!event.target.matches("[data-testid=message]") || !["ArrowUp", "ArrowDown"].includes(event.key))
      return;
    const nodes = [...this.log.querySelectorAll("[data-testid=message]")];
    const next = nodes[nodes.indexOf(event.target) + (event.key === "ArrowUp" ? -1 : 1)];
    event.preventDefault();
    next?.focus();
  }

  highlight(ts) {
    const at = this.all().findIndex((entry) => entry.message.ts === ts);
    if (at < 0) return this.toEnd();
    this.shown = Math.max(this.shown, this.all().length - at + 20);
    this.stick = false;
    this.draw();
    const node = this.log.querySelector(`[data-ts="${ts}"]`);
    node.scrollIntoView({ block: "center" });
    node.classList.add("flash");
    setTimeout(() => node.classList.remove("flash"), 2600);
  }
}
