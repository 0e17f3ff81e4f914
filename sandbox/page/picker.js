// The emoji picker: search, what is used most, and the rest.
import { h } from "./dom.js";
import { emojiChar, findEmoji, FREQUENT, PICKER } from "./emoji.js";
import { closePopover, openPopover } from "./popover.js";

export function openEmojiPicker(anchor, onPick) {
  const pick = (name) => {
    closePopover();
    onPick(name);
  };
  const one = (name) =>
    h(
      "button",
      {
        type: "button",
        class: "emoji-choice",
        title: `:${name}:`,
        "aria-label": name.replaceAll("_", " "),
        on: { click: () => pick(name) },
      },
      emojiChar(name),
    );
  const grid = h("div", { class: "emoji-grid" });
  const fill = (names, more = []) =>
    grid.replaceChildren(
      ...(names.length ? names.map(one) : [h("p", { class: "muted" }, "No emoji of that name")]),
      ...(more.length ? [h("div", { class: "emoji-line" })] : []),
      ...more.map(one),
    );
  const filter = h("input", {
    class: "filter",
    type: "text",
    placeholder: "Search emoji",
    "aria-label": "Search emoji",
    on: {
      input: () => (filter.value ? fill(findEmoji(filter.value, 60)) : fill(FREQUENT, PICKER)),
      keydown: (event) => event.key === "Enter" && grid.querySelector("button")?.click(),
    },
  });
  fill(FREQUENT, PICKER);
  openPopover(
    anchor,
    h("div", { class: "emoji-panel", role: "dialog", "aria-label": "Emoji" }, filter, grid),
    { side: "end" },
  );
  filter.focus({ preventScroll: true });
}
