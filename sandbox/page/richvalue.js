// Reads rich text out of an editable area, and puts it there: what stands on the page against Slack's rich_text block.
import { h } from "./dom.js";
import { emojiChar, emojiName } from "./emoji.js";
import { byHandle, channel, channelByName, groupName, state, user } from "./store.js";

const MARKS = { B: "bold", STRONG: "bold", I: "italic", EM: "italic", S: "strike", STRIKE: "strike", DEL: "strike" };
const BLOCKS = new Set(["DIV", "P", "H1", "H2", "H3", "H4", "SECTION", "ARTICLE", "TR"]);
const KINDS = { BLOCKQUOTE: "rich_text_quote", PRE: "rich_text_preformatted" };
const SECTION = { kind: "rich_text_section" };
const BROADCASTS = ["here", "channel", "everyone"];
const PIECES =
  /(https?:\/\/[^\s<>\|]+[^\s<>\|.,;:!?\)'"\]])|(:[a-z0-9_+'\-]+(?:::skin-tone-[2-6])?:)|(?<![\w@\/.&])([@#])([a-z0-9][a-z0-9._\-]*)|(\p{RGI_Emoji})/giv;

const styled = (leaf, style) => (Object.keys(style).length ? { ...leaf, style } : leaf);

// What a person types by hand as @name or #channel is meant, as if it had been picked.
function named(mark, name) {
  const bare = name.toLowerCase().replace(/[._-]+$/, "");
  if (mark === "#") return channelByName(bare) && { type: "channel", channel_id: channelByName(bare).id };
  if (BROADCASTS.includes(bare)) return { type: "broadcast", range: bare };
  const group = [...state.groups.values()].find((one) => one.handle === bare);
  if (group) return { type: "usergroup", usergroup_id: group.id };
  return byHandle(bare) && { type: "user", user_id: byHandle(bare).id };
}

function emojiLeaf(name) {
  const [bare, tone] = name.split("::skin-tone-");
  return { type: "emoji", name: bare, ...(tone && { skin_tone: Number(tone) }) };
}

function piece([, url, code, mark, name, char]) {
  if (url) return { type: "link", url };
  if (code) return emojiChar(code.slice(1, -1)) && emojiLeaf(code.slice(1, -1));
  if (mark) return named(mark, name);
  return emojiName(char) && emojiLeaf(emojiName(char));
}

function textLeaves(text, style) {
  if (style.code) return text ? [styled({ type: "text", text }, style)] : [];
  const leaves = [];
  let at = 0;
  const say = (part) => part && leaves.push(styled({ type: "text", text: part }, style));
  for (const match of text.matchAll(PIECES)) {
    const leaf = piece(match);
    if (!leaf) continue;
    const tail = match[3] ? match[4].match(/[._-]*$/)[0].length : 0;
    say(text.slice(at, match.index));
    leaves.push(styled(leaf, style));
    at = match.index + match[0].length - tail;
  }
  say(text.slice(at));
  return leaves;
}

function chipLeaf({ type, id }) {
  if (type === "broadcast") return { type, range: id };
  return { type, [`${type}_id`]: id };
}

// The lines of an area as [{kind, style?, indent?, leaves}].
function readLines(root) {
  const lines = [];
  let line = null;
  const open = (context) => {
    line ??= { ...context, leaves: [] };
    return line.leaves;
  };
  const close = () => {
    if (line) lines.push(line);
    line = null;
  };
  const block = (node, context) => {
    close();
    const before = lines.length;
    walk(node, context, {});
    if (line) close();
    else if (lines.length === before) lines.push({ ...context, leaves: [] });
  };
  const text = (data, context, style) => {
    const parts = context.kind === KINDS.PRE ? data.split("\n") : [data];
    parts.forEach((part, index) => {
      if (index) open(context), close();
      const code = context.kind === KINDS.PRE ? [part && { type: "text", text: part }].filter(Boolean) : null;
      if (part) open(context).push(...(code ?? textLeaves(part, style)));
    });
  };
  const walk = (node, context, style) => {
    for (const child of node.childNodes) visit(child, context, style);
  };
  const list = (node, context) => {
    close();
    const indent = context.kind === "rich_text_list" ? context.indent + 1 : 0;
    walk(node, { kind: "rich_text_list", style: node.nodeName === "OL" ? "ordered" : "bullet", indent }, {});
  };
  const visit = (node, context, style) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const data = node.data.replaceAll("\u200b", "").replaceAll("\u00a0", " ");
      if (data && !(data === "\n" && context.kind !== KINDS.PRE)) text(data, context, style);
    } else if (node.dataset?.chip) open(context).push(styled(chipLeaf(JSON.parse(node.dataset.chip)), style));
    else if (node.nodeName === "BR") open(context), close();
    else if (node.nodeName === "UL" || node.nodeName === "OL") list(node, context);
    else if (KINDS[node.nodeName]) block(node, { kind: KINDS[node.nodeName] });
    else if (node.nodeName === "LI") block(node, context);
    else if (BLOCKS.has(node.nodeName)) block(node, context);
    else if (node.nodeName === "A" && node.href) {
      const leaf = { type: "link", url: node.href };
      if (node.textContent !== node.href) leaf.text = node.textContent;
      open(context).push(styled(leaf, style));
    } else if (node.nodeName === "CODE") walk(node, context, { ...style, code: true });
    else if (MARKS[node.nodeName]) walk(node, context, { ...style, [MARKS[node.nodeName]]: true });
    else walk(node, context, style);
  };
  walk(root, SECTION, {});
  close();
  return lines;
}

