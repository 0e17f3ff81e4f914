// Makes the next calls of the app fail, so that one can see how it copes.
import { post, remove } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { reconcile } from "./patch.js";
import { closePopover, isOpenFor, openPopover } from "./popover.js";
import { on, state } from "./store.js";
import { attempt } from "./toast.js";

const KINDS = [
  ["Slow", "Each call takes 2 seconds", { delay: 2, times: -1 }],
  [
    "Rate limited",
    "The next 3 calls get 429, retry after 5 s",
    { status: 429, error: "ratelimited", retry_after: 5, times: 3 },
  ],
  ["Server error", "The next 3 calls get 500", { status: 500, error: "internal_error", times: 3 }],
  ["Away", "Every call gets 503 until cleared", { status: 503, error: "service_unavailable", times: -1 }],
  [
    "No tables, no charts",
    "Tables and charts are refused, as before Slack releases them",
    { refuse: ["table", "data_table", "data_visualization"], times: -1 },
  ],
  ["Reply lost", "The next call works, its answer is lost", { drop_reply: true, times: 1 }],
];
const METHODS = [
  "*",
  "chat.postMessage",
  "chat.update",
  "views.open",
  "views.publish",
  "conversations.replies",
];

function describe(fault) {
  if (fault.refuse) return `blocks refused: ${fault.refuse.join(", ")}`;
  const what = fault.drop_reply
    ? "reply lost"
    : fault.delay
      ? `${fault.delay} s slow`
      : (fault.error ?? `HTTP ${fault.status}`);
  const often = fault.times === -1 ? "until cleared" : `${fault.times ?? 1} more`;
  return `${fault.method === "*" ? "every method" : fault.method}: ${what}, ${often}`;
}

const methodSelect = () =>
  h(
    "select",
    { class: "field-input", "aria-label": "Method" },
    METHODS.map((name) => h("option", { value: name }, name === "*" ? "Every method" : name)),
  );

function kindButton([label, hint, fault], select) {
  return h(
    "button",
    {
      type: "button",
      class: "fault",
      data: { fault: label },
      on: { click: () => attempt(() => post("faults", { method: select.value, ...fault })) },
    },
    h("b", null, label),
    h("small", null, hint),
  );
}

function panel() {
  const select = methodSelect();
  const active = h("ul", { class: "fault-list" });
  const draw = () =>
    reconcile(
      active,
      state.faults.length
        ? state.faults.map((fault, index) => ({
            key: String(index),
            sign: JSON.stringify(fault),
            make: () => h("li", null, icon("storm", { size: 15 }), describe(fault)),
          }))
        : [
            {
              key: "none",
              sign: "",
              make: () => h("li", { class: "muted" }, "Nothing is wrong at the moment."),
            },
          ],
    );
  const off = on("faults", draw);
  draw();
  const node = h(
    "div",
    { class: "faults-panel", role: "dialog", "aria-label": "Faults" },
    h("h3", null, "Faults"),
    h("p", { class: "muted" }, "Make this Slack misbehave towards the app."),
    select,
    h(
      "div",
      { class: "fault-kinds" },
      KINDS.map((kind) => kindButton(kind, select)),
    ),
    active,
    h(
      "button",
      { type: "button", class: "button", on: { click: () => attempt(() => remove("faults")) } },
      "Clear all faults",
    ),
  );
  return { node, off };
}

export function faultsButton() {
  const button = h("button", {
    type: "button",
    class: "icon-button on-dark",
    "aria-label": "Faults",
    title: "Faults",
    "aria-haspopup": "dialog",
    "aria-expanded": "false",
    data: { testid: "faults" },
    on: { click: () => toggle() },
  });
  const toggle = () => {
    if (isOpenFor(button)) return closePopover();
    const { node, off } = panel();
    openPopover(button, node, { side: "end", onClose: off });
    node.querySelector("select").focus({ preventScroll: true });
  };
  const draw = () => {
    button.replaceChildren(
      ...[icon("storm"), state.faults.length > 0 && h("span", { class: "dot" })].filter(Boolean),
    );
    button.classList.toggle("active", state.faults.length > 0);
  };
  for (const name of ["faults", "workspace"]) on(name, draw);
  draw();
  return button;
}
