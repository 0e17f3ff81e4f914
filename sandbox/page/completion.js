// Suggests commands, people, channels and emoji while a person types in a composer.
import { avatar } from "./avatar.js";
import { h, uniqueId } from "./dom.js";
import { emojiChar, findEmoji } from "./emoji.js";
import { icon } from "./icons.js";
import { chip } from "./richvalue.js";
import { botId, channel, commands, myChannels, people, state, user } from "./store.js";

const LIMIT = 8;

function matching(query) {
  return commands()
    .filter((one) => one.command.startsWith(`/${query}`))
    .map((one) => ({
      insert: `${one.command} `,
      exact: one.command.slice(1),
      lead: avatar(botId(one.app), 24),
      label: one.command,
      hint: one.usage_hint,
      note: one.description,
    }));
}

function persons(query) {
  const every = [...people(), ...state.apps.map((one) => user(botId(one)))].filter(Boolean);
  const found = every.filter(
    (one) =>
      one.name.startsWith(query) ||
      one.real_name
        ?.toLowerCase()
        .split(" ")
        .some((word) => word.startsWith(query)),
  );
  const rooms = ["channel", "here"]
    .filter((name) => query && name.startsWith(query))
    .map((name) => ({
      insert: () => chip("broadcast", name),
      exact: name,
      lead: icon("users"),
      label: `@${name}`,
      hint: "All members",
    }));
  const groups = [...state.groups.values()].filter((one) => !one.disabled && one.handle.startsWith(query));
  return [
    ...groups.map((one) => ({
      insert: () => chip("usergroup", one.id),
      exact: one.handle,
      lead: icon("users"),
      label: one.name,
      hint: `@${one.handle}`,
      note: `${one.users.length} people`,
    })),
    ...found.map((one) => ({
      insert: () => chip("user", one.id),
      exact: one.name,
      lead: avatar(one.id, 24),
      label: one.real_name,
      hint: `@${one.name}`,
      note: one.title,
    })),
    ...rooms,
  ];
}

const channels = (query) =>
  myChannels()
    .filter((one) => one.name.startsWith(query))
    .map((one) => ({
      insert: () => chip("channel", one.id),
      exact: one.name,
      lead: icon(one.is_private ? "lock" : "hash"),
      label: one.name,
      hint: channel(one.id)?.topic,
    }));

const emoji = (query) =>
  query.length < 2
    ? []
    : findEmoji(query, LIMIT).map((name) => ({
        insert: `:${name}: `,
        exact: null,
        lead: h("span", { class: "emoji" }, emojiChar(name)),
        label: `:${name}:`,
      }));

const SOURCES = { "/": matching, "@": persons, "#": channels, ":": emoji };

function tokenAt(editor) {
  const before = editor.lineBefore?.replaceAll("\u200b", "").replaceAll("\u00a0", " ") ?? "";
  const match = before.match(/(^|[\s(])([/@#:])([\w.+-]*)$/);
  if (!match || editor.inside("code, pre")) return null;
  const isCommand = match[2] === "/";
  if (isCommand && (match.index + match[1].length > 0 || !editor.isFirstLine)) return null;
  return { mark: match[2], query: match[3].toLowerCase(), length: match[3].length + 1 };
}

// `editor` is where a person types, `box` what the list floats over.
export class Completion {
  constructor(editor, box, { commands: withCommands = false } = {}) {
    Object.assign(this, { editor, area: editor.area, withCommands, options: [], at: 0, token: null });
    this.list = h("ul", {
      class: "completion",
      role: "listbox",
      id: uniqueId("completion"),
      hidden: true,
      "aria-label": "Suggestions",
      data: { testid: "completion" },
    });
    box.append(this.list);
    this.area.setAttribute("aria-autocomplete", "list");
    this.area.setAttribute("aria-controls", this.list.id);
    this.area.addEventListener("input", () => this.update());
    this.area.addEventListener("click", () => this.update());
    this.area.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
  }

  get open() {
    return !this.list.hidden;
  }

  update() {
    this.token = tokenAt(this.editor);
    if (this.token?.mark === "/" && !this.withCommands) this.token = null;
    this.options = this.token ? SOURCES[this.token.mark](this.token.query).slice(0, LIMIT) : [];
    this.at = 0;
    if (!this.options.length) return this.hide();
    this.draw();
  }

  draw() {
    this.list.replaceChildren(
      ...this.options.map((option, index) =>
        h(
          "li",
          {
            role: "option",
            id: `${this.list.id}-${index}`,
            "aria-selected": String(index === this.at),
            class: "completion-option",
            on: {
              pointerdown: (event) => {
                event.preventDefault();
                this.accept(index);
              },
            },
          },
          option.lead,
          h("b", null, option.label),
          option.hint && h("span", { class: "muted" }, option.hint),
          option.note && h("span", { class: "completion-note" }, option.note),
        ),
      ),
    );
    this.list.hidden = false;
    this.area.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
  }

  hide() {
    this.list.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }

  accept(index = this.at) {
    const { insert } = this.options[index];
    this.hide();
    this.editor.replaceBefore(this.token.length, typeof insert === "function" ? insert() : insert);
    this.hide();
  }

  // True when the key was used up by the list.
  key(event) {
    if (!this.open) return false;
    const last = this.options.length - 1;
    if (event.key === "ArrowDown") this.at = this.at === last ? 0 : this.at + 1;
    else if (event.key === "ArrowUp") this.at = this.at === 0 ? last : this.at - 1;
    else if (event.key === "Escape") return this.used(event, () => this.hide());
    else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !this.isWhole()))
      return this.used(event, () => this.accept());
    else return false;
    return this.used(event, () => this.draw());
  }

  used(event, run) {
    event.preventDefault();
    event.stopPropagation();
    run();
    return true;
  }

  // A person who typed the whole name wants to send, not to complete.
  isWhole() {
    return this.options[this.at].exact === this.token.query;
  }
}
