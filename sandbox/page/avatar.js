// Draws a person or an app as coloured initials.
import { h } from "./dom.js";
import { emojiChar } from "./emoji.js";
import { icon } from "./icons.js";
import { botId, user } from "./store.js";

const PALETTE = [
  "#8a5a83",
  "#3f7d6e",
  "#b5653a",
  "#47699c",
  "#9a4f58",
  "#5f7a36",
  "#7a5fa8",
  "#2f7f93",
  "#a5713b",
  "#5b6b7a",
];

function initials(name) {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  return ((words[0]?.[0] ?? "?") + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase();
}

function paletteFor(id) {
  let sum = 0;
  for (const char of id ?? "") sum = (sum * 31 + char.charCodeAt(0)) % 9973;
  return PALETTE[sum % PALETTE.length];
}

const hex = (color) => (color && /^[0-9a-f]{6}$/i.test(color) ? `#${color}` : color);

export function avatar(id, size = 36, { emoji } = {}) {
  const one = user(id);
  const color = one?.is_bot ? null : hex(one?.color);
  const style = { "--size": `${size}px`, "--tint": color || paletteFor(id) };
  const char = emoji && emojiChar(emoji.replaceAll(":", ""));
  if (char) return h("span", { class: "avatar avatar-emoji", style, "aria-hidden": "true" }, char);
  // The first app has a sign of its own; others are told apart by their initials.
  if (one && id === botId())
    return h(
      "span",
      { class: "avatar avatar-app", style, "aria-hidden": "true" },
      icon("pulse", { size: size * 0.62 }),
    );
  return h(
    "span",
    { class: "avatar", style, "aria-hidden": "true" },
    initials(one?.real_name || one?.name || id || "?"),
  );
}
