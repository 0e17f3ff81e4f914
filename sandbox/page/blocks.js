// Draws a list of Block Kit blocks for a message, a modal or the App Home.
import { alert, card, carousel, container, plan, task } from "./cards.js";
import { chart } from "./charts.js";
import { dayKey } from "./dates.js";
import { h, uniqueId } from "./dom.js";
import { makeElement, picture } from "./elements.js";
import { fileCard } from "./files.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { plainText, textObject } from "./mrkdwn.js";
import { reconcile } from "./patch.js";
import { richText } from "./richtext.js";
import { now } from "./store.js";
import { dataTable, table } from "./tables.js";

function section(block, ctx) {
  const accessory =
    block.accessory && makeElement(block.accessory, { ...ctx, label: block.text?.text }, block);
  const text = block.text && foldable(block, ctx, h("div", { class: "section-text" }, textObject(block.text)));
  const fields =
    block.fields?.length &&
    h(
      "div",
      { class: "section-fields" },
      block.fields.map((field) => h("div", null, textObject(field))),
    );
  return h(
    "div",
    { class: "section" },
    h("div", { class: "section-main" }, text, fields),
    accessory &&
      h(
        "div",
        {
          class: "section-accessory",
          data: { "block-id": block.block_id, "action-id": block.accessory.action_id },
        },
        accessory,
      ),
  );
}

const LONG = 900;
const MANY_LINES = 12;

// Like Slack, a long section of a message is folded unless the app asks to expand it.
function foldable(block, ctx, text) {
  const words = block.text.text ?? "";
  const isLong = words.length > LONG || words.split("\n").length > MANY_LINES;
  if (ctx.surface !== "message" || block.expand || !isLong) return text;
  text.classList.add("folded");
  text.ownAttributes = ["class"];
  const unfold = ({ currentTarget }) => {
    const open = !currentTarget.previousElementSibling.classList.toggle("folded");
    currentTarget.setAttribute("aria-expanded", String(open));
    currentTarget.textContent = open ? "See less" : "See more";
  };
  const attributes = { type: "button", class: "see-more", "aria-expanded": "false", own: ["aria-expanded"] };
  const button = h("button", { ...attributes, on: { click: unfold } });
  button.append("See more");
  return [text, button];
}

function header(block) {
  return h("h2", { class: "block-header" }, plainText(block.text));
}

function context(block) {
  return h(
    "div",
    { class: "context" },
    (block.elements ?? []).map((element) =>
      element.type === "image" ? picture(element, "context-image") : h("span", null, textObject(element)),
    ),
  );
}

function actions(block, ctx) {
  return h(
    "div",
    { class: "actions" },
    (block.elements ?? []).map((element) =>
      h(
        "div",
        { class: "action", key: `action-${element.action_id}`, data: { "block-id": block.block_id, "action-id": element.action_id } },
        makeElement(element, ctx, block),
      ),
    ),
  );
}

function image(block) {
  return h(
    "figure",
    { class: "image-block" },
    block.title && h("figcaption", null, plainText(block.title)),
    picture(block),
  );
}

const GROUPED = new Set(["radio_buttons", "checkboxes"]);

function input(block, ctx) {
  const id = uniqueId("field");
  const label = [plainText(block.label), block.optional && h("span", { class: "optional" }, " (optional)")];
  const control = makeElement(block.element, { ...ctx, id, label: block.label?.text }, block);
  const head =
    GROUPED.has(block.element.type) || !control?.querySelector
      ? h("div", { class: "field-label", id: `${id}-label` }, label)
      : h("label", { class: "field-label", for: id, id: `${id}-label` }, label);
  const target = control.id === id ? control : control.querySelector(`#${id}`);
  if (block.hint) target?.setAttribute("aria-describedby", `${id}-hint`);
  if (!block.optional) target?.setAttribute("aria-required", "true");
  return h(
    "div",
    {
      class: "field",
      data: {
        testid: "field",
        "block-id": block.block_id,
        "action-id": block.element.action_id,
        "control-id": id,
      },
    },
    head,
    control,
    block.hint && h("div", { class: "field-hint", id: `${id}-hint` }, plainText(block.hint)),
  );
}

