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
    Object.assign(this, { files: [], onChange });
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

  get busy() {
    return this.files.some((file) => file.busy);
  }

  get ids() {
    return this.files.map((file) => file.id);
  }

  take() {
    const taken = this.files;
    this.files = [];
    this.draw();
    return taken;
  }

  giveBack(files) {
    this.files = [...files, ...this.files];
    this.draw();
  }

  draw() {
    this.node.hidden = !this.files.length;
    this.node.replaceChildren(
      ...this.files.map((file) =>
        h(
          "li",
          { class: file.busy ? "busy" : "" },
          icon("file", { size: 16 }),
          h("span", { class: "file-name" }, file.name),
          h("small", null, fileSize(file.size)),
          iconButton(
            "close",
            `Remove ${file.name}`,
            () => {
              this.files = this.files.filter((one) => one !== file);
              this.draw();
            },
            { className: "small", size: 14 },
          ),
        ),
      ),
    );
    this.onChange();
  }
}
