// Shows a value as indented JSON with a little colour, and strings that hold JSON as what they hold.
import { h } from "./dom.js";

const DEEP = 40;
const INDENT = "  ";

function opened(value) {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function leaf(value) {
  const kind = value === null ? "null" : typeof value;
  return h("span", { class: `json-${kind}` }, JSON.stringify(value));
}

function nested(entries, depth, brackets) {
  if (!entries.length) return [brackets.join("")];
  const pad = INDENT.repeat(depth + 1);
  const lines = entries.flatMap(([key, value], index) => [
    `${pad}`,
    key === null ? "" : h("span", { class: "json-key" }, `${JSON.stringify(key)}: `),
    draw(value, depth + 1),
    index < entries.length - 1 ? ",\n" : "\n",
  ]);
  return [`${brackets[0]}\n`, ...lines, `${INDENT.repeat(depth)}${brackets[1]}`];
}

function draw(raw, depth) {
  const value = opened(raw);
  if (value === null || typeof value !== "object" || depth > DEEP) return leaf(value);
  return Array.isArray(value)
    ? nested(
        value.map((item) => [null, item]),
        depth,
        ["[", "]"],
      )
    : nested(Object.entries(value), depth, ["{", "}"]);
}

export const json = (value) => h("pre", { class: "json", tabindex: "0" }, draw(value, 0));
