// Makes the interactive elements of Block Kit: buttons, menus, choices and pickers.
import { choicesFor } from "./choices.js";
import { askFirst } from "./dialog.js";
import { h, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { INPUTS } from "./inputs.js";
import { plainText, textObject } from "./mrkdwn.js";
import { openMenu } from "./popover.js";
import { selectControl } from "./selects.js";
import { localUrl } from "./served.js";

const flat = (object) => object?.text ?? object ?? "";

// Asks for confirmation where the block wants it, then tells the app; the control shows that it is waiting.
async function act(element, ctx, block, value, control) {
  if (element.confirm && !(await askFirst(element.confirm))) return;
  control?.setAttribute("aria-busy", "true");
  try {
    await ctx.act({ element, block, value });
  } finally {
    control?.removeAttribute("aria-busy");
  }
}

function openUrl(url) {
  // A link element goes through the page's own link handling, so that permalinks stay inside.
  const anchor = h("a", { href: url, target: "_blank", rel: "noopener noreferrer" });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}

function button(element, ctx, block) {
  const style = element.style === "primary" || element.style === "danger" ? ` ${element.style}` : "";
  return h(
    "button",
    {
      type: "button",
      class: `button${style}`,
      "aria-label": element.accessibility_label,
      own: ["aria-busy"],
      data: { testid: "block-button", "action-id": element.action_id, value: element.value },
      on: {
        click: ({ currentTarget }) => {
          if (currentTarget.getAttribute("aria-busy")) return;
          if (element.url && /^https?:/i.test(element.url)) openUrl(element.url);
          act(element, ctx, block, element.value, currentTarget);
        },
      },
    },
    plainText(element.text),
  );
}

function overflow(element, ctx, block) {
  return h(
    "button",
    {
      type: "button",
      class: "button square",
      own: ["aria-busy", "aria-expanded"],
      "aria-label": element.accessibility_label ?? "More options",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      data: { "action-id": element.action_id },
      on: {
        click: ({ currentTarget }) =>
          openMenu(
            currentTarget,
            element.options.map((option) => ({
              label: flat(option.text),
              content: plainText(option.text),
              hint: option.description && flat(option.description),
              data: { value: option.value },
              run: () => {
                if (option.url) openUrl(option.url);
                act(element, ctx, block, option.value, currentTarget);
              },
            })),
            { label: "More options", side: "end" },
          ),
      },
    },
    icon("more"),
  );
}

// The place where the form was opened counts as picked, so it is written down like a choice.
function currentConversation(element, ctx, block) {
  if (!element.default_to_current_conversation || !ctx.channel) return null;
  const value = element.type.startsWith("multi_") ? [ctx.channel] : ctx.channel;
  ctx.form.write(block.block_id, element, value);
  return value;
}

function select(element, ctx, block) {
  const multi = element.type.startsWith("multi_");
  const value = ctx.form.read(block.block_id, element) ?? currentConversation(element, ctx, block);
  return selectControl({
    ...choicesFor(element, ctx),
    multi,
    max: element.max_selected_items,
    placeholder: element.placeholder,
    value,
    label: ctx.label ?? flat(element.placeholder),
    id: ctx.id,
    onFull: (words) => ctx.invalid?.(block, words),
    onChange: (value, option) => {
      if (option) ctx.form.options.set(value, option);
      ctx.form.write(block.block_id, element, value);
      ctx.changed(element, block, value);
    },
  });
}

function choice(element, ctx, block, kind) {
  const name = uniqueId("choice");
  const chosen = [ctx.form.read(block.block_id, element) ?? []].flat();
  const read = (root) => [...root.querySelectorAll("input:checked")].map((input) => input.value);
  return h(
    "div",
    {
      class: "choices",
      role: kind === "radio" ? "radiogroup" : "group",
      "aria-label": ctx.label,
      id: ctx.id,
      on: {
        change: ({ currentTarget }) => {
          const value = kind === "radio" ? (read(currentTarget)[0] ?? null) : read(currentTarget);
          ctx.form.write(block.block_id, element, value);
          ctx.changed(element, block, value);
        },
      },
    },
    element.options.map((option) =>
      h(
        "label",
        { class: "choice", key: `choice-${option.value}` },
        h("input", { type: kind, name, value: option.value, checked: chosen.includes(option.value) }),
        h(
          "span",
          null,
          h("span", null, textObject(option.text)),
          option.description && h("small", null, textObject(option.description)),
        ),
      ),
    ),
  );
}

function workflow(element) {
  return h(
    "button",
    { type: "button", class: "button", disabled: true, title: "Workflows do not run in the sandbox" },
    plainText(element.text),
  );
}

function feedback(element, ctx, block) {
  return [
    ["positive_button", "up"],
    ["negative_button", "thumbdown"],
  ]
    .filter(([name]) => element[name])
    .map(([name, picture]) => {
      const one = element[name];
      return h(
        "button",
        {
          type: "button",
          class: "icon-button",
          own: ["aria-busy", "aria-pressed"],
          "aria-pressed": "false",
          "aria-label": one.accessibility_label ?? flat(one.text),
          title: flat(one.text),
          data: { testid: "block-button", "action-id": element.action_id, value: one.value },
          on: {
            click: ({ currentTarget }) => {
              currentTarget.setAttribute("aria-pressed", "true");
              act(element, ctx, block, one.value, currentTarget);
            },
          },
        },
        icon(picture),
      );
    });
}

function iconButton(element, ctx, block) {
  return h(
    "button",
    {
      type: "button",
      class: "icon-button",
      own: ["aria-busy"],
      "aria-label": element.accessibility_label ?? flat(element.text),
      title: flat(element.text),
      data: { testid: "block-button", "action-id": element.action_id },
      on: { click: ({ currentTarget }) => act(element, ctx, block, element.value, currentTarget) },
    },
    icon("trash"),
  );
}

export function picture(element, className = "block-image") {
  const url = localUrl(element.image_url ?? element.slack_file?.url);
  if (!url)
    return h(
      "span",
      { class: `${className} picture-off`, role: "img", "aria-label": element.alt_text },
      icon("image"),
      h("small", null, element.alt_text || "Picture"),
    );
  return h("img", { class: className, src: url, alt: element.alt_text ?? "", loading: "lazy" });
}

const MAKERS = {
  button,
  overflow,
  workflow_button: workflow,
  feedback_buttons: feedback,
  icon_button: iconButton,
  radio_buttons: (...args) => choice(...args, "radio"),
  checkboxes: (...args) => choice(...args, "checkbox"),
  image: (element) => picture(element, "accessory-image"),
  ...INPUTS,
};

export function makeElement(element, ctx, block) {
  const make = MAKERS[element.type] ?? (/_select$/.test(element.type) ? select : null);
  if (!make) return h("span", { class: "muted" }, `(${element.type})`);
  const visible = element.visible_to_user_ids;
  if (visible?.length && !visible.includes(ctx.me)) return null;
  return make(element, ctx, block);
}
