// Where messages and commands are written: rich text, files, completion, drafts that survive, and sending.
import { runShortcut } from "./actions.js";
import { post } from "./api.js";
import { Attachments } from "./attachments.js";
import { postAsApp, sendSignal } from "./byhand.js";
import { Completion } from "./completion.js";
import { h } from "./dom.js";
import { Editor } from "./editor.js";
import { emojiChar } from "./emoji.js";
import { icon } from "./icons.js";
import { tableOf } from "./pasted.js";
import { openEmojiPicker } from "./picker.js";
import { openMenu } from "./popover.js";
import { roving } from "./roving.js";
import { commands, shortcuts, state } from "./store.js";
import { typingLine } from "./typing.js";

const TYPING_PAUSE = 3000;

export class Composer {
  constructor({ channel, thread = null, placeholder, testid, onArrowUp, onSent }) {
    Object.assign(this, { channel, thread, onArrowUp, onSent, told: 0 });
    this.draftKey = `sandbox-draft|${state.me}|${channel}|${thread ?? ""}`;
    this.editor = new Editor({
      label: placeholder,
      placeholder,
      testid,
      onInput: () => this.typed(),
      onKey: (event) => this.keyed(event),
    });
    this.editor.area.classList.add("composer-text");
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
      {
        class: "composer-box",
        on: {
          dragover: (event) => this.dragged(event),
          dragleave: () => this.box.classList.remove("dropping"),
          drop: (event) => this.dropped(event),
          paste: (event) => this.pasted(event),
        },
      },
      this.editor.tools,
      this.editor.area,
      this.files.node,
      this.buttons(),
    );
    // Before the editor takes what was pasted as text.
    this.editor.area.addEventListener("paste", (event) => this.pasted(event), true);
    this.node = h(
      "form",
      { class: "composer", "aria-label": placeholder, on: { submit: (event) => event.preventDefault() } },
      this.note,
      this.box,
      typingLine(channel, thread),
    );
    this.completion = new Completion(this.editor, this.box, { commands: true });
    this.editor.set(this.draft());
    this.refresh();
  }

  draft() {
    try {
      return JSON.parse(sessionStorage.getItem(this.draftKey));
    } catch {
      return null;
    }
  }

  focus() {
    this.editor.focus({ preventScroll: true });
  }

  dragged(event) {
    event.preventDefault();
    this.box.classList.add("dropping");
  }

  dropped(event) {
    this.box.classList.remove("dropping");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    this.files.add(event.dataTransfer.files);
  }

  // Files become files, and the cells of a spreadsheet a table below the text; all else is text.
  pasted(event) {
    if (event.defaultPrevented || !event.clipboardData) return;
    const rows = tableOf(event.clipboardData);
    if (!event.clipboardData.files.length && !rows) return;
    event.preventDefault();
    if (rows) this.files.addTable(rows);
    else this.files.add(event.clipboardData.files);
  }

  tool(name, label, run, extra) {
    const attributes = { type: "button", class: "tool", "aria-label": label, title: label, ...extra };
    const button = h("button", { ...attributes, on: { click: () => run(button) } }, icon(name, { size: 17 }));
    return button;
  }

  buttons() {
    const tools = h(
      "div",
      { class: "composer-tools", role: "toolbar", "aria-label": "Message tools" },
      this.files.picker,
      this.tool("plus", "Attach a file", () => this.files.picker.click()),
      this.tool(
        "smile",
        "Emoji",
        (anchor) => openEmojiPicker(anchor, (name) => this.editor.insert(emojiChar(name))),
        { "aria-haspopup": "dialog", "aria-expanded": "false" },
      ),
      this.tool("at", "Mention a person", () => this.mention()),
      this.tool("bolt", "Shortcuts", (anchor) => this.openShortcuts(anchor), {
        "aria-haspopup": "menu",
        "aria-expanded": "false",
      }),
      h("span", { class: "composer-hint" }, "Shift + Enter for a new line"),
    );
    roving(tools);
    return h("div", { class: "composer-foot" }, tools, this.send);
  }

  mention() {
    this.focus();
    const before = this.editor.lineBefore ?? "";
    this.editor.insert(before && !/\s$/.test(before) ? " @" : "@");
  }

  openShortcuts(anchor) {
    const offered = this.thread ? [] : commands();
    const global = state.apps
      .map((one) => ({ one, own: shortcuts("global").filter((shortcut) => shortcut.app === one) }))
      .filter(({ own }) => own.length);
    openMenu(
      anchor,
      [
        ...global.flatMap(({ one, own }) => [
          { heading: `${one.name} shortcuts` },
          ...own.map((shortcut) => ({
            label: shortcut.name,
            hint: shortcut.description,
            icon: "bolt",
            data: { callback: shortcut.callback_id },
            run: () => runShortcut(shortcut),
          })),
        ]),
        offered.length && { separator: true },
        offered.length && { heading: "Commands" },
        ...offered.map((one) => ({
          label: one.command,
          hint: one.description,
          icon: "chat",
          run: () => {
            this.set(`${one.command} `);
            this.focus();
          },
        })),
        { separator: true },
        { label: "Post as another app…", icon: "pulse", run: () => postAsApp(this.channel) },
        { label: "Send an alert…", icon: "pulse", run: () => sendSignal() },
      ],
      { label: "Shortcuts" },
    );
  }

  typed() {
    this.keep();
    this.say(null);
    this.refresh();
    this.tellTyping();
  }

  keep() {
    const block = this.editor.block;
    if (block) sessionStorage.setItem(this.draftKey, JSON.stringify(block));
    else sessionStorage.removeItem(this.draftKey);
  }

  tellTyping() {
    if (this.editor.isEmpty || Date.now() - this.told < TYPING_PAUSE) return;
    this.told = Date.now();
    post("typing", { user: state.me, channel: this.channel, thread_ts: this.thread }).catch(() => {
      // Others only miss that this person types.
    });
  }

  refresh() {
    const ready = (!this.editor.isEmpty || this.files.any) && !this.files.busy;
    this.send.disabled = !ready;
  }

  say(text) {
    this.note.hidden = !text;
    this.note.textContent = text ?? "";
  }

  // True when the key was used here, before the editor takes it.
  keyed(event) {
    if (this.completion.key(event)) return true;
    const inFrame = this.editor.inside("pre");
    if (event.key === "Enter" && !event.shiftKey && !inFrame) this.submit();
    else if (event.key === "ArrowUp" && this.editor.isEmpty && this.onArrowUp?.()) this.completion.hide();
    else return false;
    event.preventDefault();
    return true;
  }

  async submit() {
    const block = this.editor.block;
    const text = this.editor.text;
    if ((!block && !this.files.any) || this.files.busy) return;
    const held = this.files.take();
    this.set(null);
    this.completion.hide();
    try {
      await this.deliver(block, text, held);
      this.onSent?.();
    } catch (error) {
      // Nothing that was typed is lost: it comes back in front of what was written since.
      const since = this.editor.block;
      this.set(since ? { ...block, elements: [...(block?.elements ?? []), ...since.elements] } : block);
      this.files.giveBack(held);
      this.say(error.message);
    }
  }

  set(value) {
    this.editor.set(value);
    this.keep();
    this.say(null);
    this.refresh();
  }

  deliver(block, text, { files, tables }) {
    const where = { user: state.me, channel: this.channel, thread_ts: this.thread ?? undefined };
    const command = text.trimEnd().match(/^(\/[\w-]+)(?:\s+([\s\S]*))?$/);
    if (command && !files.length && !tables.length) return this.command(command[1], command[2] ?? "");
    if (tables.length) return post("table", { ...where, text, rows: tables[0].rows });
    return post("message", {
      ...where,
      blocks: block ? [block] : undefined,
      files: files.length ? files.map((file) => file.id) : undefined,
    });
  }

  async command(name, text) {
    if (name === "/me" && text.trim())
      return post("message", { user: state.me, channel: this.channel, text, me: true, thread_ts: this.thread });
    if (this.thread) throw new Error(`${name} cannot be used in a thread. Use it in the channel instead.`);
    if (!commands().some((one) => one.command === name))
      throw new Error(`${name} is not a command here. To send it as a message, put a space in front.`);
    const answer = await post("command", { user: state.me, channel: this.channel, command: name, text });
    // The sandbox has told the person why in the channel; the command comes back to be tried again.
    if (answer.ok === false) throw new Error("");
    return answer;
  }
}

