// The rich text field of a form: an editor whose value is a rich_text block.
import { Completion } from "./completion.js";
import { h } from "./dom.js";
import { Editor } from "./editor.js";

const flat = (object) => object?.text ?? object ?? "";

class EditorField {
  constructor(element, ctx, block) {
    Object.assign(this, { element, ctx, block });
    this.editor = new Editor({
      label: ctx.label || "Text",
      placeholder: flat(element.placeholder),
      id: ctx.id,
      onInput: () => this.typed(),
      onKey: (event) => this.completion.key(event),
    });
    this.editor.set(ctx.form.read(block.block_id, element));
    this.node = h("div", { class: "editor field-input" }, this.editor.tools, this.editor.area);
    this.completion = new Completion(this.editor, this.node);
    if (element.min_lines) this.editor.area.dataset.lines = String(Math.min(element.min_lines, 12));
    if (element.focus_on_load) this.editor.area.setAttribute("data-focus", "");
    this.node.component = this;
  }

  typed() {
    this.ctx.form.write(this.block.block_id, this.element, this.editor.block);
    this.ctx.typed?.(this.element, this.block);
    clearTimeout(this.pause);
    const wanted = this.element.dispatch_action_config?.trigger_actions_on ?? [];
    if (this.block.dispatch_action && wanted.includes("on_character_entered"))
      this.pause = setTimeout(() => this.ctx.changed(this.element, this.block, this.editor.block), 300);
  }

  // While a person writes here, the newer drawing changes nothing of the text.
  adopt({ element, ctx, block, editor }) {
    Object.assign(this, { element, ctx, block });
    for (const name of ["id", "aria-label", "data-placeholder"])
      if (editor.area.hasAttribute(name)) this.editor.area.setAttribute(name, editor.area.getAttribute(name));
    const value = JSON.stringify(ctx.form.read(block.block_id, element) ?? null);
    if (document.activeElement !== this.editor.area && value !== JSON.stringify(this.editor.block))
      this.editor.set(ctx.form.read(block.block_id, element));
  }
}

export const editorField = (element, ctx, block) => new EditorField(element, ctx, block).node;
