// The scrolling list of a channel or thread: day lines, grouping, the line before what is new, and a window on long ones.
import { authorOf } from "./actions.js";
import { dateOf, dayKey, dayLabel } from "./dates.js";
import { h } from "./dom.js";
import * as log from "./log.js";
import { drawMessage, isSystem } from "./message.js";
import { reconcile } from "./patch.js";
import { now, state } from "./store.js";
import { dropToolbar, ensureToolbar } from "./toolbar.js";

const STEP = 50;
const WINDOW = 150;
const GROUP_SECONDS = 300;
const NEAR_END = 60;
const DRAW_PAUSE = 100;
const NEAR_EDGE = 400;
const STUCK = 8;
const MESSAGE = "[data-testid=message]";

function groupsWith(before, message) {
  if (!before || isSystem(before) || isSystem(message) || before.ephemeral_to || message.ephemeral_to)
    return false;
  if (before.username !== message.username || log.isBroadcast(before) || log.isBroadcast(message))
    return false;
  return authorOf(before) === authorOf(message) && Number(message.ts) - Number(before.ts) < GROUP_SECONDS;
}

// The line stays where the day begins; its label sticks to the top while that day is read.
const dayItems = (day, label) => [
  { key: `line-${day}`, sign: "", make: () => h("div", { class: "day-line" }) },
  {
    key: `day-${day}`,
    sign: label,
    make: () => h("div", { class: "day" }, h("span", null, label)),
  },
];

const line = (key, className, label) => ({
  key,
  sign: label,
  make: () => h("div", { class: className }, h("span", null, label)),
});

export class MessageList {
  constructor({ channel, thread = null, intro = null, label }) {
    Object.assign(this, { channel, thread, intro, editing: null, newFrom: null, stick: true });
    // `end` is the last message shown while the person reads further up; null follows what is new.
    Object.assign(this, { shown: STEP, end: null, current: null, waiting: 0 });
    this.log = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": label });
    this.node = h("div", { class: "scroller", tabindex: "-1" }, this.intro, this.log);
    this.node.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.log.addEventListener("pointerover", (event) => this.reached(event));
    this.log.addEventListener("focusin", (event) => this.reached(event));
    this.log.addEventListener("focusout", (event) => this.left(event));
    this.log.addEventListener("keydown", (event) => this.keyed(event));
    new ResizeObserver(() => this.stick && this.toEnd()).observe(this.node);
    new ResizeObserver(() => this.stick && this.toEnd()).observe(this.log);
  }

  get key() {
    return this.thread ? `${this.channel}:${this.thread}` : this.channel;
  }

  async open({ highlight, lastRead = null } = {}) {
    this.draw();
    if (highlight) await log.loadAround(this.channel, this.thread, highlight);
    else await log.load(this.channel, this.thread);
    if (lastRead) this.newFrom = this.firstAfter(lastRead);
    this.draw();
    this.log.setAttribute("aria-live", "polite");
    if (highlight) this.highlight(highlight);
    else this.toEnd();
  }

  firstAfter(lastRead) {
    const fresh = this.all().find(
      ({ message }) => Number(message.ts) > Number(lastRead) && authorOf(message) !== state.me,
    );
    return fresh?.message.ts ?? null;
  }

  all() {
    return log.entries(this.channel, this.thread);
  }

  find(ts) {
    return log.find(this.channel, ts, this.thread);
  }

  // The part of the window, from the first message to the one after its last.
  span(all) {
    const at = this.end === null ? -1 : all.findLastIndex(({ message }) => message.ts <= this.end);
    const to = at < 0 ? all.length : at + 1;
    return [Math.max(0, to - this.shown), to];
  }

  // The part that is drawn: also what is being written, and what is focused as long as it is near. From farther away
  // the focus goes to the nearest message that is drawn, since a storm would otherwise be drawn whole.
  range(all) {
    const [from, to] = this.span(all);
    const held = this.editing ?? this.focused();
    const heldAt = held ? indexOf(all, held) : -1;
    if (heldAt < 0) return [from, to];
    const both = [Math.min(from, heldAt), Math.max(to, heldAt + 1)];
    return this.editing || both[1] - both[0] <= WINDOW + STEP ? both : [from, to];
  }

  focused() {
    const active = document.activeElement;
    return this.log.contains(active) ? active.closest(MESSAGE)?.dataset.ts : undefined;
  }

  refocus(ts) {
    if (!ts || this.log.contains(document.activeElement)) return;
    const nodes = this.nodes();
    (nodes.find((node) => node.dataset.ts > ts) ?? nodes.at(-1))?.focus({ preventScroll: true });
  }

