// Floats a panel or a menu beside its anchor, with arrow keys, Escape and focus given back at the end.
import { h } from "./dom.js";
import { icon } from "./icons.js";

const GAP = 6;
let current = null;

function place(node, anchor, side) {
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = node;
  const below = box.bottom + GAP + height <= innerHeight || box.top < height;
  const left = side === "end" ? box.right - width : box.left;
  const top = below && side !== "above" ? box.bottom + GAP : box.top - GAP - height;
  node.style.setProperty("left", `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`);
  node.style.setProperty("top", `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`);
}

export function closePopover({ focus = true } = {}) {
  if (!current) return;
  const { node, anchor, onClose, off } = current;
  current = null;
  off();
  node.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (focus && anchor.isConnected) anchor.focus({ preventScroll: true });
  onClose?.();
}

export const isOpenFor = (anchor) => current?.anchor === anchor;

function listenOutside(node, anchor) {
  const outside = (event) => {
    if (!node.contains(event.target) && !anchor.contains(event.target)) closePopover({ focus: false });
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    closePopover();
  };
  const follow = (event) => {
    if (event.type === "scroll" && node.contains(event.target)) return;
    if (anchor.isConnected) place(node, anchor, node.dataset.side);
  };
  document.addEventListener("pointerdown", outside, true);
  document.addEventListener("keydown", escape, true);
  window.addEventListener("resize", follow);
  document.addEventListener("scroll", follow, true);
  return () => {
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("keydown", escape, true);
    window.removeEventListener("resize", follow);
    document.removeEventListener("scroll", follow, true);
  };
}

// Inside a dialog the panel becomes a part of it, so that screen readers still reach it.
export function openPopover(anchor, node, { side = "start", onClose } = {}) {
  closePopover({ focus: false });
  node.classList.add("popover");
  node.dataset.side = side;
  (anchor.closest("[role=dialog]") ?? document.getElementById("overlays")).append(node);
  anchor.setAttribute("aria-expanded", "true");
  current = { node, anchor, onClose, off: listenOutside(node, anchor) };
  place(node, anchor, side);
  return node;
}

const FILTER_FROM = 15;

// A long menu has a field in front that hides what does not match; the arrow keys lead from it into the menu.
function menuFilter(menu) {
  const field = h("input", {
    class: "filter menu-filter",
    type: "text",
    placeholder: "Filter",
    "aria-label": "Filter the menu",
    autocomplete: "off",
    on: {
      input: () => {
        const query = field.value.trim().toLowerCase();
        for (const item of menu.querySelectorAll(".menu-item"))
          item.hidden = !item.textContent.toLowerCase().includes(query);
      },
      keydown: (event) => {
        const first = menu.querySelector(".menu-item:not([hidden]):not(:disabled)");
        if (event.key === "Enter") first?.click();
        else if (event.key === "ArrowDown") first?.focus();
        else if (event.key === "Tab") closePopover();
        else return;
        event.preventDefault();
      },
    },
  });
  return field;
}

function step(items, event) {
  const at = items.indexOf(document.activeElement);
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  if (event.key in moves) {
    event.preventDefault();
    items.at(moves[event.key] % items.length)?.focus();
  } else if (event.key === "Tab") closePopover();
  else if (event.key.length === 1) {
    const rest = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    rest.find((item) => item.dataset.label.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  }
}

function menuItem(item) {
  if (item.separator) return h("div", { class: "menu-line", role: "separator" });
  if (item.heading) return h("div", { class: "menu-heading", role: "presentation" }, item.heading);
  const checkable = "checked" in item;
  return h(
    "button",
    {
      type: "button",
      class: `menu-item${item.danger ? " danger" : ""}`,
      tabindex: "-1",
      disabled: item.disabled,
      role: checkable ? "menuitemradio" : "menuitem",
      "aria-checked": checkable ? String(item.checked) : null,
      data: { label: item.label, ...item.data },
      on: {
        click: () => {
          closePopover();
          item.run();
        },
      },
    },
    item.lead ?? (item.icon && icon(item.icon)),
    h(
      "span",
      { class: "menu-text" },
      h("span", { class: "menu-label" }, item.content ?? item.label),
      item.hint && h("span", { class: "menu-hint" }, item.hint),
    ),
    item.badge,
    checkable && item.checked && icon("check", { size: 16 }),
  );
}

export function openMenu(anchor, items, { label, side, onClose } = {}) {
  if (isOpenFor(anchor)) return closePopover();
  const menu = h(
    "div",
    { class: "menu", role: "menu", "aria-label": label },
    items.filter(Boolean).map(menuItem),
  );
  const choices = () => [...menu.querySelectorAll(".menu-item:not(:disabled):not([hidden])")];
  menu.addEventListener("keydown", (event) => step(choices(), event));
  if (items.length > FILTER_FROM) {
    const field = menuFilter(menu);
    openPopover(anchor, h("div", { class: "filtered-menu" }, field, menu), { side, onClose });
    field.focus({ preventScroll: true });
    return menu;
  }
  openPopover(anchor, menu, { side, onClose });
  (menu.querySelector("[aria-checked=true]") ?? choices()[0])?.focus({ preventScroll: true });
  return menu;
}
