// The drop-down of Block Kit: one or several choices, groups, a filter, and options that the app is asked for.
import { debounce, h, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { plainText, textObject } from "./mrkdwn.js";
import { patchChildren } from "./patch.js";
import { closePopover, isOpenFor, openPopover } from "./popover.js";

const FILTER_FROM = 8;
const textOf = (option) => option.text?.text ?? option.text ?? option.value;

class Select {
  // `source(query)` gives [{label, options}]; `find(value)` gives the option object of a value.
  constructor({ source, find, multi, max, value, placeholder, label, onChange, onFull, remote, id }) {
    Object.assign(this, { source, find, multi, max, placeholder, onChange, onFull, remote, label });
    this.chosen = multi ? [...(value ?? [])] : (value ?? null);
    this.listId = uniqueId("list");
    this.control = h("div", {
      class: `select${multi ? " multi" : ""}`,
      role: "combobox",
      tabindex: "0",
      id,
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      "aria-label": label,
      "aria-controls": this.listId,
      own: ["aria-expanded", "aria-invalid", "aria-describedby"],
      on: { click: (event) => this.clicked(event), keydown: (event) => this.keyed(event) },
    });
    this.control.component = this;
    this.draw();
  }

  // The newer drawing of the same select: what it offers and what is chosen; an open list stays open.
  adopt(next) {
    for (const name of ["source", "find", "max", "placeholder", "onChange", "onFull", "label", "chosen"])
      this[name] = next[name];
    for (const name of ["id", "aria-label", "aria-required"]) {
      const value = next.control.getAttribute(name);
      if (value !== null) this.control.setAttribute(name, value);
    }
    this.draw();
    if (isOpenFor(this.control) && !this.remote) this.fill();
  }

  has(value) {
    return this.multi ? this.chosen.includes(value) : this.chosen === value;
  }

  tag(value) {
    const option = this.find(value) ?? { text: value, value };
    return h(
      "span",
      { class: "tag", key: value },
      h("span", null, option.lead, plainText(option.text)),
      h(
        "button",
        {
          type: "button",
          class: "tag-remove",
          "aria-label": `Remove ${textOf(option)}`,
          data: { remove: value },
          tabindex: "-1",
        },
        icon("close", { size: 12 }),
      ),
    );
  }

  draw() {
    const empty = this.multi
      ? !this.chosen.length
      : this.chosen === null || this.chosen === undefined || this.chosen === "";
    const option = !this.multi && !empty ? (this.find(this.chosen) ?? { text: this.chosen }) : null;
    const shown = empty
      ? h("span", { class: "select-placeholder" }, plainText(this.placeholder ?? "Select an option"))
      : this.multi
        ? this.chosen.map((value) => this.tag(value))
        : h("span", { class: "select-value" }, option.lead, plainText(option.text));
    patchChildren(this.control, [h("span", { class: "select-shown" }, shown), icon("down", { size: 16 })]);
    this.describe();
    this.control.dataset.value = this.multi ? this.chosen.join(",") : (this.chosen ?? "");
  }

  // A combobox is not read by what it holds, so its name says what is chosen.
  describe() {
    const chosen = [this.chosen ?? []].flat().map((value) => textOf(this.find(value) ?? { value }));
    const name = chosen.length ? `${this.label}: ${chosen.join(", ")}` : this.label;
    this.control.setAttribute("aria-label", name || textOf(this.placeholder ?? { value: "Select an option" }));
  }

  clicked(event) {
    const tag = event.target.closest?.("[data-remove]");
    if (tag) {
      event.stopPropagation();
      return this.pick(tag.dataset.remove, { keepOpen: true });
    }
    return isOpenFor(this.control) ? closePopover() : this.open();
  }

  keyed(event) {
    if (event.target !== this.control) return;
    if (["Enter", " ", "ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      this.open();
    } else if (event.key === "Backspace" && this.multi && this.chosen.length)
      this.pick(this.chosen.at(-1), { keepOpen: true });
    else if (/^[\p{L}\p{N}]$/u.test(event.key) && !event.metaKey && !event.ctrlKey) this.open();
  }

  open() {
    this.list = h("ul", {
      class: "options",
      role: "listbox",
      id: this.listId,
      "aria-label": this.label,
      "aria-multiselectable": this.multi ? "true" : null,
    });
    this.filter = h("input", {
      class: "filter",
      type: "text",
      autocomplete: "off",
      placeholder: this.remote ? "Type to search" : "Filter",
      "aria-label": "Filter options",
      "aria-controls": this.listId,
      on: {
        input: this.remote ? debounce(() => this.fill(), 200) : () => this.fill(),
        keydown: (event) => this.moved(event),
      },
    });
    const panel = h("div", { class: "select-panel" }, this.filter, this.list);
    panel.style.setProperty("min-width", `${this.control.offsetWidth}px`);
    openPopover(this.control, panel);
    this.filter.focus({ preventScroll: true });
    this.fill(true);
  }

  async fill(first = false) {
    const query = this.filter.value.trim();
    if (this.remote && first !== true)
      this.list.replaceChildren(h("li", { class: "option-note", role: "presentation" }, "Searching…"));
    let groups;
    try {
      groups = await this.source(query);
    } catch (error) {
      groups = [];
      this.note = error.message;
    }
    if (query !== this.filter.value.trim()) return;
    const active = this.list.querySelector(".active")?.dataset.value;
    const count = groups.reduce((sum, group) => sum + group.options.length, 0);
    if (first === true) this.filter.classList.toggle("visually-hidden", !this.remote && count < FILTER_FROM);
    patchChildren(
      this.list,
      count
        ? groups.flatMap((group) => this.group(group))
        : [h("li", { class: "option-note", role: "presentation" }, this.note ?? "No matching options")],
    );
    this.note = null;
    const nodes = this.nodes();
    const stay = nodes.find((node) => node.dataset.value === active);
    this.activate(stay ?? nodes.find((node) => node.getAttribute("aria-selected") === "true") ?? nodes[0]);
    window.dispatchEvent(new Event("resize"));
  }

  group({ label, options }) {
    const head = label ? [h("li", { class: "option-group", role: "presentation" }, plainText(label))] : [];
    return [...head, ...options.map((option) => this.option(option))];
  }

  option(option) {
    return h(
      "li",
      {
        class: "option",
        role: "option",
        key: option.value,
        id: uniqueId("option"),
        "aria-selected": String(this.has(option.value)),
        data: { value: option.value },
        on: {
          click: () => this.pick(option.value, { option, keepOpen: this.multi }),
          pointermove: (event) => this.activate(event.currentTarget, false),
        },
      },
      option.lead,
      h(
        "span",
        { class: "option-text" },
        h("span", null, plainText(option.text)),
        option.description && h("small", null, textObject(option.description)),
      ),
      this.has(option.value) && icon("check", { size: 16 }),
    );
  }

  nodes() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  activate(node, scroll = true) {
    for (const one of this.list.querySelectorAll(".active")) one.classList.remove("active");
    if (!node) return;
    node.classList.add("active");
    this.filter.setAttribute("aria-activedescendant", node.id);
    if (scroll) node.scrollIntoView({ block: "nearest" });
  }

  moved(event) {
    const nodes = this.nodes();
    const at = nodes.findIndex((node) => node.classList.contains("active"));
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1 };
    if (event.key in moves && nodes.length) {
      event.preventDefault();
      this.activate(nodes.at(moves[event.key] % nodes.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      nodes[at]?.click();
    } else if (event.key === "Tab") closePopover();
  }

  pick(value, { option, keepOpen } = {}) {
    if (this.multi) {
      if (this.has(value)) this.chosen = this.chosen.filter((one) => one !== value);
      else if (this.max && this.chosen.length >= this.max) return this.full();
      else this.chosen = [...this.chosen, value];
    } else this.chosen = value;
    if (!keepOpen) closePopover();
    this.onChange(this.chosen, option);
    this.draw();
    if (keepOpen && isOpenFor(this.control)) this.fill();
  }

  full() {
    const words = `You can choose at most ${this.max}. Remove one first.`;
    this.list?.querySelector(".option-full")?.remove();
    this.list?.prepend(h("li", { class: "option-note option-full", role: "presentation" }, words));
    this.onFull?.(words);
  }
}

export const selectControl = (settings) => new Select(settings).control;
