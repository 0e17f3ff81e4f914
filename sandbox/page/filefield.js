// A field for files: chosen or dropped, only of the kinds and as many as the form wants.
import { upload } from "./api.js";
import { iconButton } from "./buttons.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { patchChildren } from "./patch.js";
import { fileSize } from "./served.js";
import { state } from "./store.js";

const endingOf = (file) => file.name.split(".").pop().toLowerCase();

class FileField {
  constructor(element, ctx, block) {
    this.take(element, ctx, block);
    this.list = h("ul", { class: "file-list" });
    this.picker = h("input", {
      type: "file",
      class: "visually-hidden",
      on: { change: () => this.add(this.picker.files) },
    });
    const drop = h(
      "label",
      {
        class: "drop",
        on: {
          dragover: (event) => event.preventDefault(),
          drop: (event) => {
            event.preventDefault();
            this.add(event.dataTransfer.files);
          },
        },
      },
      this.picker,
      icon("clip"),
      h("span", null, h("b", null, "Choose a file"), " or drop it here"),
    );
    this.node = h("div", { class: "file-field" }, drop, this.list);
    this.node.component = this;
    this.draw();
  }

  take(element, ctx, block) {
    Object.assign(this, { element, ctx, block, max: element.max_files ?? 10 });
    this.types = (element.filetypes ?? []).map((type) => type.toLowerCase());
  }

  adopt(next) {
    this.take(next.element, next.ctx, next.block);
    this.draw();
  }

  get ids() {
    return this.ctx.form.read(this.block.block_id, this.element) ?? [];
  }

  // Why this file cannot be added; null when it can.
  problem(file) {
    if (this.types.length && !this.types.includes(endingOf(file)))
      return `${file.name} can't be used here. Choose a file of type ${this.types.join(", ")}.`;
    if (this.ids.length >= this.max)
      return `This field takes at most ${this.max} ${this.max === 1 ? "file" : "files"}. Remove one first.`;
    return null;
  }

  async add(files) {
    this.ctx.invalid?.(this.block, null);
    for (const file of [...files]) {
      const problem = this.problem(file);
      if (problem) this.ctx.invalid?.(this.block, problem);
      else await this.send(file);
    }
    this.picker.value = "";
  }

  async send(file) {
    try {
      const stored = await upload(state.me, file);
      this.ctx.form.files.set(stored.id, stored);
      this.set([...this.ids, stored.id]);
    } catch (error) {
      this.ctx.invalid?.(this.block, error.message);
    }
  }

  set(ids) {
    this.ctx.form.write(this.block.block_id, this.element, ids);
    this.draw();
    this.ctx.changed(this.element, this.block, ids);
  }

  row(id) {
    const file = this.ctx.form.files.get(id) ?? { name: id };
    const remove = () => this.set(this.ids.filter((one) => one !== id));
    return h(
      "li",
      { key: id },
      icon("file", { size: 16 }),
      h("span", { class: "file-name" }, file.name ?? file.title),
      file.size ? h("small", null, fileSize(file.size)) : null,
      iconButton("close", `Remove ${file.name}`, remove, { className: "small", size: 14 }),
    );
  }

  draw() {
    this.picker.id = this.ctx.id;
    this.picker.multiple = this.max > 1;
    this.picker.accept = this.types.map((type) => `.${type}`).join(",");
    patchChildren(
      this.list,
      this.ids.map((id) => this.row(id)),
    );
  }
}

export const fileField = (element, ctx, block) => new FileField(element, ctx, block).node;