  items() {
    const all = this.all();
    const [from, to] = this.range(all);
    this.hasMore = from > 0 || log.hasOlder(this.channel, this.thread);
    this.hasLess = to < all.length || log.hasNewer(this.channel, this.thread);
    const items = [];
    for (let at = from; at < to; at += 1) {
      const before = all[at - 1]?.message;
      this.separators(items, all[at].message, at === from ? null : before);
      items.push(this.item(all[at], at === from ? null : before));
    }
    return items;
  }

  separators(items, message, before) {
    const date = dateOf(message.ts);
    const day = dayKey(date);
    if (!this.thread && (!before || dayKey(dateOf(before.ts)) !== day))
      items.push(...dayItems(day, dayLabel(date)));
    if (this.newFrom === message.ts) items.push(line("new", "new-line", "New"));
    if (this.thread && before?.ts === this.thread) {
      const count = this.find(this.thread)?.reply_count ?? 0;
      if (count)
        items.push(line("replies", "replies-line", `${count} ${count === 1 ? "reply" : "replies"}`));
    }
  }

  item({ message, rev }, before) {
    const fresh = this.newFrom === message.ts || (this.thread && before?.ts === this.thread);
    const sameDay = before && (this.thread || dayKey(dateOf(before.ts)) === dayKey(dateOf(message.ts)));
    const compact = !fresh && Boolean(sameDay) && groupsWith(before, message);
    const editing = this.editing === message.ts;
    const make = () => {
      const place = { compact, editing, inThread: Boolean(this.thread), stopEditing: () => this.edit(null) };
      const node = drawMessage(message, this.channel, place);
      const isCurrent = this.current === message.ts;
      node.tabIndex = isCurrent ? 0 : -1;
      if (!isCurrent && !editing) passOver(node);
      return node;
    };
    // Words such as "today" in a message change with the day, so the day belongs to its sign.
    return { key: `m-${message.ts}`, sign: `${rev}|${compact}|${editing}|${state.me}|${this.today}`, make };
  }

  // Many changes in one moment are drawn once.
  drawSoon() {
    if (this.waiting) return;
    const since = performance.now() - (this.drawn ?? -Infinity);
    this.waiting = setTimeout(
      () => {
        this.waiting = 0;
        this.drawn = performance.now();
        if (this.node.isConnected) this.draw();
      },
      Math.max(0, DRAW_PAUSE - since),
    );
  }

  draw() {
    const stay = this.stick;
    const mark = stay ? null : this.mark();
    this.today = dayKey(now());
    if (stay && this.end === null) log.trim(this.channel, this.thread);
    const held = this.focused();
    reconcile(this.log, this.items());
    this.refocus(held);
    this.node.classList.toggle("empty", log.isLoaded(this.channel, this.thread) && !this.log.children.length);
    this.makeReachable();
    if (this.intro) this.intro.hidden = Boolean(this.hasMore);
    if (stay) this.toEnd();
    else this.backTo(mark);
  }

  // What stood at the top of the view, to be put there again when messages come or go above it.
  mark() {
    const top = this.node.getBoundingClientRect().top;
    const node = [...this.log.children].find((one) => one.getBoundingClientRect().bottom > top && one.dataset.ts);
    return node && { node, at: node.getBoundingClientRect().top };
  }

  backTo(mark) {
    if (mark?.node.isConnected) this.node.scrollTop += mark.node.getBoundingClientRect().top - mark.at;
  }

  nodes() {
    return [...this.log.querySelectorAll(`:scope > ${MESSAGE}`)];
  }

  // One message is in the tab order, the one last visited or the newest; the arrow keys lead to the others.
  makeReachable() {
    const nodes = this.nodes();
    if (!nodes.length) return;
    const here = nodes.find((node) => node.dataset.ts === this.current);
    if (!here || (this.stick && !this.log.contains(document.activeElement))) this.choose(nodes.at(-1));
  }

