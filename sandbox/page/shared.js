// What hangs below a message: forwarded messages, alerts of other apps, pasted tables and previews of links.
import { drawBlocks } from "./blocks.js";
import { dateOf, nearTime } from "./dates.js";
import { picture } from "./elements.js";
import { fileCards } from "./files.js";
import { h } from "./dom.js";
import { link, mrkdwn, plainText } from "./mrkdwn.js";

const NAMED = { good: "#2eb886", warning: "#daa038", danger: "#a30200" };
const colorOf = (one) =>
  NAMED[one.color] ?? (one.color ? (one.color.startsWith("#") ? one.color : `#${one.color}`) : null);

const small = (url, alt) => picture({ image_url: url, alt_text: alt }, "attachment-icon");

function author(one) {
  if (!one.author_name) return null;
  const name = one.author_link && !one.is_msg_unfurl ? link(one.author_link, one.author_name) : one.author_name;
  return h(
    "div",
    { class: "attachment-author" },
    one.author_icon && small(one.author_icon, ""),
    h("b", null, name),
  );
}

const title = (one) =>
  one.title &&
  h("div", { class: "attachment-title" }, one.title_link ? link(one.title_link, one.title) : plainText(one.title));

// Slack puts short fields side by side.
function fields(one) {
  const listed = (one.fields ?? []).map((field) =>
    h(
      "div",
      { class: field.short ? "" : "long" },
      field.title && h("b", null, plainText(field.title)),
      h("div", null, mrkdwn(String(field.value ?? ""))),
    ),
  );
  return listed.length > 0 && h("div", { class: "section-fields" }, listed);
}

// Buttons of before Block Kit, which their app hears of as "interactive_message".
function oldActions(one, ctx) {
  const listed = (one.actions ?? []).filter((action) => action.type === "button");
  return (
    listed.length > 0 &&
    h(
      "div",
      { class: "actions" },
      listed.map((action) =>
        action.url
          ? h("a", { class: "button", href: action.url, target: "_blank", rel: "noopener noreferrer" }, plainText(action.text))
          : h(
              "button",
              { type: "button", class: "button", on: { click: () => ctx.pressOld(one.id, action) } },
              plainText(action.text),
            ),
      ),
    )
  );
}

function footer(one) {
  const parts = [
    one.footer_icon && small(one.footer_icon, ""),
    one.footer && h("span", null, plainText(one.footer)),
    one.ts && h("span", null, nearTime(dateOf(one.ts))),
    one.is_msg_unfurl && one.from_url && h("a", { class: "link", href: one.from_url }, "View message"),
  ].filter(Boolean);
  return parts.length > 0 && h("div", { class: "attachment-footer" }, parts);
}

function words(one, ctx) {
  const shared = (one.message_blocks ?? []).flatMap((part) => part.message?.blocks ?? []);
  if (one.blocks?.length) return drawBlocks(one.blocks, ctx);
  if (shared.length) return drawBlocks(shared, ctx);
  if (one.text) return h("div", { class: "attachment-text" }, mrkdwn(one.text));
  const bare = !one.title && !one.fields?.length && !one.image_url && !one.author_name;
  return bare && one.fallback ? h("div", null, plainText(one.fallback)) : null;
}

const image = (one) =>
  one.image_url && picture({ image_url: one.image_url, alt_text: one.title ?? one.fallback }, "attachment-image");

export function attachment(one, ctx) {
  const body = h(
    "div",
    { class: "attachment-body" },
    author(one),
    title(one),
    words(one, ctx),
    fields(one),
    image(one),
    one.files?.length > 0 && fileCards(one.files),
    (one.attachments ?? []).map((inner) => attachment(inner, ctx)),
    oldActions(one, ctx),
    footer(one),
  );
  return h(
    "div",
    { class: "attached-part" },
    one.pretext && h("div", { class: "attachment-pretext" }, mrkdwn(one.pretext)),
    h(
      "div",
      { class: `attachment${one.is_share ? " shared" : ""}`, style: { "--edge": colorOf(one) } },
      body,
      one.thumb_url && picture({ image_url: one.thumb_url, alt_text: "" }, "attachment-thumb"),
    ),
  );
}
