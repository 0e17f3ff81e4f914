// Where messages and commands are written: formatting, files, completion, drafts that survive, and sending.
import { runShortcut } from "./actions.js";
import { post } from "./api.js";
import { Attachments } from "./attachments.js";
import { Completion } from "./completion.js";
import { h } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { icon } from "./icons.js";
import { openEmojiPicker } from "./picker.js";
import { openMenu } from "./popover.js";
import { app, state } from "./store.js";

const MARKS = [
  ["bold", "Bold", "*", "*"],
  ["italic", "Italic", "_", "_"],
  ["strike", "Strikethrough", "~", "~"],
  ["code", "Code", "`", "`"],
  ["quote", "Quote", "> ", ""],
  ["list", "List", "• ", ""],
];
const SHORTCUT_KEYS = { b: 0, i: 1 };

export class Composer {
  constructor({ channel, thread = null, placeholder, testid, onArrowUp, onSent }) {
    Object.assign(this, { channel, thread, onArrowUp, onSent });
    this.draftKey = `sandbox-draft|${state.me}|${channel}|${thread ?? ""}`;
    this.area = h("textarea", {
      class: "composer-text",
      rows: 1,
      placeholder,
      "aria-label": placeholder,
      data: { testid },
      spellcheck: "true",
      autocomplete: "off",
    });
    this.area.value = sessionStorage.getItem(this.draftKey) ?? "";
    this.files = new Attachments(() => this.refresh());
    this.note = h("div", { class: "composer-note", role: "alert", hidden: true });
    this.send = h(
      "button",
      {
        type: "button",
        class: "send",
        "aria-label": "Send",
        title: "Send (Enter)",
        data: { testid: thread ? "thread-send" : "send" },
        on: { click: () => this.submit() },
      },
      icon("send"),
    );
    this.box = h(
      "div",
      { class: "composer-box" },
      this.formatting(),
      this.area,
      this.files.node,
      this.buttons(),
    );
    this.node = h(
      "form",
      { class: "composer", "aria-label": placeholder, on: { submit: (event) => event.preventDefault() } },
      this.note,
      this.box,
    );
    this.completion = new Completion(this.area, this.box);
    this.listen();
    this.refresh();
  }

