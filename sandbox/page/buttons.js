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
