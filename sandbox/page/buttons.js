// The small buttons that show only an icon and say their name to screen readers.
import { h } from "./dom.js";
import { icon } from "./icons.js";

export function iconButton(name, label, run, { className = "", size, testid, ...attributes } = {}) {
  return h(
    "button",
    {
      type: "button",
      class: `icon-button ${className}`.trim(),
      "aria-label": label,
      title: label,
      data: { testid },
      on: { click: run },
      ...attributes,
    },
    icon(name, { size }),
  );
}

// Stands over a reply that was also sent to the channel, and leads to its thread.
export function repliedButton(run) {
  return h(
    "button",
    { type: "button", class: "only-you", on: { click: run } },
    icon("reply", { size: 14 }),
    "Replied to a thread",
  );
}
