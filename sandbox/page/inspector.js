// The inspector: every Web API call and every delivery to the app, as they happen, with what was said.
import { get } from "./api.js";
import { iconButton } from "./buttons.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { reconcile } from "./patch.js";
import { emit, on } from "./store.js";
import { attempt } from "./toast.js";
import { callRow, deliveryRow, rowNode } from "./traffic.js";

const KEPT = 600;
const KINDS = [
  ["all", "All"],
  ["in", "API calls"],
  ["out", "Deliveries"],
  ["bad", "Problems"],
];
const drawer = () => document.getElementById("inspector");
let view = null;

class Inspector {
  constructor() {
    this.rows = new Map();
    this.opened = new Set();
    this.revision = 0;
    this.kind = "all";
    this.list = h("ol", { class: "calls" });
    this.filter = this.makeFilter();
    this.kinds = h(
      "div",
      { class: "segments", role: "group", "aria-label": "Show" },
      KINDS.map((one) => this.kindButton(one)),
    );
    const tools = h("div", { class: "inspector-tools" }, this.filter, this.kinds);
    drawer().replaceChildren(this.head(), tools, this.list);
    this.off = [
      on("stream:call", (news) => this.add(callRow(news.call))),
      on("stream:delivery", (news) => this.add(deliveryRow(news.delivery))),
    ];
    attempt(() => this.fill());
  }

  makeFilter() {
    return h("input", {
      class: "filter",
      type: "search",
      placeholder: "Filter by method, channel or text",
      "aria-label": "Filter",
      on: { input: () => this.draw() },
    });
  }

  kindButton([kind, label]) {
    const run = () => this.only(kind);
    return h(
      "button",
      { type: "button", "aria-pressed": String(kind === "all"), data: { kind }, on: { click: run } },
      label,
    );
  }

  head() {
    const words = h("p", { class: "topic" }, "what the app and Slack say to each other");
    return h(
      "header",
      { class: "place-head" },
      h("div", { class: "place-title" }, h("h2", null, "Inspector"), words),
      iconButton("trash", "Clear the list", () => this.clear()),
      iconButton("close", "Close inspector", toggleInspector),
    );
  }

  clear() {
    this.rows.clear();
    this.opened.clear();
    this.draw();
  }

  async fill() {
    const [calls, deliveries] = await Promise.all([
      get("calls", { since: 0 }),
      get("deliveries", { since: 0 }),
    ]);
    const rows = [
      ...(calls.calls ?? calls).slice(-KEPT).map(callRow),
      ...(deliveries.deliveries ?? deliveries).slice(-KEPT).map(deliveryRow),
    ];
    rows.sort((a, b) => String(a.at).localeCompare(String(b.at), "en", { numeric: true }));
    const live = this.rows; // what came by the stream meanwhile is newer
    this.rows = new Map();
    for (const row of rows) this.keep(row);
    for (const row of live.values()) this.keep(row);
    this.draw();
  }

  keep(row) {
    this.rows.set(row.id, row);
    row.revision = ++this.revision;
  }

  add(row) {
    this.keep(row);
    if (this.rows.size > KEPT * 2) this.rows.delete(this.rows.keys().next().value);
    this.drawing ||= requestAnimationFrame(() => this.draw());
  }

  toggle(id) {
    if (!this.opened.delete(id)) this.opened.add(id);
    this.draw();
  }

  item(row) {
    const open = this.opened.has(row.id);
    return {
      key: row.id,
      sign: `${row.revision}|${open}`,
      make: () => rowNode(row, open, () => this.toggle(row.id)),
    };
  }

  only(kind) {
    this.kind = kind;
    for (const button of this.kinds.children)
      button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    this.draw();
  }

  fits(row) {
    const query = this.filter.value.trim().toLowerCase();
    const kindFits = this.kind === "all" || this.kind === row.direction || this.kind === row.outcome;
    return (
      kindFits &&
      (!query || `${row.name} ${row.kind ?? ""} ${JSON.stringify(row.parts)}`.toLowerCase().includes(query))
    );
  }

  // A row that did not change stays, and one that did stays open.
  draw() {
    cancelAnimationFrame(this.drawing);
    this.drawing = 0;
    const rows = [...this.rows.values()]
      .filter((row) => this.fits(row))
      .reverse()
      .slice(0, KEPT);
    reconcile(
      this.list,
      rows.map((row) => this.item(row)),
    );
  }

  close() {
    cancelAnimationFrame(this.drawing);
    for (const off of this.off) off();
  }
}

function toggleInspector() {
  view?.close();
  view = view ? null : new Inspector();
  drawer().hidden = !view;
  document.getElementById("app").classList.toggle("with-inspector", Boolean(view));
  emit("inspector", Boolean(view));
  if (view) view.filter.focus();
}

export function inspectorButton() {
  const button = h(
    "button",
    {
      type: "button",
      class: "icon-button on-dark",
      "aria-label": "Inspector",
      title: "Inspector",
      "aria-pressed": "false",
      data: { testid: "inspector" },
      on: { click: toggleInspector },
    },
    icon("code"),
  );
  on("inspector", (open) => button.setAttribute("aria-pressed", String(open)));
  return button;
}
