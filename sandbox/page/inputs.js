// The fields a person writes into: text, numbers, addresses, dates and times.
import { debounce, h } from "./dom.js";
import { editorField } from "./editorfield.js";
import { fileField } from "./filefield.js";

const flat = (object) => object?.text ?? object ?? "";
const pad = (number) => String(number).padStart(2, "0");

function grow(area) {
  area.style.setProperty("height", "auto");
  area.style.setProperty("height", `${area.scrollHeight + 2}px`);
}

function showLeft(node, text, max) {
  const left = max - [...text].length;
  node.textContent = left <= Math.max(20, max / 5) ? String(left) : "";
  node.classList.toggle("over", left < 0);
}

function counter(input, max) {
  const node = h("span", { class: "counter", "aria-hidden": "true" });
  showLeft(node, input.value, max);
  return node;
}

const tellLater = debounce((tell) => tell(), 300);

// When the app wants to be told of what is typed: at each pause, or at Enter.
function dispatchers(element, ctx, block) {
  if (!block.dispatch_action) return {};
  const wanted = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const tell = (input) => input.isConnected && ctx.changed(element, block, input.value);
  const onEnter = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    tell(event.currentTarget);
  };
  return {
    typed: wanted.includes("on_character_entered") ? (input) => tellLater(() => tell(input)) : null,
    keydown: wanted.includes("on_enter_pressed") ? onEnter : null,
  };
}

function textual(element, ctx, block, props, tag = "input") {
  const { typed, keydown } = dispatchers(element, ctx, block);
  const input = h(tag, {
    class: "field-input",
    id: ctx.id,
    placeholder: flat(element.placeholder) || null,
    autocomplete: "off",
    "aria-label": ctx.id ? null : ctx.label,
    maxlength: element.max_length,
    own: ["style", "aria-invalid", "aria-describedby"],
    ...props,
    on: {
      input: ({ currentTarget }) => {
        ctx.form.write(block.block_id, element, currentTarget.value);
        ctx.typed?.(element, block);
        if (tag === "textarea") grow(currentTarget);
        const left = currentTarget.parentNode.querySelector(":scope > .counter");
        if (left) showLeft(left, currentTarget.value, element.max_length);
        typed?.(currentTarget);
      },
      ...(keydown && { keydown }),
      ...props.on,
    },
  });
  input.value = ctx.form.read(block.block_id, element) ?? "";
  if (element.focus_on_load) input.setAttribute("data-focus", "");
  return input;
}

function area(element, ctx, block, rows) {
  const input = textual(element, ctx, block, { rows, "data-multiline": "" }, "textarea");
  requestAnimationFrame(() => input.scrollHeight > input.clientHeight && grow(input));
  return input;
}

function plain(element, ctx, block) {
  const input = element.multiline
    ? area(element, ctx, block, 4)
    : textual(element, ctx, block, { type: "text" });
  return element.max_length
    ? h("div", { class: "with-counter" }, input, counter(input, element.max_length))
    : input;
}

// A text field, because a browser's number field hides what it cannot read; what is wrong is said at the field.
function numberProblem(text, element) {
  if (!text.trim()) return null;
  const [pattern, sentence] = element.is_decimal_allowed
    ? [/^-?\d+(\.\d+)?$/, "Please enter a valid number."]
    : [/^-?\d+$/, "Please enter a whole number."];
  if (!pattern.test(text)) return sentence;
  if (Number(text) < Number(element.min_value))
    return `Please enter a number of at least ${element.min_value}.`;
  if (Number(text) > Number(element.max_value))
    return `Please enter a number of at most ${element.max_value}.`;
  return null;
}

const number = (element, ctx, block) =>
  textual(element, ctx, block, {
    type: "text",
    inputmode: element.is_decimal_allowed ? "decimal" : "numeric",
    on: {
      blur: ({ currentTarget }) => ctx.invalid?.(block, numberProblem(currentTarget.value, element)),
    },
  });

// The app is told once, when the date is whole and left, not at each digit of the year; one that is picked from the
// browser's calendar is whole at once.
function native(element, ctx, block, type, { toInput, fromInput }) {
  const read = () => ctx.form.read(block.block_id, element);
  const settle = (input) => {
    input.typing = false;
    if (input.told === input.value) return;
    input.told = input.value;
    ctx.changed(element, block, fromInput(input.value));
  };
  const input = h("input", {
    type,
    class: "field-input picker",
    id: ctx.id,
    "aria-label": ctx.id ? null : ctx.label || flat(element.placeholder) || NAMES[type],
    own: ["aria-invalid", "aria-describedby"],
    on: {
      focus: ({ currentTarget }) => {
        currentTarget.told = currentTarget.value;
      },
      keydown: (event) => {
        event.currentTarget.typing = event.key !== "Enter" && event.key !== "Tab";
        if (event.key === "Enter") settle(event.currentTarget);
      },
      change: ({ currentTarget }) => {
        ctx.form.write(block.block_id, element, fromInput(currentTarget.value));
        if (!currentTarget.typing) settle(currentTarget);
      },
      blur: ({ currentTarget }) => settle(currentTarget),
    },
  });
  input.value = toInput(read());
  if (element.focus_on_load) input.setAttribute("data-focus", "");
  return input;
}

const NAMES = { date: "Date", time: "Time", "datetime-local": "Date and time" };
const same = { toInput: (value) => value ?? "", fromInput: (text) => text || null };

function localStamp(seconds) {
  if (!seconds) return "";
  const date = new Date(Number(seconds) * 1000);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

const stamp = {
  toInput: localStamp,
  fromInput: (text) => (text ? Math.floor(new Date(text).getTime() / 1000) : null),
};

export const INPUTS = {
  plain_text_input: plain,
  rich_text_input: editorField,
  email_text_input: (element, ctx, block) => textual(element, ctx, block, { type: "email" }),
  url_text_input: (element, ctx, block) => textual(element, ctx, block, { type: "url" }),
  number_input: number,
  datepicker: (element, ctx, block) => native(element, ctx, block, "date", same),
  timepicker: (element, ctx, block) => native(element, ctx, block, "time", same),
  datetimepicker: (element, ctx, block) => native(element, ctx, block, "datetime-local", stamp),
  file_input: fileField,
};
