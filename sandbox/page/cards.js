// Draws the blocks that frame other content: alerts, cards, carousels, containers, plans and task cards.
import { h, uniqueId } from "./dom.js";
import { makeElement, picture } from "./elements.js";
import { icon } from "./icons.js";
import { plainText, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";

const LEVELS = {
  default: ["info", "Note"],
  info: ["info", "Information"],
  warning: ["warn", "Warning"],
  error: ["stop", "Error"],
  success: ["ok", "Success"],
};

export function alert(block) {
  const [name, label] = LEVELS[block.level] ?? LEVELS.default;
  return h(
    "div",
    { class: `alert alert-${block.level ?? "default"}`, role: "note" },
    icon(name, { label }),
    h("div", null, textObject(block.text)),
  );
}

export function card(block, ctx) {
  const actions = (block.actions ?? []).map((element) => makeElement(element, ctx, block));
  return h(
    "article",
    { class: "card" },
    block.hero_image && picture(block.hero_image, "card-hero"),
    h(
      "div",
      { class: "card-head" },
      block.icon && picture(block.icon, "card-icon"),
      !block.icon && block.slack_icon && h("span", { class: "card-icon" }, icon("pulse", { size: 16 })),
      h(
        "div",
        null,
        block.title && h("h3", null, textObject(block.title)),
        block.subtitle && h("div", { class: "card-subtitle" }, textObject(block.subtitle)),
      ),
    ),
    block.body && h("div", { class: "card-body" }, textObject(block.body)),
    actions.length > 0 && h("div", { class: "actions" }, actions),
    block.subtext && h("small", { class: "muted" }, textObject(block.subtext)),
  );
}

export const carousel = (block, ctx) =>
  h(
    "div",
    { class: "carousel", role: "group", "aria-label": "Cards", tabindex: "0" },
    (block.elements ?? []).map((one) => card(one, ctx)),
  );

function containerHead(block) {
  const title = block.rich_text_title
    ? richText(block.rich_text_title)
    : block.title && plainText(block.title);
  return [
    block.icon && picture(block.icon, "card-icon"),
    h(
      "div",
      null,
      h("div", { class: "container-title" }, title),
      block.subtitle && h("div", { class: "card-subtitle" }, textObject(block.subtitle)),
    ),
  ];
}

function collapsible(block, head, body) {
  const id = uniqueId("container");
  body.id = id;
  body.hidden = Boolean(block.default_collapsed);
  body.ownAttributes = ["hidden"];
  return h(
    "button",
    {
      type: "button",
      class: "container-head",
      "aria-controls": id,
      "aria-expanded": String(!body.hidden),
      own: ["aria-expanded"],
      on: {
        click: ({ currentTarget }) => {
          const folded = currentTarget.nextElementSibling;
          folded.hidden = !folded.hidden;
          currentTarget.setAttribute("aria-expanded", String(!folded.hidden));
        },
      },
    },
    head,
    icon("down"),
  );
}

export function container(block, ctx, drawAll) {
  const body = h("div", { class: "container-body" }, drawAll(block.child_blocks ?? [], ctx));
  const head = containerHead(block);
  return h(
    "section",
    { class: `container width-${block.width ?? "standard"}${block.has_header_divider ? " ruled" : ""}` },
    block.is_collapsible ? collapsible(block, head, body) : h("div", { class: "container-head" }, head),
    body,
  );
}

const STATES = {
  pending: ["clock", "Pending"],
  in_progress: ["pulse", "In progress"],
  complete: ["ok", "Complete"],
  error: ["warn", "Error"],
};

export function task(block) {
  const [name, label] = STATES[block.status] ?? STATES.pending;
  const more = [
    block.details && richText(block.details),
    block.output && richText(block.output),
    block.sources?.length &&
      h(
        "div",
        { class: "muted" },
        block.sources.map((one) =>
          h(
            "a",
            { class: "link source", href: one.url, target: "_blank", rel: "noopener noreferrer" },
            one.text,
          ),
        ),
      ),
  ].filter(Boolean);
  const title = [icon(name, { label }), h("span", null, plainText(block.title))];
  return more.length
    ? h(
        "details",
        { class: `task task-${block.status}`, own: ["open"] },
        h("summary", null, title),
        h("div", { class: "task-body" }, more),
      )
    : h("div", { class: `task task-${block.status}` }, title);
}

export const plan = (block) =>
  h("section", { class: "plan" }, h("h3", null, plainText(block.title)), (block.tasks ?? []).map(task));
