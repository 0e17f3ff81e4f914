// The files waiting in a composer: chosen, dropped or pasted, uploaded at once, sent with the message.
import { upload } from "./api.js";
import { iconButton } from "./buttons.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { fileSize } from "./served.js";
import { state } from "./store.js";
import { toast } from "./toast.js";

export class Attachments {
  constructor(onChange) {
    Object.assign(this, { files: [], tables: [], onChange });
    this.node = h("ul", { class: "attached", hidden: true, "aria-label": "Files to send" });
    this.picker = h("input", {
      type: "file",
      multiple: true,
      class: "visually-hidden",
      tabindex: "-1",
      "aria-label": "Attach files",
      data: { testid: "attach-input" },
      on: { change: () => this.add(this.picker.files) },
    });
  }

  async add(list) {
    for (const file of [...list]) {
      const waiting = { name: file.name || "pasted.png", size: file.size, busy: true };
      this.files.push(waiting);
      this.draw();
      try {
        Object.assign(waiting, await upload(state.me, file), { busy: false });
      } catch (error) {
        this.files = this.files.filter((one) => one !== waiting);
        toast(error.message);
      }
      this.draw();
    }
    this.picker.value = "";
  }

  // Slack takes one table in a message; a second one takes its place.
  addTable(rows) {
    this.tables = [{ rows, name: `Table of ${rows.length} × ${rows[0].length} cells` }];
    this.draw();
  }

  get busy() {
    return this.files.some((file) => file.busy);
  }

  get any() {
    return this.files.length + this.tables.length > 0;
  }

  take() {
    const taken = { files: this.files, tables: this.tables };
    Object.assign(this, { files: [], tables: [] });
    this.draw();
    return taken;
  }

  giveBack({ files, tables }) {
    this.files = [...files, ...this.files];
    this.tables = this.tables.length ? this.tables : tables;
    this.draw();
  }

  without(one) {
    this.files = this.files.filter((file) => file !== one);
    this.tables = this.tables.filter((table) => table !== one);
    this.draw();
  }

  draw() {
    this.node.hidden = !this.any;
    this.node.replaceChildren(
      ...[...this.files, ...this.tables].map((file) =>
        h(
          "li",
          { class: file.busy ? "busy" : "" },
          icon("file", { size: 16 }),
          h("span", { class: "file-name" }, file.name),
          file.size !== undefined && h("small", null, fileSize(file.size)),
          iconButton("close", `Remove ${file.name}`, () => this.without(file), { className: "small", size: 14 }),
        ),
      ),
    );
    this.onChange();
  }
}
