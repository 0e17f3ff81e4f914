// An app's own place: its Home tab as published for the acting person, and the Messages tab.
import { homeContext } from "./actions.js";
import { post } from "./api.js";
import { avatar } from "./avatar.js";
import { updateBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { botId, on, state } from "./store.js";
import { attempt } from "./toast.js";

export function appHeader(one, tab, go) {
  const choice = (name, label) =>
    h(
      "button",
      {
        type: "button",
        class: "tab",
        role: "tab",
        id: `tab-${name}`,
        "aria-selected": String(tab === name),
        on: { click: () => go(name) },
      },
      label,
    );
  return h(
    "header",
    { class: "place-head app-head" },
    h(
      "div",
      { class: "place-title" },
      avatar(botId(one), 26),
      h("h1", null, one.name),
      h("span", { class: "badge" }, "App"),
    ),
    h(
      "div",
      { class: "tabs", role: "tablist", "aria-label": one.name },
      choice("home", "Home"),
      choice("messages", "Messages"),
    ),
  );
}

export class HomeView {
  constructor(one) {
    this.app = one;
    this.blocks = h("div", { class: "blocks blocks-home" });
    this.node = h(
      "div",
      { class: "home", data: { testid: "home" }, role: "tabpanel", "aria-labelledby": "tab-home" },
      this.blocks,
    );
    const offs = [on("home", (view) => this.show(view)), on("clock-day", () => this.show(this.view))];
    this.off = () => offs.forEach((off) => off());
    attempt(async () => this.show((await post("home", { user: state.me, app: one.id })).view));
  }

  show(view) {
    this.view = view;
    const blocks = view?.blocks ?? [];
    this.node.classList.toggle("bare", !blocks.length);
    if (blocks.length) return updateBlocks(this.blocks, blocks, homeContext(blocks, this.app.id));
    this.blocks.replaceChildren(
      h(
        "div",
        { class: "quiet" },
        avatar(botId(this.app), 56),
        h("h2", null, this.app.name),
        h("p", null, "The app has not put anything on its Home tab yet."),
      ),
    );
  }

  close() {
    this.off();
  }
}
