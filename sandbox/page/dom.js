// Builds and updates DOM nodes from plain values, never from markup, so that no text can become HTML.
const SVG = "http://www.w3.org/2000/svg";

function applyProps(node, props) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
    else if (name === "data") for (const [key, item] of Object.entries(value)) setData(node, key, item);
    else if (name === "style")
      for (const [key, item] of Object.entries(value)) node.style.setProperty(key, item);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
}

function setData(node, key, value) {
  if (value !== null && value !== undefined) node.setAttribute(`data-${key}`, value);
}

function appendAll(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  applyProps(node, props);
  appendAll(node, children);
  return node;
}

export function s(tag, props, ...children) {
  const node = document.createElementNS(SVG, tag);
  applyProps(node, props);
  appendAll(node, children);
  return node;
}

export function fragment(...children) {
  const node = document.createDocumentFragment();
  appendAll(node, children);
  return node;
}

function focusMark(node) {
  const active = document.activeElement;
  if (!active || active === document.body || !node.contains(active)) return null;
  const action = active.closest("[data-action-id]")?.getAttribute("data-action-id");
  return { action, self: active === node, from: active.selectionStart, to: active.selectionEnd };
}

function keepCaret(target, mark) {
  try {
    target.setSelectionRange(mark.from, mark.to);
  } catch {
    // Number and date inputs have no caret to put back.
  }
}

function restoreFocus(node, mark) {
  if (!mark) return;
  if (mark.self) return void node.focus({ preventScroll: true });
  const place = mark.action && node.querySelector(`[data-action-id="${CSS.escape(mark.action)}"]`);
  const target = place?.matches("button, input, textarea, [tabindex]")
    ? place
    : place?.querySelector("button, input, textarea");
  target?.focus({ preventScroll: true });
  if (typeof mark.from === "number" && target?.setSelectionRange) keepCaret(target, mark);
}

function remake(item, old) {
  const fresh = item.make();
  fresh.reconcileKey = item.key;
  fresh.reconcileSign = item.sign;
  if (old) {
    const mark = focusMark(old);
    old.replaceWith(fresh);
    restoreFocus(fresh, mark);
  }
  return fresh;
}

// Makes the children of `container` match `items` ({key, sign, make}) and leaves those with an unchanged sign alone.
export function reconcile(container, items) {
  const wanted = new Set(items.map((item) => item.key));
  const present = new Map();
  for (const node of [...container.children]) {
    if (wanted.has(node.reconcileKey)) present.set(node.reconcileKey, node);
    else node.remove();
  }
  let cursor = container.firstElementChild;
  for (const item of items) {
    const old = present.get(item.key);
    const node = old && old.reconcileSign === item.sign ? old : remake(item, old);
    if (old && cursor === old) cursor = node;
    if (node === cursor) cursor = cursor.nextElementSibling;
    else container.insertBefore(node, cursor);
  }
}

let counter = 0;
export const uniqueId = (prefix = "id") => `${prefix}-${++counter}`;

export function debounce(run, wait) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), wait);
  };
}