  choose(node) {
    if (this.current === node.dataset.ts && node.tabIndex === 0) return;
    for (const other of this.nodes()) {
      if (other === node || other.tabIndex !== 0) continue;
      other.tabIndex = -1;
      passOver(other);
    }
    this.current = node.dataset.ts;
    node.tabIndex = 0;
    for (const one of node.querySelectorAll("[data-passed]")) {
      if (one.dataset.passed) one.setAttribute("tabindex", one.dataset.passed);
      else one.removeAttribute("tabindex");
      one.removeAttribute("data-passed");
    }
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

  // Shows the newest again, wherever the person has read.
  async toNewest() {
    this.end = null;
    this.shown = STEP;
    this.stick = true;
    await log.load(this.channel, this.thread);
    this.draw();
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.node;
    const left = scrollHeight - scrollTop - clientHeight;
    this.stick = left < NEAR_END && !this.hasLess;
    const all = this.all();
    if (!this.stick && this.end === null) this.end = all.at(-1)?.message.ts ?? null;
    if (this.stick) Object.assign(this, { end: null, shown: Math.min(this.shown, WINDOW) });
    this.showOneDay();
    if (scrollTop < NEAR_EDGE && this.hasMore) this.moveUp(all);
    else if (left < NEAR_EDGE && this.hasLess) this.moveDown(all);
  }

  async moveUp(all) {
    if (this.moving) return;
    this.moving = true;
    try {
      const [from, to] = this.span(all);
      if (from === 0) await log.loadOlder(this.channel, this.thread);
      if (this.shown < WINDOW) this.shown += STEP;
      else this.end = all[Math.max(0, to - 1 - STEP)]?.message.ts ?? this.end;
      this.draw();
    } finally {
      this.moving = false;
    }
  }

  async moveDown(all) {
    if (this.moving) return;
    this.moving = true;
    try {
      let [, to] = this.span(all);
      if (to >= all.length) await log.loadNewer(this.channel, this.thread);
      const known = this.all();
      to = Math.min(known.length, to + STEP);
      const atEnd = to === known.length && !log.hasNewer(this.channel, this.thread);
      this.end = atEnd ? null : known[to - 1].message.ts;
      this.shown = Math.min(WINDOW, this.shown + STEP);
      this.draw();
    } finally {
      this.moving = false;
    }
  }

  // Of the labels that stick to the top only the latest is shown.
  showOneDay() {
    const top = this.node.getBoundingClientRect().top + STUCK;
    const days = [...this.log.querySelectorAll(":scope > .day")];
    const stuck = days.filter((day) => day.getBoundingClientRect().top <= top);
    for (const day of days) day.classList.toggle("passed", stuck.includes(day) && day !== stuck.at(-1));
  }

  reached(event) {
    const node = event.target.closest?.(MESSAGE);
    const ts = node?.dataset.ts;
    if (!node || !this.find(ts)) return;
    if (this.barred && this.barred !== node) dropToolbar(this.barred);
    this.barred = node;
    if (event.type === "focusin") this.choose(node);
    ensureToolbar(node, this.channel, () => this.find(ts), {
      inThread: Boolean(this.thread),
      startEditing: () => this.edit(ts),
    });
  }

  left(event) {
    const node = event.target.closest?.(MESSAGE);
    if (node && !node.contains(event.relatedTarget)) queueMicrotask(() => dropToolbar(node));
  }

  async keyed(event) {
    const keys = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    if (!event.target.matches(MESSAGE) || !(event.key in keys)) return;
    event.preventDefault();
    const ts = event.target.dataset.ts;
    const [first, last] = [this.nodes()[0], this.nodes().at(-1)];
    const outward = keys[event.key] < 0 ? event.target === first : event.target === last;
    if (outward || Math.abs(keys[event.key]) > 1) await this.reachFor(event.key, outward);
    const nodes = this.nodes();
    const at = nodes.findIndex((node) => node.dataset.ts === ts);
    const to = Math.max(0, Math.min(nodes.length - 1, at + keys[event.key]));
    nodes[to]?.focus();
  }

  // Home and End go to the edge of what there is, an arrow to the message beyond what is drawn.
  async reachFor(key, outward) {
    if (key === "End") return this.hasLess && this.toNewest();
    if (!outward && key !== "Home") return undefined;
    const up = /Up|Home/.test(key);
    return up && this.hasMore ? this.moveUp(this.all()) : this.hasLess && !up && this.moveDown(this.all());
  }

  highlight(ts) {
    const at = indexOf(this.all(), ts);
    if (at < 0) return this.toEnd();
    const all = this.all();
    this.stick = false;
    this.shown = STEP;
    this.end = all[Math.min(all.length - 1, at + STEP / 2)].message.ts;
    this.draw();
    const node = this.log.querySelector(`[data-ts="${ts}"]`);
    node.scrollIntoView({ block: "center" });
    node.classList.add("flash");
    setTimeout(() => node.classList.remove("flash"), 2600);
  }

  async jump(ts) {
    await log.loadAround(this.channel, this.thread, ts);
    this.highlight(ts);
  }
}

const indexOf = (all, ts) => all.findIndex(({ message }) => message.ts === ts);

// Takes what can be focused in a message out of the tab order until that message is reached.
function passOver(node) {
  for (const one of node.querySelectorAll("a[href], button, input, textarea, select, [tabindex='0']")) {
    if (one.closest(".toolbar") || one.getAttribute("tabindex") === "-1") continue;
    one.setAttribute("data-passed", one.getAttribute("tabindex") ?? "");
    one.tabIndex = -1;
  }
}