// Puts a message under a field, tied to its control for screen readers; null takes it away.
export function setFieldError(field, message) {
  const id = field.dataset.controlId;
  field.querySelector("[data-testid=field-error]")?.remove();
  field.classList.toggle("invalid", Boolean(message));
  const control = field.querySelector(`#${CSS.escape(id)}`);
  const hint = field.querySelector(`#${CSS.escape(id)}-hint`) ? `${id}-hint` : "";
  if (message) {
    field.append(
      h(
        "div",
        { class: "field-error", id: `${id}-error`, data: { testid: "field-error" } },
        icon("warn", { size: 16 }),
        message,
      ),
    );
    control?.setAttribute("aria-invalid", "true");
    control?.setAttribute("aria-describedby", `${hint} ${id}-error`.trim());
  } else {
    control?.removeAttribute("aria-invalid");
    if (hint) control?.setAttribute("aria-describedby", hint);
    else control?.removeAttribute("aria-describedby");
  }
}

function video(block) {
  return h(
    "div",
    { class: "video" },
    h(
      "a",
      {
        class: "link",
        href: block.title_url ?? block.video_url,
        target: "_blank",
        rel: "noopener noreferrer",
      },
      icon("right", { size: 16 }),
      plainText(block.title),
    ),
    block.description && h("div", { class: "muted" }, plainText(block.description)),
    block.thumbnail_url &&
      h(
        "a",
        {
          class: "video-thumbnail",
          href: block.title_url ?? block.video_url,
          target: "_blank",
          rel: "noopener noreferrer",
          "aria-label": `Play ${block.alt_text ?? block.title?.text}`,
        },
        picture({ image_url: block.thumbnail_url, alt_text: block.alt_text }),
      ),
    h("small", { class: "muted" }, [block.author_name, block.provider_name].filter(Boolean).join(" · ")),
  );
}

const MAKERS = {
  section,
  header,
  context,
  actions,
  image,
  input,
  video,
  table,
  card,
  carousel,
  plan,
  alert,
  divider: () => h("hr", { class: "divider" }),
  rich_text: richText,
  markdown: (block) => h("div", { class: "markdown" }, markdown(block.text ?? "")),
  file: (block, ctx) => fileCard(ctx.file?.(block) ?? { name: block.external_id }),
  data_table: dataTable,
  data_visualization: chart,
  task_card: task,
  container: (block, ctx) => container(block, ctx, drawAll),
  context_actions: actions,
};

function drawBlock(block, ctx) {
  const make = MAKERS[block.type];
  const body = make
    ? make(block, ctx)
    : h("div", { class: "muted" }, `A block of type ${block.type} is not shown here.`);
  body.classList?.add("block", `block-${block.type}`);
  if (block.block_id) body.dataset.blockId ??= block.block_id;
  return body;
}

// In a message a block with buttons or fields is known by them, every other block by its place.
function drawAll(blocks, ctx) {
  return blocks.map((block) => {
    const node = drawBlock(block, ctx);
    if (block.element) node.patchKey = `input ${block.block_id} ${block.element.action_id}`;
    else if (actionsOf(block).length) node.patchParts = actionsOf(block);
    return node;
  });
}

export const drawBlocks = (blocks, ctx) =>
  h("div", { class: `blocks blocks-${ctx.surface}` }, drawAll(blocks, ctx));

// Redraws only the blocks that changed, so that what is being typed elsewhere keeps its place and focus.
export function updateBlocks(holder, blocks, ctx) {
  const keys = keysFor(blocks, holder.blockKeys ?? []);
  reconcile(
    holder,
    blocks.map((block, index) => ({
      key: keys[index].key,
      // Words such as "today" change with the day.
      sign: `${dayKey(now())}${JSON.stringify(block)}`,
      make: () => drawBlock(block, ctx),
    })),
  );
  holder.blockKeys = keys;
}

const actionsOf = (block) =>
  [...(block.elements ?? []), block.accessory].map((one) => one?.action_id).filter(Boolean);

// A block is known by its id. Where the app gives none, Slack makes one at every update: then a block with buttons is
// known by what they do, and other blocks by their place. An input with a new id is a new input.
function keysFor(blocks, before) {
  const ids = new Set(blocks.map((block) => block.block_id));
  const gone = before.filter((one) => !ids.has(one.block));
  const used = new Set();
  const unused = (key) => {
    while (used.has(key)) key += "'";
    used.add(key);
    return key;
  };
  return blocks.map((block, index) => {
    const acts = actionsOf(block);
    const known = before.find((one) => one.block === block.block_id);
    const twin =
      block.type !== "input" &&
      gone.find(
        (one) =>
          one.type === block.type &&
          !used.has(one.key) &&
          (acts.length ? acts.some((act) => one.acts.includes(act)) : !one.acts.length && one.index === index),
      );
    const key = unused(known?.key ?? (twin || null)?.key ?? `${block.type}#${block.block_id ?? index}`);
    return { key, index, type: block.type, block: block.block_id, acts };
  });
}
