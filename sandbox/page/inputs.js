// The fields a person writes into: text, numbers, addresses, dates, times and files.
import { upload } from "./api.js";
import { iconButton } from "./buttons.js";
import { debounce, h } from "./dom.js";
import { icon } from "./icons.js";
import { fileSize } from "./served.js";
import { state } from "./store.js";
import { toast } from "./toast.js";

const flat = (object) => object?.text ?? object ?? "";
const pad = (number) => String(number).padStart(2, "0");

function grow(area) {
  area.style.setProperty("height", "auto");
  area.style.setProperty("height", `${area.scrollHeight + 2}px`);
}

function counter(input, max) {
  const node = h("span", { class: "counter", "aria-hidden": "true" });
  const show = () => {
    const left = max - [...input.value].length;
    node.textContent = left <= Math.max(20, max / 5) ? String(left) : "";
    node.classList.toggle("over", left < 0);
  };
  input.addEventListener("input", show);
  show();
  return node;
}

function dispatchers(input, element, ctx, block) {
  const wanted = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  if (!block.dispatch_action) return;
  const tell = () => input.isConnected && ctx.changed(element, block, input.value);
  if (wanted.includes("on_character_entered")) input.addEventListener("input", debounce(tell, 300));
  if (wanted.includes("on_enter_pressed")) {
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      tell();
    });
  }
}

function textual(element, ctx, block, props, tag = "input") {
  const input = h(tag, {
    class: "field-input",
    id: ctx.id,
    placeholder: flat(element.placeholder) || null,
    autocomplete: "off",
    "aria-label": ctx.id ? null : ctx.label,
    maxlength: element.max_length,
    ...props,
    on: { input: () => ctx.form.write(block.block_id, element, input.value) },
  });
  input.value = ctx.form.read(block.block_id, element) ?? "";
  dispatchers(input, element, ctx, block);
  if (element.focus_on_load) input.setAttribute("data-focus", "");
  return input;
}

function area(element, ctx, block, rows) {
  const input = textual(element, ctx, block, { rows, "data-multiline": "" }, "textarea");
  input.addEventListener("input", () => grow(input));
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

function native(element, ctx, block, type, { toInput, fromInput }) {
  const input = h("input", {
    type,
    class: "field-input picker",
    id: ctx.id,
    "aria-label": ctx.id ? null : (ctx.label ?? flat(element.placeholder)),
  });
  input.value = toInput(ctx.form.read(block.block_id, element));
  input.addEventListener("change", () => {
    const value = fromInput(input.value);
    ctx.form.write(block.block_id, element, value);
    ctx.changed(element, block, value);
  });
  return input;
}

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

class FileField {
  constructor(element, ctx, block) {
    Object.assign(this, { element, ctx, block, max: element.max_files ?? 10 });
    this.list = h("ul", { class: "file-list" });
    const types = (element.filetypes ?? []).map((type) => `.${type}`).join(",");
    this.picker = h("input", {
      type: "file",
      id: ctx.id,
      class: "visually-hidden",
      multiple: this.max > 1,
      accept: types || null,
      on: { change: () => this.add(this.picker.files) },
    });
    const drop = h(
      "label",
      { class: "drop" },
      this.picker,
      icon("clip"),
      h("span", null, h("b", null, "Choose a file"), " or drop it here"),
    );
    for (const name of ["dragover", "drop"]) drop.addEventListener(name, (event) => event.preventDefault());
    drop.addEventListener("drop", (event) => this.add(event.dataTransfer.files));
    this.node = h("div", { class: "file-field" }, drop, this.list);
    this.draw();
  }

  get ids() {
    return this.ctx.form.read(this.block.block_id, this.element) ?? [];
  }

  async add(files) {
    for (const file of [...files].slice(0, this.max - this.ids.length)) {
      try {
        const stored = await upload(state.me, file);
        this.ctx.form.files.set(stored.id, stored);
        this.set([...this.ids, stored.id]);
      } catch (error) {
        toast(error.message);
      }
    }
    this.picker.value = "";
  }

  set(ids) {
    this.ctx.form.write(this.block.block_id, this.element, ids);
    this.draw();
    this.ctx.changed(this.element, this.block, ids);
  }

  draw() {
    this.list.replaceChildren(
      ...this.ids.map((id) => {
        const file = this.ctx.form.files.get(id) ?? { name: id };
        return h(
          "li",
          null,
          icon("file", { size: 16 }),
          h("span", { class: "file-name" }, file.name ?? file.title),
          file.size ? h("small", null, fileSize(file.size)) : null,
          iconButton("close", `Remove ${file.name}`, () => this.set(this.ids.filter((one) => one !== id)), {
            className: "small",
            size: 14,
          }),
        );
      }),
    );
  }
}

export const INPUTS = {
  plain_text_input: plain,
  rich_text_input: (element, ctx, block) => area(element, ctx, block, element.min_lines ?? 4),
  email_text_input: (element, ctx, block) => textual(element, ctx, block, { type: "email" }),
  url_text_input: (element, ctx, block) => textual(element, ctx, block, { type: "url" }),
  number_input: (element, ctx, block) =>
    textual(element, ctx, block, {
      type: "number",
      step: element.is_decimal_allowed ? "any" : "1",
      min: element.min_value,
      max: element.max_value,
    }),
  datepicker: (element, ctx, block) => native(element, ctx, block, "date", same),
  timepicker: (element, ctx, block) => native(element, ctx, block, "time", same),
  datetimepicker: (element, ctx, block) => native(element, ctx, block, "datetime-local", stamp),
  file_input: (element, ctx, block) => new FileField(element, ctx, block).node,
};
