// An area in which a person writes rich text: bold, lists, code, quotes, links and mentions, all by keyboard too.
import { dialogHead, showDialog } from "./dialog.js";
import { h, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { plainRich, readRich, richNodes, richOf } from "./richvalue.js";
import { roving } from "./roving.js";

const MARKS = [
  ["bold", "Bold", "b"],
  ["italic", "Italic", "i"],
  ["strike", "Strikethrough", "x", true],
  ["code", "Code", "c", true],
  ["link", "Link", "u", true],
  ["quote", "Quote", "9", true],
  ["list", "Bulleted list", "8", true],
  ["numbers", "Numbered list", "7", true],
  ["block", "Code block", "c", true, true],
];
const NATIVE = {
  bold: "bold",
  italic: "italic",
  strike: "strikeThrough",
  list: "insertUnorderedList",
  numbers: "insertOrderedList",
};
const FRAMES = { quote: "blockquote", block: "pre" };
// What begins a line and turns it into something else, as Slack does while a person types.
const BEGINNINGS = { "-": "list", "*": "list", "•": "list", "1.": "numbers", ">": "quote" };

const command = (name, value) => document.execCommand(name, false, value);

export class Editor {
  constructor({ label, placeholder, testid, id, onInput, onKey }) {
    Object.assign(this, { onInput, onKey });
    this.area = h("div", {
      class: "editor-area",
      id,
      contenteditable: "true",
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": label,
      "data-placeholder": placeholder || null,
      spellcheck: "true",
      data: { testid },
      on: {
        input: () => this.changed(),
        keydown: (event) => this.keyed(event),
        beforeinput: (event) => this.before(event),
        paste: (event) => this.pasted(event),
        drop: (event) => this.dropped(event),
        click: (event) => event.target.closest("a") && event.preventDefault(),
      },
    });
    this.tools = this.makeTools();
    document.addEventListener("selectionchange", () => this.area.isConnected && this.showState());
    this.changed({ quiet: true });
  }

  makeTools() {
    const bar = h(
      "div",
      { class: "format", role: "toolbar", "aria-label": "Formatting" },
      MARKS.map(([name, label]) =>
        h(
          "button",
          {
            type: "button",
            class: "tool",
            "aria-label": label,
            title: label,
            "aria-pressed": name === "link" ? null : "false",
            data: { mark: name },
            on: {
              pointerdown: (event) => event.preventDefault(),
              click: () => this.mark(name),
            },
          },
          icon(name, { size: 17 }),
        ),
      ),
    );
    roving(bar);
    return bar;
  }

  // Reading

  get block() {
    return readRich(this.area);
  }

  get text() {
    return plainRich(this.block);
  }

  get isEmpty() {
    return !this.area.textContent.replaceAll("\u200b", "") && !this.area.querySelector("li, blockquote, pre, .chip");
  }

  // The text of the caret's line before it, or null while something is selected.
  get lineBefore() {
    const range = this.range();
    if (!range?.collapsed) return null;
    const line = range.cloneRange();
    line.setStart(this.lineOf(range.startContainer), 0);
    return line.toString();
  }

  get isFirstLine() {
    const range = this.range();
    const all = range.cloneRange();
    all.setStart(this.area, 0);
    return all.toString() === this.lineBefore;
  }

  range() {
    const selection = document.getSelection();
    const range = selection.rangeCount ? selection.getRangeAt(0) : null;
    return range && this.area.contains(range.commonAncestorContainer) ? range : null;
  }

  lineOf(node) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const line = element.closest("div, li, pre, blockquote, p");
    return line && this.area.contains(line) ? line : this.area;
  }

  inside(selector) {
    const node = this.range()?.startContainer;
    const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const found = element?.closest?.(selector);
    return found && this.area.contains(found) ? found : null;
  }

  // Writing

  set(value) {
    const block = typeof value === "string" ? (value ? richOf(value) : null) : value;
    this.area.replaceChildren(...richNodes(block));
    this.changed({ quiet: true });
    if (document.activeElement === this.area) this.toEnd();
  }

  toEnd() {
    const selection = document.getSelection();
    selection.selectAllChildren(this.area);
    if (selection.rangeCount) selection.collapseToEnd(); // none in an archived channel, which shows no composer
  }

  focus(options) {
    const range = this.range();
    this.area.focus(options);
    if (!range) this.toEnd();
  }

  insert(text) {
    this.focus();
    command("insertText", text);
  }

  // Replaces what was typed of a name: by text, or by a chip with a space behind it.
  replaceBefore(length, value) {
    this.focus();
    const selection = document.getSelection();
    for (let at = 0; at < length; at += 1) selection.modify("extend", "backward", "character");
    if (typeof value === "string") return command("insertText", value);
    command("delete");
    const range = this.range();
    range.insertNode(value);
    selection.collapse(value.parentNode, [...value.parentNode.childNodes].indexOf(value) + 1);
    command("insertText", "\u00a0");
    this.changed();
    return true;
  }

  mark(name) {
    this.focus();
    command("styleWithCSS", false);
    command("defaultParagraphSeparator", "div");
    if (NATIVE[name]) command(NATIVE[name]);
    else if (name === "code") this.code();
    else if (name === "link") return this.link();
    else this.frame(FRAMES[name]);
    this.changed();
    return undefined;
  }

  code() {
    const present = this.inside("code");
    const range = this.range();
    const selection = document.getSelection();
    if (present) {
      const after = document.createTextNode("\u200b");
      if (range.collapsed) present.after(after);
      else present.replaceWith(...present.childNodes);
      if (range.collapsed) selection.collapse(after, 1);
      return;
    }
    const node = h("code", null);
    node.append(range.collapsed ? "\u200b" : range.extractContents().textContent);
    range.insertNode(node);
    selection.selectAllChildren(node);
    if (node.textContent === "\u200b") selection.collapseToEnd();
  }

  frame(tag) {
    const inFrame = this.inside(tag);
    command("formatBlock", inFrame ? "div" : tag);
    // What a browser leaves of a frame around its lines is taken away with it.
    if (inFrame?.isConnected) inFrame.replaceWith(...inFrame.childNodes);
  }

  link() {
    const range = this.range()?.cloneRange();
    const chosen = this.inside("a");
    askForLink(range?.toString() ?? "", chosen?.href ?? "", ({ text, url }) => {
      this.area.focus();
      const selection = document.getSelection();
      selection.removeAllRanges();
      if (range) selection.addRange(range);
      const node = h("a", { href: url }, text || url);
      if (chosen) chosen.replaceWith(node);
      else {
        range?.deleteContents();
        (range ?? this.area).insertNode?.(node);
      }
      selection.collapse(node.parentNode, [...node.parentNode.childNodes].indexOf(node) + 1);
      this.changed();
    });
  }

  // Events

  changed({ quiet = false } = {}) {
    this.area.classList.toggle("blank", this.isEmpty);
    if (this.isEmpty && this.area.childNodes.length && !this.inside("b, i, s, code")) {
      const only = this.area.firstChild;
      if (this.area.childNodes.length === 1 && only.nodeName === "BR") only.remove();
    }
    this.showState();
    if (!quiet) this.onInput?.();
  }

  showState() {
    const here = this.range();
    for (const button of this.tools.querySelectorAll("[aria-pressed]")) {
      const name = button.dataset.mark;
      const tag = { code: "code", quote: "blockquote", block: "pre" }[name];
      const on = Boolean(here) && (tag ? Boolean(this.inside(tag)) : document.queryCommandState(NATIVE[name]));
      button.setAttribute("aria-pressed", String(on));
    }
  }

  keyed(event) {
    if (event.isComposing || this.onKey?.(event)) return;
    const held = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const wanted = MARKS.find(
      ([, , letter, shift, alt]) =>
        (event.code === `Digit${letter}` || key === letter) &&
        Boolean(shift) === event.shiftKey &&
        Boolean(alt) === event.altKey,
    );
    if (held && wanted) this.mark(wanted[0]);
    else if (held && (key === "]" || key === "[") && this.inside("li")) command(key === "]" ? "indent" : "outdent");
    else if (held && key === "u") return void event.preventDefault();
    else if (event.key === "Enter") this.newLine();
    else if (event.key === "Backspace" && this.leavesFrame()) this.changed();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Enter on an empty line of a list, quote or code block leaves it.
  newLine() {
    command("defaultParagraphSeparator", "div");
    const frame = this.inside("blockquote, pre");
    if (!frame) return command("insertParagraph");
    if (this.leavesFrame()) return this.changed();
    const atEnd = this.lineBefore === "" || frame.textContent.endsWith("\n");
    if (atEnd && frame.textContent && !this.textAfter()) {
      const line = h("div", null, h("br"));
      const last = frame.lastChild;
      if (last?.nodeType === Node.TEXT_NODE) last.data = last.data.replace(/\n+$/, "");
      else if (last && !last.textContent) last.remove();
      frame.after(line);
      document.getSelection().collapse(line, 0);
      return this.changed();
    }
    return command(frame.nodeName === "PRE" ? "insertLineBreak" : "insertParagraph");
  }

  textAfter() {
    const range = this.range().cloneRange();
    range.setEnd(this.inside("blockquote, pre"), this.inside("blockquote, pre").childNodes.length);
    return range.toString().trim();
  }

  leavesFrame() {
    const frame = this.inside("blockquote, pre");
    if (!frame || frame.textContent.replaceAll("\u200b", "").trim()) return false;
    const line = h("div", null, h("br"));
    frame.replaceWith(line);
    document.getSelection().collapse(line, 0);
    return true;
  }

  before(event) {
    if (event.inputType === "formatUnderline") return event.preventDefault();
    const name = event.inputType === "insertText" && event.data === " " ? BEGINNINGS[this.lineBefore] : null;
    const fence = event.inputType === "insertText" && event.data === "`" && this.lineBefore === "``";
    if ((!name && !fence) || this.inside("li, blockquote, pre, code")) return undefined;
    event.preventDefault();
    const length = this.lineBefore.length;
    for (let at = 0; at < length; at += 1) command("delete");
    return this.mark(fence ? "block" : name);
  }

  pasted(event) {
    if (event.defaultPrevented || event.clipboardData.files.length) return;
    event.preventDefault();
    command("insertText", event.clipboardData.getData("text/plain"));
  }

  dropped(event) {
    if (event.dataTransfer.files.length) return;
    event.preventDefault();
    this.insert(event.dataTransfer.getData("text/plain"));
  }
}

const isAddress = (text) => /^(https?:\/\/|mailto:)\S+$/i.test(text);
const withScheme = (text) => (isAddress(text) || !/^[\w-]+(\.[\w-]+)+/.test(text) ? text : `https://${text}`);

function askForLink(text, url, done) {
  const [first, second] = [uniqueId("link"), uniqueId("link")];
  const words = h("input", { id: first, class: "field-input", type: "text" });
  const address = h("input", { id: second, class: "field-input", type: "url" });
  const problem = h("p", { class: "field-error", role: "alert", hidden: true });
  [words.value, address.value] = [text, url];
  const save = () => {
    const target = withScheme(address.value.trim());
    problem.hidden = isAddress(target);
    problem.textContent = "This is no address. Enter one that begins with https://.";
    if (!isAddress(target)) return address.focus();
    close();
    return done({ text: words.value.trim(), url: target });
  };
  const form = h(
    "form",
    {
      novalidate: true,
      on: {
        submit: (event) => {
          event.preventDefault();
          save();
        },
      },
    },
    dialogHead("Add link", () => close()),
    h(
      "div",
      { class: "dialog-body" },
      h("label", { class: "field-label", for: first }, "Text"),
      words,
      h("label", { class: "field-label", for: second }, "Address"),
      address,
      problem,
    ),
    h(
      "div",
      { class: "dialog-foot" },
      h("button", { type: "button", class: "button", on: { click: () => close() } }, "Cancel"),
      h("button", { type: "submit", class: "button primary" }, "Save"),
    ),
  );
  const dialog = h("div", { class: "dialog small", role: "dialog", "aria-modal": "true", "aria-label": "Add link" }, form);
  const close = showDialog(dialog, { onDismiss: () => close() });
  (text ? address : words).focus();
}
