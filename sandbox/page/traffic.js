// Turns calls and deliveries into the rows of the inspector, each opening to the JSON behind it.
import { clockSeconds, dateOf } from "./dates.js";
import { h } from "./dom.js";
import { json } from "./json.js";
import { state } from "./store.js";

const when = (at) => {
  const date = typeof at === "number" ? dateOf(at) : new Date(at);
  return Number.isNaN(date.getTime()) ? "" : clockSeconds(date);
};

// Whose it is, where there is more than one app.
const ofApp = (row) => (state.apps.length > 1 ? row.app : "");

export function callRow(call) {
  const bad = call.response?.ok === false;
  return {
    id: `c${call.seq}`,
    at: call.at,
    order: call.seq,
    direction: "in",
    name: call.method,
    note: [ofApp(call), bad ? call.response.error : (call.args?.channel ?? "")].filter(Boolean).join(" · "),
    outcome: bad ? "bad" : "good",
    parts: { Arguments: call.args, Response: call.response },
  };
}

export function deliveryRow(delivery) {
  const good = delivery.outcome === "acked";
  const note = [
    ofApp(delivery),
    good ? "" : delivery.outcome,
    delivery.retry ? `retry ${delivery.retry}` : "",
    delivery.ms === undefined || delivery.ms === null ? "" : `${Math.round(delivery.ms)} ms`,
  ]
    .filter(Boolean)
    .join(" · ");
  return {
    id: `d${delivery.seq}`,
    at: delivery.at,
    direction: "out",
    name: delivery.name || delivery.kind,
    kind: delivery.kind,
    note,
    outcome: good ? "good" : "bad",
    parts: { Payload: delivery.payload, Answer: delivery.answer },
  };
}

const parts = (row) =>
  Object.entries(row.parts)
    .filter(([, part]) => part !== null && part !== undefined)
    .map(([name, part]) => h("div", null, h("h4", null, name), json(part)));

export function rowNode(row, open, toggle) {
  const details = h("div", { class: "call-details", hidden: !open }, open ? parts(row) : []);
  const head = h(
    "button",
    {
      type: "button",
      class: "call-head",
      "aria-expanded": String(open),
      on: { click: toggle },
    },
    h(
      "span",
      {
        class: `way way-${row.direction}`,
        title: row.direction === "in" ? "Call from the app" : "Delivery to the app",
      },
      row.direction === "in" ? "API" : "APP",
    ),
    h("span", { class: "call-name" }, row.name),
    h("span", { class: `call-note ${row.outcome}` }, row.note),
    h("time", null, when(row.at)),
  );
  return h("li", { class: `call ${row.outcome}`, data: { row: row.id } }, head, details);
}
