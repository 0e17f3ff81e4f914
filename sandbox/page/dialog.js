// Opens dialogs that hold the focus until they are answered, and the small confirmation dialog among them.
import { iconButton } from "./buttons.js";
import { h, uniqueId } from "./dom.js";
import { textObject } from "./mrkdwn.js";

const FOCUSABLE =
  "a[href], button:not(:disabled), input:not(:disabled):not([type=hidden]), textarea, select, [tabindex='0']";

export function focusable(root) {
  return [...root.querySelectorAll(FOCUSABLE)].filter(
    (node) => node.offsetParent !== null || node === document.activeElement,
  );
}

function trap(dialog, event) {
  if (event.key !== "Tab") return;
  const nodes = focusable(dialog);
  const edge = event.shiftKey ? nodes[0] : nodes.at(-1);
  const inside = dialog.contains(document.activeElement);
  if (inside && document.activeElement !== edge && document.activeElement !== dialog) return;
  event.preventDefault();
  (event.shiftKey ? nodes.at(-1) : nodes[0])?.focus();
}

// `dialog` is shown above everything; Escape and the backdrop call `onDismiss`. Returns what takes it away.
export function showDialog(dialog, { onDismiss, backdrop = true }) {
  const before = document.activeElement;
  const layer = h("div", { class: "layer" }, dialog);
  layer.addEventListener("pointerdown", (event) => backdrop && event.target === layer && onDismiss());
  layer.addEventListener("keydown", (event) => {
    trap(dialog, event);
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    onDismiss();
  });
  document.getElementById("overlays").append(layer);
  return () => {
    layer.remove();
    (before?.isConnected && before !== document.body ? before : document.getElementById("main")).focus({
      preventScroll: true,
    });
  };
}

export function dialogHead(title, onClose, { id, testid, lead } = {}) {
  return h(
    "div",
    { class: "dialog-head" },
    lead,
    h("h2", { id }, title),
    iconButton("close", "Close", onClose, { testid }),
  );
}

// Asks first: Slack's confirm object, answered with true or false.
export function askFirst(confirm) {
  return new Promise((resolve) => {
    const id = uniqueId("confirm");
    const answer = (value) => {
      close();
      resolve(value);
    };
    const yes = h(
      "button",
      {
        type: "button",
        class: `button ${confirm.style === "danger" ? "danger" : "primary"}`,
        data: { testid: "confirm-yes" },
        on: { click: () => answer(true) },
      },
      textObject(confirm.confirm ?? "Yes"),
    );
    const dialog = h(
      "div",
      {
        class: "dialog small",
        role: "alertdialog",
        "aria-modal": "true",
        "aria-labelledby": id,
        data: { testid: "confirm" },
      },
      dialogHead(textObject(confirm.title ?? "Are you sure?"), () => answer(false), { id }),
      h("div", { class: "dialog-body" }, textObject(confirm.text ?? "")),
      h(
        "div",
        { class: "dialog-foot" },
        h(
          "button",
          { type: "button", class: "button", on: { click: () => answer(false) } },
          textObject(confirm.deny ?? "Cancel"),
        ),
        yes,
      ),
    );
    const close = showDialog(dialog, { onDismiss: () => answer(false) });
    yes.focus();
  });
}
