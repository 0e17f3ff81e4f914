// The canvas of a channel: a button in its head, which opens the document.
import { dialogHead, showDialog } from "./dialog.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";

function openCanvas({ title, text }) {
  const label = title || "Canvas";
  const dialog = h(
    "div",
    { class: "dialog canvas", role: "dialog", "aria-modal": "true", "aria-label": label, data: { testid: "canvas" } },
    dialogHead(label, () => close()),
    h("div", { class: "dialog-body markdown", tabindex: "0" }, markdown(text)),
  );
  const close = showDialog(dialog, { onDismiss: () => close() });
  dialog.querySelector("button").focus();
}

export const canvasButton = (canvas) =>
  h(
    "button",
    { type: "button", class: "members", "aria-haspopup": "dialog", on: { click: () => openCanvas(canvas) } },
    icon("file", { size: 16 }),
    h("span", null, "Canvas"),
  );