const isBlank = (line) =>
  line.kind === SECTION.kind && line.leaves.every((leaf) => leaf.type === "text" && !leaf.text.trim());

function joined(leaves) {
  const out = [];
  for (const leaf of leaves) {
    const last = out.at(-1);
    const same = JSON.stringify(last?.style) === JSON.stringify(leaf.style);
    if (last?.type === "text" && leaf.type === "text" && same) last.text += leaf.text;
    else out.push({ ...leaf });
  }
  return out;
}

// The rich_text block of what stands in the area; null when there is nothing but space.
export function readRich(root) {
  const lines = readLines(root);
  while (lines.length && isBlank(lines[0])) lines.shift();
  while (lines.length && isBlank(lines.at(-1))) lines.pop();
  const elements = [];
  for (const { kind, style, indent, leaves } of lines) {
    const last = elements.at(-1);
    const section = { type: "rich_text_section", elements: leaves };
    if (kind === "rich_text_list") {
      if (last?.type === kind && last.style === style && last.indent === indent) last.elements.push(section);
      else elements.push({ type: kind, style, indent, border: 0, elements: [section] });
    } else if (last?.type === kind) last.elements.push({ type: "text", text: "\n" }, ...leaves);
    else elements.push({ type: kind, elements: [...leaves] });
  }
  for (const one of elements) {
    if (one.type === "rich_text_list") for (const item of one.elements) item.elements = joined(item.elements);
    else one.elements = joined(one.elements);
  }
  const said = elements.filter((one) => one.elements.length);
  const words = said.some((one) => plainParts(one).trim());
  return words ? { type: "rich_text", elements: said } : null;
}

const chipName = {
  user: (id) => `@${user(id)?.name ?? id}`,
  channel: (id) => `#${channel(id)?.name ?? id}`,
  usergroup: (id) => groupName(id),
  broadcast: (id) => `@${id}`,
};

const chipLabel = { ...chipName, user: (id) => `@${user(id)?.real_name ?? id}` };

// A mention that is deleted and moved over as one thing.
export const chip = (type, id) =>
  h(
    "span",
    { class: "mention chip", contenteditable: "false", "data-chip": JSON.stringify({ type, id }) },
    chipLabel[type](id),
  );

const idOf = (leaf) => leaf.user_id ?? leaf.channel_id ?? leaf.usergroup_id ?? leaf.range;

function plainLeaf(leaf) {
  if (chipName[leaf.type]) return chipName[leaf.type](idOf(leaf));
  if (leaf.type === "emoji") return `:${leaf.name}${leaf.skin_tone ? `::skin-tone-${leaf.skin_tone}` : ""}:`;
  return leaf.text || leaf.url || "";
}

const plainParts = (one) =>
  one.type === "rich_text_list"
    ? one.elements.map((item) => item.elements.map(plainLeaf).join("")).join("\n")
    : one.elements.map(plainLeaf).join("");

// The words alone, as a command takes them.
export const plainRich = (block) => (block?.elements ?? []).map(plainParts).join("\n");

const TAGS = [
  ["code", "code"],
  ["bold", "b"],
  ["italic", "i"],
  ["strike", "s"],
];

function leafNode(leaf) {
  let node = document.createTextNode(leaf.text ?? "");
  if (chipName[leaf.type]) node = chip(leaf.type, idOf(leaf));
  else if (leaf.type === "emoji") node = document.createTextNode(emojiChar(leaf.name) ?? plainLeaf(leaf));
  else if (leaf.type === "link") node = h("a", { href: leaf.url }, leaf.text || leaf.url);
  else if (leaf.type === "date") node = document.createTextNode(leaf.fallback ?? "");
  for (const [style, tag] of TAGS) if (leaf.style?.[style]) node = h(tag, null, node);
  return node;
}

// Leaves as lines, because an editable area keeps each line in an element of its own.
function splitLines(leaves) {
  const lines = [[]];
  for (const leaf of leaves) {
    if (leaf.type !== "text") {
      lines.at(-1).push(leaf);
      continue;
    }
    (leaf.text ?? "").split("\n").forEach((part, index) => {
      if (index) lines.push([]);
      if (part) lines.at(-1).push({ ...leaf, text: part });
    });
  }
  return lines;
}

const lineNode = (leaves) => h("div", null, leaves.length ? leaves.map(leafNode) : h("br"));

function listNode(one) {
  const tag = one.style === "ordered" ? "ol" : "ul";
  let node = h(
    tag,
    null,
    one.elements.map((item) => h("li", null, item.elements.map(leafNode))),
  );
  for (let depth = 0; depth < (one.indent ?? 0); depth += 1) node = h(tag, null, node);
  return node;
}

const WRITERS = {
  rich_text_section: (one) => splitLines(one.elements).map(lineNode),
  rich_text_quote: (one) => h("blockquote", null, splitLines(one.elements).map(lineNode)),
  rich_text_preformatted: (one) => h("pre", null, one.elements.map((leaf) => leaf.text ?? leaf.url ?? "").join("")),
  rich_text_list: listNode,
};

export const richNodes = (block) =>
  (block?.elements ?? []).flatMap((one) => WRITERS[one.type]?.(one) ?? []);

export const richOf = (text) => ({
  type: "rich_text",
  elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }],
});
