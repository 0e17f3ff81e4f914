// Draws rich_text blocks: sections, lists, quotes and preformatted text with their styled leaves.
import { h } from "./dom.js";
import { broadcast, channelLink, dateNode, emojiNode, link, mention } from "./mrkdwn.js";
import { groupName } from "./store.js";

const WRAPPERS = [
  ["code", "code"],
  ["bold", "strong"],
  ["italic", "em"],
  ["strike", "s"],
  ["underline", "u"],
];

function lines(text) {
  return text.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));
}

const LEAVES = {
  text: (leaf) => lines(leaf.text ?? ""),
  link: (leaf) => link(leaf.url ?? "", leaf.text),
  user: (leaf) => mention(leaf.user_id),
  usergroup: (leaf) => h("span", { class: "mention" }, groupName(leaf.usergroup_id)),
  team: (leaf) => h("span", { class: "mention" }, `@${leaf.team_id}`),
  channel: (leaf) => channelLink(leaf.channel_id),
  broadcast: (leaf) => broadcast(leaf.range),
  emoji: (leaf) => emojiNode(leaf.name),
  color: (leaf) => h("span", { class: "swatch" }, h("i", { style: { background: leaf.value } }), leaf.value),
  date: (leaf) =>
    dateNode(leaf.timestamp, leaf.format ?? "{date} {time}", { fallback: leaf.fallback, url: leaf.url }),
};

function leaf(element) {
  let nodes = [LEAVES[element.type]?.(element) ?? element.text ?? ""];
  for (const [style, tag] of WRAPPERS) if (element.style?.[style]) nodes = [h(tag, null, nodes)];
  return nodes;
}

const leaves = (element) => (element.elements ?? []).map(leaf);

function list(element) {
  const ordered = element.style === "ordered";
  return h(
    ordered ? "ol" : "ul",
    {
      class: `rich-list indent-${Math.min(element.indent ?? 0, 8)}`,
      start: ordered && element.offset ? element.offset + 1 : null,
    },
    (element.elements ?? []).map((item) => h("li", null, leaves(item))),
  );
}

const PARTS = {
  rich_text_section: (element) => h("div", { class: "rich-section" }, leaves(element)),
  rich_text_quote: (element) => h("blockquote", null, leaves(element)),
  rich_text_preformatted: (element) => h("pre", null, leaves(element)),
  rich_text_list: list,
};

export const richText = (block) =>
  h(
    "div",
    { class: "rich" },
    (block?.elements ?? []).map((part) => PARTS[part.type]?.(part)),
  );