  listen() {
    this.area.addEventListener("input", () => this.typed());
    this.area.addEventListener("keydown", (event) => this.keyed(event));
    this.area.addEventListener(
      "paste",
      (event) =>
        event.clipboardData?.files.length &&
        (event.preventDefault(), this.files.add(event.clipboardData.files)),
    );
    this.box.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.box.classList.add("dropping");
    });
    this.box.addEventListener("dragleave", () => this.box.classList.remove("dropping"));
    this.box.addEventListener("drop", (event) => {
      event.preventDefault();
      this.box.classList.remove("dropping");
      this.files.add(event.dataTransfer.files);
    });
    requestAnimationFrame(() => this.grow());
  }

  tool(name, label, run) {
    const button = h(
      "button",
      { type: "button", class: "tool", "aria-label": label, title: label, on: { click: () => run(button) } },
      icon(name, { size: 17 }),
    );
    return button;
  }

  formatting() {
    return h(
      "div",
      { class: "format", role: "toolbar", "aria-label": "Formatting" },
      MARKS.map(([name, label, open, close]) => this.tool(name, label, () => this.wrap(open, close))),
    );
  }

  buttons() {
    return h(
      "div",
      { class: "composer-tools" },
      this.files.picker,
      this.tool("plus", "Attach a file", () => this.files.picker.click()),
      this.tool("smile", "Emoji", (anchor) =>
        openEmojiPicker(anchor, (name) => this.insert(EMOJI.get(name))),
      ),
      this.tool("at", "Mention somebody", () => this.insert("@")),
      this.tool("bolt", "Shortcuts", (anchor) => this.openShortcuts(anchor)),
      h("span", { class: "composer-hint" }, "Shift + Enter for a new line"),
      this.send,
    );
  }

  openShortcuts(anchor) {
    const shortcuts = (app().shortcuts ?? []).filter((one) => one.type === "global");
    const commands = this.thread ? [] : (app().commands ?? []);
    openMenu(
      anchor,
      [
        { heading: `${app().name} shortcuts` },
        ...shortcuts.map((one) => ({
          label: one.name,
          hint: one.description,
          icon: "bolt",
          data: { callback: one.callback_id },
          run: () => runShortcut(one),
        })),
        commands.length && { separator: true },
        commands.length && { heading: "Commands" },
        ...commands.map((one) => ({
          label: one.command,
          hint: one.description,
          icon: "chat",
          run: () => {
            this.area.value = `${one.command} `;
            this.typed();
            this.area.focus();
          },
        })),
      ],
      { label: "Shortcuts" },
    );
  }

  wrap(open, close) {
    const { selectionStart: start, selectionEnd: end, value } = this.area;
    this.area.setRangeText(open + value.slice(start, end) + close, start, end, "end");
    if (start === end && close) this.area.setSelectionRange(start + open.length, start + open.length);
    this.typed();
    this.area.focus();
  }

  insert(text) {
    const { selectionStart: start, value } = this.area;
    const gap = text === "@" && start && !/\s/.test(value[start - 1]) ? " " : "";
    this.area.setRangeText(gap + text, start, this.area.selectionEnd, "end");
    this.area.focus();
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  typed() {
    sessionStorage.setItem(this.draftKey, this.area.value);
    this.say(null);
    this.grow();
    this.refresh();
  }

  grow() {
    this.area.style.setProperty("height", "auto");
    this.area.style.setProperty("height", `${Math.min(this.area.scrollHeight, innerHeight * 0.4)}px`);
  }

  refresh() {
    const ready = (this.area.value.trim() || this.files.files.length) && !this.files.busy;
    this.send.disabled = !ready;
  }

  say(text) {
    this.note.hidden = !text;
    this.note.textContent = text ?? "";
  }

  keyed(event) {
    if (event.isComposing || this.completion.key(event)) return;
    const mark = (event.ctrlKey || event.metaKey) && SHORTCUT_KEYS[event.key];
    if (event.key === "Enter" && !event.shiftKey) this.submit();
    else if (event.key === "ArrowUp" && !this.area.value && this.onArrowUp?.()) this.completion.hide();
    else if (typeof mark === "number") this.wrap(MARKS[mark][2], MARKS[mark][3]);
    else return;
    event.preventDefault();
  }

  async submit() {
    const raw = this.area.value;
    const text = raw.trim();
    if ((!text && !this.files.files.length) || this.files.busy) return;
    const files = this.files.ids;
    const held = this.files.take();
    this.set("");
    this.completion.hide();
    try {
      await this.deliver(raw, files);
      this.onSent?.();
    } catch (error) {
      // Nothing that was typed is lost: it comes back in front of what was written since.
      this.set(this.area.value ? `${text}\n${this.area.value}` : text);
      this.files.giveBack(held);
      this.say(error.message);
    }
  }

  set(text) {
    this.area.value = text;
    this.typed();
  }

  deliver(raw, files) {
    const text = raw.trim();
    const command = raw.trimEnd().match(/^(\/[\w-]+)(?:\s+([\s\S]*))?$/);
    if (command && !files.length) return this.command(command[1], command[2] ?? "");
    return post("message", {
      user: state.me,
      channel: this.channel,
      text,
      thread_ts: this.thread ?? undefined,
      files: files.length ? files : undefined,
    });
  }

  async command(name, text) {
    if (this.thread) throw new Error(`${name} cannot be used in a thread. Use it in the channel instead.`);
    if (!(app().commands ?? []).some((one) => one.command === name))
      throw new Error(`${name} is not a command here. To send it as a message, put a space in front.`);
    const answer = await post("command", { user: state.me, channel: this.channel, command: name, text });
    // The sandbox has told the person why in the channel; the command comes back to be tried again.
    if (answer.ok === false) throw new Error("");
  }
}
