// Says short, calm things at the edge of the page, and takes them away again.
import { iconButton } from "./buttons.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

const STAY = 6000;

export function toast(text, { kind = "error", stay = STAY } = {}) {
  const box = document.getElementById("toasts");
  for (const twin of box.children) if (twin.dataset.text === text) twin.remove();
  const close = () => node.remove();
  const node = h(
    "div",
    { class: `toast toast-${kind}`, data: { text } },
    icon(kind === "error" ? "warn" : "ok"),
    h("span", null, text),
    iconButton("close", "Dismiss", close, { className: "small", size: 14 }),
  );
  box.append(node);
  setTimeout(close, stay);
}

// Runs something that may fail and shows why; true when it went well.
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    toast(error.message || "That did not work.");
    return false;
  }
}
