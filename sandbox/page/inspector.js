// The inspector: every Web API call and every delivery to the app, as they happen, with what was said.
import { get } from "./api.js";
import { dateOf, clockSeconds } from "./dates.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { json } from "./json.js";
import { emit, on } from "./store.js";
import { attempt } from "./toast.js";

const KEPT = 600;
const drawer = () => document.getElementById("inspector");
let view = null;

const when = (at) => {
  const date = typeof at === "number" ? dateOf(at) : new Date(at);
  return Number.isNaN(date.getTime()) ? "" : clockSeconds(date);
};

function callRow(call) {
  const bad = call.response?.ok === false;
  return { id: `c${call.seq}`, at: call.at, order: call.seq, direction: "in", name: call.method, note: bad ? call.response.error : call.args?.channel ?? "", outcome: bad ? "bad" : "good", parts: { Arguments: call.args, Response: call.response } };
}

function deliveryRow(delivery) {
  const good = delivery.outcome === "acked";
  const note = [good ? "" : delivery.outcome, delivery.retry ? `retry ${delivery.retry}` : "", delivery.ms === undefined || delivery.ms === null ? "" : `${Math.round(delivery.ms)} ms`].filter(Boolean).join(" · ");
  return { id: `d${delivery.seq}`, at: delivery.at, direction: "out", name: delivery.name || delivery.kind, kind: delivery.kind, note, outcome: good ? "good" : "bad", parts: { Payload: delivery.payload, Answer: delivery.answer } };
}

function rowNode(row) {
  const details = h("div", { class: "call-details", hidden: true });
  const head = h("button", { type: "button", class: "call-head", "aria-expanded": "false", on: { click: () => {
    if (!details.children.length) details.append(...Object.entries(row.parts).filter(([, part]) => part !== null && part !== undefined).map(([name, part]) => h("div", null, h("h4", null, name), json(part))));
    details.hidden = !details.hidden;
    head.setAttribute("aria-expanded", String(!details.hidden));
  } } }, h("span", { class: `way way-${row.direction}`, title: row.direction === "in" ? "Call from the app" : "Delivery to the app" }, row.direction === "in" ? "API" : "APP"),
    h("span", { class: "call-name" }, row.name), h("span", { class: `call-note ${row.outcome}` }, row.note), h("time", null, when(row.at)));
  return h("li", { class: `call ${row.outcome}`, data: { row: row.id } }, head, details);
}

class Inspector {
  constructor() {
    this.rows = new Map();
    this.kind = "all";
    this.list = h("ol", { class: "calls" });
    this.filter = h("input", { class: "filter", type: "search", placeholder: "Filter by method, channel or text", "aria-label": "Filter", on: { input: () => this.draw() } });
    this.kinds = h("div", { class: "segments", role: "group", "aria-label": "Show" }, [["all", "All"], ["in", "API calls"], ["out", "Deliveries"], ["bad", "Problems"]].map(([kind, label]) => h("button", { type: "button", "aria-pressed": String(kind === "all"), data: { kind }, on: { click: () => this.only(kind) } }, label)));
    drawer().replaceChildren(h("header", { class: "place-head" }, h("div", { class: "place-title" }, h("h2", null, "Inspector"), h("p", { class: "topic" }, "what the app and Slack say to each other")),
      h("button", { type: "button", class: "icon-button", "aria-label": "Clear the list", title: "Clear the list", on: { click: () => { this.rows.clear(); this.draw(); } } }, icon("trash")),
      h("button", { type: "button", class: "icon-button", "aria-label": "Close inspector", on: { click: toggleInspector } }, icon("close"))), h("div", { class: "inspector-tools" }, this.filter, this.kinds), this.list);
    this.off = [on("stream:call", (news) => this.add(callRow(news.call ?? news))), on("stream:delivery", (news) => this.add(deliveryRow(news.delivery ?? news)))];
    attempt(() => this.fill());
  }

  async fill() {
    const [calls, deliveries] = await Promise.all([get("calls", { since: 0 }), get("deliveries", { since: 0 })]);
    const rows = [...(calls.calls ?? calls).slice(-KEPT).map(callRow), ...(deliveries.deliveries ?? deliveries).slice(-KEPT).map(deliveryRow)];
    rows.sort((a, b) => String(a.at).localeCompare(String(b.at), "en", { numeric: true }));
    for (const row of rows) this.rows.set(row.id, row);
    this.draw();
  }

  add(row) {
    const known = this.rows.has(row.id);
    this.rows.set(row.id, row);
    if (this.rows.size > KEPT * 2) this.rows.delete(this.rows.keys().next().value);
    if (known) return this.draw();
    if (this.fits(row)) this.list.prepend(rowNode(row));
  }

  only(kind) {
    this.kind = kind;
    for (const button of this.kinds.children) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    this.draw();
  }

  fits(row) {
    const query = this.filter.value.trim().toLowerCase();
    const kindFits = this.kind === "all" || this.kind === row.direction || this.kind === row.outcome;
    return kindFits && (!query || `${row.name} ${row.kind ?? ""} ${JSON.stringify(row.parts)}`.toLowerCase().includes(query));
  }

  draw() {
    const rows = [...this.rows.values()].filter((row) => this.fits(row)).reverse().slice(0, KEPT);
    this.list.replaceChildren(...rows.map(rowNode));
  }

  close() {
    for (const off of this.off) off();
  }
}

export function toggleInspector() {
  view?.close();
  view = view ? null : new Inspector();
  drawer().hidden = !view;
  document.getElementById("app").classList.toggle("with-inspector", Boolean(view));
  emit("inspector", Boolean(view));
  if (view) view.filter.focus();
}

export function inspectorButton() {
  const button = h("button", { type: "button", class: "icon-button on-dark", "aria-label": "Inspector", title: "Inspector", "aria-pressed": "false", data: { testid: "inspector-button" }, on: { click: toggleInspector } }, icon("code"));
  on("inspector", (open) => button.setAttribute("aria-pressed", String(open)));
  return button;
}
