// Jumps to a channel, a person's view or the app from the keyboard (Ctrl or Cmd and K).
import { get } from "./api.js";
import { avatar } from "./avatar.js";
import { dateOf, nearTime } from "./dates.js";
import { showDialog } from "./dialog.js";
import { debounce, h } from "./dom.js";
import { icon } from "./icons.js";
import { go, openChannel, openHome } from "./router.js";
import { botId, channel, emit, myChannels, nameOf, people, state, titleOf, user } from "./store.js";

function targets() {
  const channels = myChannels().map((one) => ({
    label: one.name,
    hint: one.topic,
    lead: icon(one.is_private ? "lock" : "hash"),
    run: () => openChannel(one.id),
  }));
  const home = state.apps.flatMap((one) => [
    { label: `${one.name} Home`, hint: "App", lead: avatar(botId(one), 22), run: () => openHome(one.id) },
    {
      label: one.name,
      hint: "Direct message",
      lead: avatar(botId(one), 22),
      run: () => openChannel(`@${user(botId(one))?.name}`),
    },
  ]);
  const persons = people()
    .filter((one) => one.id !== state.me)
    .map((one) => ({
      label: `Act as ${one.real_name}`,
      hint: one.title,
      lead: avatar(one.id, 22),
      run: () => emit("switch", one.id),
    }));
  return [...channels, ...home, ...persons];
}

const plain = (text) => (text ?? "").replace(/<([^|>]+\|)?([^>]+)>/g, "$2").slice(0, 120) || "A message without text";
const threadOf = (message) => (message.thread_ts && message.thread_ts !== message.ts ? message.thread_ts : null);

class Switcher {
  constructor() {
    this.all = targets();
    this.said = [];
    this.at = 0;
    this.list = h("ul", { class: "options", role: "listbox", id: "switcher-list", "aria-label": "Places" });
    this.input = h("input", {
      class: "switcher-input",
      type: "text",
      placeholder: "Jump to a place or search messages",
      "aria-label": "Jump to a place or search messages",
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": "switcher-list",
      autocomplete: "off",
      on: {
        input: () => {
          this.at = 0;
          this.said = [];
          this.draw();
          this.look();
        },
        keydown: (event) => this.keyed(event),
      },
    });
    this.close = showDialog(
      h(
        "div",
        {
          class: "dialog jump",
          role: "dialog",
          "aria-modal": "true",
          "aria-label": "Jump to",
          data: { testid: "switcher" },
        },
        this.input,
        this.list,
      ),
      { onDismiss: () => this.leave() },
    );
    this.draw();
    this.input.focus();
  }

  // What was said comes after the places, as soon as the sandbox has looked.
  look = debounce(async () => {
    const query = this.input.value.trim();
    if (query.length < 2 || !this.list.isConnected) return;
    const { found } = await get("search", { user: state.me, query }).catch(() => ({ found: [] }));
    if (query !== this.input.value.trim()) return;
    this.said = found.map(({ channel: id, message }) => ({
      label: plain(message.text),
      hint: `${message.username || nameOf(message.user)} in ${titleOf(channel(id))}, ${nearTime(dateOf(message.ts))}`,
      lead: icon("chat"),
      run: () => go({ channel: id, message: message.ts, thread: threadOf(message) }),
    }));
    this.draw();
  }, 200);

  get found() {
    const query = this.input.value.trim().toLowerCase().replace(/^[#@]/, "");
    const places = this.all.filter((one) => one.label.toLowerCase().includes(query)).slice(0, 12);
    return query ? [...places, ...this.said] : places;
  }

  draw() {
    this.list.replaceChildren(
      ...this.found.map((one, index) =>
        h(
          "li",
          {
            class: `option${index === this.at ? " active" : ""}`,
            role: "option",
            id: `jump-${index}`,
            "aria-selected": String(index === this.at),
            on: { click: () => this.pick(index) },
          },
          one.lead,
          h("span", { class: "option-text" }, h("span", null, one.label)),
          one.hint && h("small", null, one.hint),
        ),
      ),
    );
    this.input.setAttribute("aria-activedescendant", `jump-${this.at}`);
  }

  pick(index) {
    const one = this.found[index];
    this.leave();
    one?.run();
  }

  keyed(event) {
    const count = this.found.length;
    const moves = { ArrowDown: (this.at + 1) % count, ArrowUp: (this.at - 1 + count) % count };
    if (event.key === "Enter") this.pick(this.at);
    else if (event.key in moves && count) {
      this.at = moves[event.key];
      this.draw();
    } else return;
    event.preventDefault();
  }

  leave() {
    open = null;
    this.close();
  }
}

let open = null;

export function toggleSwitcher() {
  if (open) open.leave();
  else open = new Switcher();
}

export function startSwitcher() {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    toggleSwitcher();
  });
}
