// A simple reading of the markdown block: headings, lists, quotes, code, tables, rules and the usual inline marks.
import { fragment, h } from "./dom.js";
import { link } from "./mrkdwn.js";

const INLINE =
  /(`[^`]+`)|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\n]+)\*|\b_([^_\n]+)_\b|~~([^~]+)~~|\[([^\]]+)\]\(([^)\s]+)\)|(https?:\/\/[^\s)]+)/g;

function mark(match) {
  const [, code, bold, bold2, italic, italic2, strike, label, url, bare] = match;
  if (code) return h("code", null, code.slice(1, -1));
  if (bold || bold2) return h("strong", null, inline(bold ?? bold2));
  if (italic || italic2) return h("em", null, inline(italic ?? italic2));
  if (strike) return h("s", null, inline(strike));
  return label ? link(url, label) : link(bare);
}

function inline(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(at, match.index), mark(match));
    at = match.index + match[0].length;
  }
  return [...nodes, text.slice(at)];
}

const cells = (line) =>
  line
    .replace(/^\s*\||\|\s*$/g, "")
    .split("|")
    .map((cell) => cell.trim());

function table(rows) {
  const [head, , ...body] = rows.map(cells);
  return h(
    "div",
    { class: "table-scroll" },
    h(
      "table",
      { class: "table" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          head.map((cell) => h("th", { scope: "col" }, inline(cell))),
        ),
      ),
      h(
        "tbody",
        null,
        body.map((row) =>
          h(
            "tr",
            null,
            row.map((cell) => h("td", null, inline(cell))),
          ),
        ),
      ),
    ),
  );
}

const item = (line) => h("li", null, inline(line.replace(/^\s*(?:[-*+]|\d+\.)\s+/, "")));

const KINDS = [
  [
    /^#{1,6}\s/,
    (lines) => lines.map((line) => h("h4", { class: "md-heading" }, inline(line.replace(/^#+\s/, "")))),
  ],
  [/^\s*[-*+]\s/, (lines) => h("ul", { class: "rich-list" }, lines.map(item))],
  [/^\s*\d+\.\s/, (lines) => h("ol", { class: "rich-list" }, lines.map(item))],
  [
    /^>/,
    (lines) =>
      h(
        "blockquote",
        null,
        lines.map((line) => h("div", null, inline(line.replace(/^>\s?/, "")))),
      ),
  ],
  [/^\s*\|/, (lines) => (lines.length > 1 ? table(lines) : h("p", null, inline(lines[0])))],
  [/^(-{3,}|\*{3,})$/, () => h("hr", { class: "divider" })],
  [/^\s*$/, () => null],
  [
    /^/,
    (lines) =>
      h(
        "p",
        null,
        lines.flatMap((line, index) => (index ? [h("br"), ...inline(line)] : inline(line))),
      ),
  ],
];

function groups(text) {
  const out = [];
  for (const line of text.split("\n")) {
    const kind = KINDS.findIndex(([pattern]) => pattern.test(line));
    if (out.at(-1)?.kind === kind) out.at(-1).lines.push(line);
    else out.push({ kind, lines: [line] });
  }
  return out;
}

export function markdown(text) {
  const parts = text.split(/```\w*\n([\s\S]*?)\n?```/);
  return fragment(
    parts.map((part, index) =>
      index % 2 ? h("pre", null, part) : groups(part).map((group) => KINDS[group.kind][1](group.lines)),
    ),
  );
}
