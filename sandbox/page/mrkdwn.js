// Turns Slack's mrkdwn into DOM nodes; everything that is not markup stays text.
import { capital, dateOf, fillDate, fullTime } from "./dates.js";
import { fragment, h } from "./dom.js";
import { emojiChar } from "./emoji.js";
import { channel, groupName, state, user } from "./store.js";

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
const unescape = (text) => text.replace(/&(lt|gt|amp);/g, (entity) => ENTITIES[entity]);

const SAFE = /^(https?:|mailto:|tel:)/i;
const WORD = /[\p{L}\p{N}]/u;
const STYLES = { "*": "strong", _: "em", "~": "s" };

export function link(url, label, inner) {
  const text = label || url.replace(/^mailto:/, "");
  if (inner) return SAFE.test(url) ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer", class: "link" }, inner) : fragment(inner);
  if (!SAFE.test(url)) return document.createTextNode(label && label !== url ? `${label} (${url})` : url);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", class: "link" }, text);
}

export function mention(id) {
  const known = user(id);
  const mine = id === state.me;
  return h(
    "span",
    { class: `mention${mine ? " mention-me" : ""}`, data: { user: id } },
    `@${known ? known.real_name || known.name : id}`,
  );
}

export const broadcast = (range) => h("span", { class: "mention mention-me" }, `@${range}`);

export function channelLink(id, label) {
  const known = channel(id);
  return h("a", { class: "mention", href: `/archives/${id}` }, `#${known?.name ?? label ?? id}`);
}

export function emojiNode(name, { wide = false } = {}) {
  const char = emojiChar(name);
  if (!char) return document.createTextNode(`:${name}:`);
  return h(
    "span",
    {
      class: `emoji${wide ? " emoji-wide" : ""}`,
      role: "img",
      "aria-label": name.replaceAll("_", " "),
      title: `:${name}:`,
    },
    char,
  );
}

// "today" begins with a capital only where a line begins with it.
export function dateNode(seconds, template, { fallback, url, first } = {}) {
  const filled = fillDate(seconds, template);
  const text = filled === null ? (fallback ?? template) : first ? capital(filled) : filled;
  const stamp = Number.isFinite(Number(seconds)) ? dateOf(seconds) : null;
  const node = h(
    "time",
    { class: "date", title: stamp ? fullTime(stamp) : null, datetime: stamp?.toISOString() },
    text,
  );
  return url
    ? h("a", { href: url, class: "link", target: "_blank", rel: "noopener noreferrer" }, node)
    : node;
}

function special(body, first) {
  const [command, label] = body.slice(1).split("|");
  const [name, ...rest] = command.split("^");
  if (name === "date")
    return dateNode(rest[0], unescape(rest[1] ?? ""), {
      fallback: label && unescape(label),
      url: SAFE.test(rest[2] ?? "") ? rest[2] : null,
      first,
    });
  if (name === "subteam") return h("span", { class: "mention" }, label || groupName(rest[0]));
  return broadcast(label?.replace(/^@/, "") || name);
}

export function control(body, first) {
  if (body.startsWith("@")) return mention(body.slice(1).split("|")[0]);
  if (body.startsWith("#")) return channelLink(...body.slice(1).split("|"));
  if (body.startsWith("!")) return special(body, first);
  const [url, ...label] = body.split("|");
  return link(unescape(url), unescape(label.join("|")));
}

function closing(text, from, mark) {
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === "\n") return -1;
    const skip = char === "<" ? text.indexOf(">", at) : char === "`" ? text.indexOf("`", at + 1) : -1;
    if (skip > at) at = skip;
    else if (char === mark && at > from && text[at - 1] !== " " && !WORD.test(text[at + 1] ?? " ")) return at;
  }
  return -1;
}

function styled(text, at) {
  const mark = text[at];
  if (!STYLES[mark] || WORD.test(text[at - 1] ?? " ") || /[\s]|^$/.test(text[at + 1] ?? "")) return null;
  const end = closing(text, at + 1, mark);
  return end < 0 ? null : { node: h(STYLES[mark], null, inline(text.slice(at + 1, end))), end: end + 1 };
}

const RULES = [
  [/<([^<>\n]+)>/y, (match, first) => control(match[1], first)],
  [/`([^`\n]+)`/y, (match) => h("code", null, inlineCode(match[1]))],
  [/:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/y, (match) => (emojiChar(match[1]) ? emojiNode(match[1]) : null)],
  [/https?:\/\/[^\s<>|]+[^\s<>|.,;:!?)'"]/y, (match) => link(unescape(match[0]))],
];

const inlineCode = (text) =>
  unescape(text.replace(/<([^<>|]+)\|?([^<>]*)>/g, (_, url, label) => label || url));

function matchRule(text, at) {
  for (const [pattern, make] of RULES) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    const node = match && make(match, /(^|\n)\s*$/.test(text.slice(0, at)));
    if (node) return { node, end: at + match[0].length };
  }
  return styled(text, at);
}

function plain(text) {
  return unescape(text)
    .split("\n")
    .flatMap((line, index) => (index ? [h("br"), line] : [line]));
}

function inline(text) {
  const nodes = [];
  let start = 0;
  let at = 0;
  while (at < text.length) {
    const hit = /[<`:h*_~]/.test(text[at]) ? matchRule(text, at) : null;
    if (!hit) {
      at += 1;
      continue;
    }
    nodes.push(...plain(text.slice(start, at)), hit.node);
    start = at = hit.end;
  }
  return [...nodes, ...plain(text.slice(start))];
}

const QUOTE = /^(?:&gt;|>) ?/;
// Three of them quote everything that follows.
const LONG_QUOTE = /^(?:&gt;|>){3} ?/;

function paragraphs(text) {
  const nodes = [];
  let lines = [];
  let quoting = false;
  const flush = () => {
    if (lines.length)
      nodes.push(
        quoting
          ? h("blockquote", null, inline(lines.join("\n")))
          : h("span", { class: "run" }, inline(lines.join("\n"))),
      );
    lines = [];
  };
  let toTheEnd = false;
  for (const line of text.split("\n")) {
    toTheEnd ||= LONG_QUOTE.test(line);
    const isQuote = toTheEnd || QUOTE.test(line);
    if (isQuote !== quoting) flush();
    quoting = isQuote;
    lines.push(isQuote ? line.replace(LONG_QUOTE, "").replace(QUOTE, "") : line);
  }
  flush();
  return nodes;
}

// The whole of a mrkdwn text: fenced code, quotes and lines.
export function mrkdwn(text) {
  const parts = String(text ?? "").split(/```\n?([\s\S]*?)\n?```/);
  return fragment(
    parts.map((part, index) => {
      if (index % 2) return h("pre", null, inlineCode(part));
      return part.trim() || parts.length === 1
        ? paragraphs(index ? part.replace(/^\n/, "") : part.replace(/\n$/, ""))
        : null;
    }),
  );
}

// plain_text objects know emoji shortcodes and nothing else.
export function plainText(object) {
  const text = typeof object === "string" ? object : (object?.text ?? "");
  if (object?.emoji === false) return fragment(plain(text.replaceAll("&", "&amp;")));
  return fragment(
    text.split(/(:[a-z0-9_+'-]+:)/).map((part) => {
      const name = /^:[a-z0-9_+'-]+:$/.test(part) ? part.slice(1, -1) : null;
      return name && emojiChar(name) ? emojiNode(name) : plain(part.replaceAll("&", "&amp;"));
    }),
  );
}

export const textObject = (object) => (object?.type === "mrkdwn" ? mrkdwn(object.text) : plainText(object));
