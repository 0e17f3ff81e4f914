// The markdown block: CommonMark with tables, strikethrough and links, read by markdown-it and drawn as nodes, never HTML.
import { fragment, h } from "./dom.js";
import { emojiChar } from "./emoji.js";
import { control, emojiNode, link } from "./mrkdwn.js";
import "./vendor/markdown-it.min.js";

const parser = globalThis.markdownit({ html: false, linkify: true, breaks: true });
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

// Slack's own <@U1>, <#C1>, <!here> and :emoji: within markdown.
parser.inline.ruler.before("autolink", "slack", (state, silent) => {
  const match = /^<([@#!][^<>\n]+)>/.exec(state.src.slice(state.pos));
  if (!match) return false;
  if (!silent) state.push("slack", "", 0).content = match[1];
  state.pos += match[0].length;
  return true;
});
parser.inline.ruler.before("emphasis", "emoji", (state, silent) => {
  const match = /^:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/.exec(state.src.slice(state.pos));
  if (!match || !emojiChar(match[1])) return false;
  if (!silent) state.push("emoji", "", 0).content = match[1];
  state.pos += match[0].length;
  return true;
});
// The parser leaps over what it takes for plain text; a colon may begin an emoji.
parser.inline.ruler.at("text", (state, silent) => {
  const rest = state.src.slice(state.pos);
  const length = rest.search(/[\n!#$%&*+\-:<=>@[\\\]^_`{}~]/);
  const step = length < 0 ? rest.length : length;
  if (!step) return false;
  if (!silent) state.pending += rest.slice(0, step);
  state.pos += step;
  return true;
});

const TAGS = {
  paragraph: ["p"],
  bullet_list: ["ul", { class: "rich-list" }],
  list_item: ["li"],
  blockquote: ["blockquote"],
  table: ["table", { class: "table" }],
  thead: ["thead"],
  tbody: ["tbody"],
  tr: ["tr"],
  strong: ["strong"],
  em: ["em"],
  s: ["s"],
};

const LEAVES = {
  text: (token) => token.content,
  code_inline: (token) => h("code", null, token.content),
  softbreak: () => h("br"),
  hardbreak: () => h("br"),
  slack: (token) => control(token.content),
  emoji: (token) => emojiNode(token.content),
  fence: (token) => h("pre", null, token.content.replace(/\n$/, "")),
  code_block: (token) => h("pre", null, token.content.replace(/\n$/, "")),
  hr: () => h("hr", { class: "divider" }),
  // In canvases, ![](@U1) and ![](#C1) name people and channels.
  image: (token) =>
    /^[@#][A-Z0-9]+$/.test(token.attrGet("src")) ? control(token.attrGet("src")) : link(token.attrGet("src"), token.content),
};

const alignOf = (token) => /text-align:(\w+)/.exec(token.attrGet("style") ?? "")?.[1];

function framed(name, token, inner) {
  if (name === "link") return link(token.attrGet("href"), undefined, inner);
  if (name === "heading") return h(`h${Math.min(6, Number(token.tag[1]) + 1)}`, { class: `md-heading md-${token.tag}` }, inner);
  if (name === "ordered_list") return h("ol", { class: "rich-list", start: token.attrGet("start") }, inner);
  if (name === "th") return h("th", { scope: "col", class: `align-${alignOf(token) ?? "left"}` }, inner);
  if (name === "td") return h("td", { class: `align-${alignOf(token) ?? "left"}` }, inner);
  if (name === "paragraph" && token.hidden) return inner;
  const [tag, props] = TAGS[name] ?? ["span"];
  const node = h(tag, props ?? null, inner);
  return name === "table" ? h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Table" }, node) : node;
}

function nodes(tokens) {
  const stack = [{ inner: [] }];
  for (const token of tokens) {
    const top = stack.at(-1);
    if (token.nesting > 0) stack.push({ token, inner: [] });
    else if (token.nesting < 0) {
      const { token: opener, inner } = stack.pop();
      stack.at(-1).inner.push(framed(opener.type.replace(/_open$/, ""), opener, inner));
    } else if (token.type === "inline") top.inner.push(nodes(token.children));
    else top.inner.push(LEAVES[token.type]?.(token) ?? token.content);
  }
  return stack[0].inner;
}

export const markdown = (text) => fragment(nodes(parser.parse(text, {})));
