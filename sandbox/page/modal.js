// One modal: its frame, fields, errors, actions and submission.
import { post } from "./api.js";
import { setFieldError, updateBlocks } from "./blocks.js";
import { iconButton } from "./buttons.js";
import { dialogHead, focusable, showDialog } from "./dialog.js";
import { h, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { plainText } from "./mrkdwn.js";
import { patchChildren } from "./patch.js";
import { closePopover } from "./popover.js";
import { route } from "./router.js";
import { app, state } from "./store.js";
import { toast } from "./toast.js";

const TROUBLE = "We had some trouble connecting. Try again?";

// `onDone` is called after the sandbox was told something, so that its views are read again.
export class Modal {
  constructor(onDone) {
    this.onDone = onDone;
    this.titleId = uniqueId("modal");
    this.head = h("div");
    this.banner = h("div", { class: "modal-banner", role: "alert", hidden: true });
    this.body = h("div", { class: "dialog-body blocks blocks-modal" });
    this.foot = h("div", { class: "dialog-foot" });
    this.node = h(
      "div",
      {
        class: "dialog modal",
        role: "dialog",
        "aria-modal": "true",
        "aria-labelledby": this.titleId,
        tabindex: "-1",
        data: { testid: "modal" },
      },
      this.head,
      this.body,
      this.banner,
      this.foot,
    );
    this.node.addEventListener("keydown", (event) => this.keyed(event));
    this.remove = showDialog(this.node, { onDismiss: () => this.close(), backdrop: false });
  }

  get ctx() {
    return {
      surface: "modal",
      me: state.me,
      form: this.form,
      channel: route.channel,
      act: (press) => this.act(press),
      changed: (element, block, value) => this.changed(element, block, value),
      typed: () => this.allowSubmit(),
      invalid: (block, message) => this.invalid(block, message),
    };
  }

  show(view, form, depth) {
    const isNew = this.view?.id !== view.id;
    Object.assign(this, { view, form });
    if (isNew) this.body.replaceChildren();
    this.drawFrame(depth);
    this.draw();
    if (isNew) this.focusFirst();
  }

  draw() {
    updateBlocks(this.body, this.view.blocks ?? [], this.ctx);
    this.showErrors(this.view.errors ?? {}, this.view.error);
  }

  drawFrame(depth) {
    const back = depth > 1 && iconButton("left", "Back", () => this.close());
    patchChildren(this.head, [
      dialogHead(plainText(this.view.title), () => this.close({ all: true }), {
        id: this.titleId,
        testid: "modal-close",
        lead: back || h("span", { class: "app-mark" }, icon("pulse", { size: 16 })),
      }),
    ]);
    const submit =
      this.view.submit &&
      h(
        "button",
        {
          type: "button",
          class: "button primary",
          key: "submit",
          data: { testid: "modal-submit" },
          on: { click: () => this.submit() },
        },
        plainText(this.view.submit),
      );
    const close =
      (this.view.close || this.view.submit) &&
      h(
        "button",
        {
          type: "button",
          class: "button",
          key: "cancel",
          data: { testid: "modal-cancel" },
          on: { click: () => this.close() },
        },
        this.view.close ? plainText(this.view.close) : "Cancel",
      );
    patchChildren(
      this.foot,
      [h("span", { class: "modal-app" }, app(this.view.app_id).name), close, submit].filter(Boolean),
    );
    this.submitButton = this.foot.querySelector("[data-testid=modal-submit]");
    this.busy(this.pending);
    this.allowSubmit();
  }

  // A view may ask that nothing can be submitted before something was filled in.
  allowSubmit() {
    const closed = this.lost || (this.view.submit_disabled && !this.form.typed.size);
    if (this.submitButton) this.submitButton.disabled = Boolean(closed);
  }

  fieldOf(block) {
    return this.body.querySelector(`[data-testid=field][data-block-id="${CSS.escape(block.block_id)}"]`);
  }

  invalid(block, message) {
    const field = this.fieldOf(block);
    if (field) setFieldError(field, message);
  }

  // The sandbox no longer knows this form: what was typed stays to be read and copied.
  lose() {
    this.lost = true;
    this.say("The sandbox was restarted and no longer knows this form. Copy what you need, then close it.");
    this.allowSubmit();
  }

  focusFirst() {
    const first =
      this.body.querySelector("[data-focus]") ??
      this.body.querySelector(".field input:not([type=file]), .field textarea, .field [contenteditable=true], .field [role=combobox]") ??
      focusable(this.body)[0];
    (first ?? this.submitButton ?? this.node).focus({ preventScroll: true });
    this.body.scrollTop = 0;
  }

  showErrors(errors, general) {
    const known = new Set();
    let first = null;
    for (const field of this.body.querySelectorAll("[data-testid=field]")) {
      const message = errors[field.dataset.blockId];
      known.add(field.dataset.blockId);
      setFieldError(field, message);
      if (message) first ??= field;
    }
    const lost = Object.entries(errors)
      .filter(([block]) => block !== "*" && !known.has(block))
      .map(([, message]) => message);
    this.say(general ?? errors["*"] ?? lost.join(" "));
    return first;
  }

  say(text) {
    this.banner.hidden = !text;
    patchChildren(this.banner, text ? [icon("warn"), h("span", null, text)] : []);
  }

  busy(pending) {
    this.pending = pending;
    this.submitButton?.toggleAttribute("aria-busy", Boolean(pending));
    this.submitButton?.setAttribute("aria-disabled", String(Boolean(pending)));
  }

  async submit() {
    if (this.pending || this.submitButton?.disabled) return;
    const view = this.view;
    this.busy(true);
    this.say(null);
    try {
      const answer = await post("submit", { user: state.me, view: view.id, values: this.form.values(view.blocks) });
      if (answer.closed) this.sent = view.id;
      if (answer.errors && this.view.id === view.id) this.refused(answer.errors);
      else if (answer.error) this.say(answer.error);
    } catch (error) {
      this.say(error.message || TROUBLE);
    } finally {
      this.busy(false);
    }
    await this.onDone();
  }

  refused(errors) {
    const first = this.showErrors(errors);
    first?.scrollIntoView({ block: "nearest" });
    first?.querySelector("input, textarea, [contenteditable=true], [role=combobox]")?.focus();
  }

  changed(element, block, value) {
    this.allowSubmit();
    const field = this.fieldOf(block);
    if (field?.classList.contains("invalid")) setFieldError(field, null);
    // What was typed goes along with the form that is being sent; one that was sent is gone in a moment.
    if (this.pending || this.sent === this.view.id) return;
    if (block.type !== "input" || block.dispatch_action) this.act({ element, block, value });
  }

  async act({ element, block, value }) {
    try {
      const answer = await post("action", {
        user: state.me,
        view: true,
        block_id: block.block_id,
        action_id: element.action_id,
        value: value ?? undefined,
        values: this.form.values(this.view.blocks),
      });
      if (answer.ok === false) this.say(typeof answer.response === "string" ? answer.response : TROUBLE);
    } catch (error) {
      this.say(error.message);
    }
  }

  // The cross takes the whole stack away, Cancel and Escape only the topmost view.
  async close({ all } = {}) {
    closePopover({ focus: false });
    if (this.lost) return this.onDone({ forget: true });
    try {
      await post("close", { user: state.me, all });
    } catch (error) {
      toast(error.message);
    }
    await this.onDone();
  }

  keyed(event) {
    const inText =
      event.target.matches?.("input:not([type=checkbox]):not([type=radio]):not([type=file])") &&
      !event.target.classList.contains("filter");
    const quick = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (event.defaultPrevented || !this.submitButton || (!quick && !(event.key === "Enter" && inText)))
      return;
    event.preventDefault();
    this.submit();
  }
}
