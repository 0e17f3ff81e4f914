// Turns a drawn piece of the page into its newer drawing, node by node, so that focus, caret and half-typed input stay.
import { handle } from "./dom.js";

// Nodes are the same when key, tag and kind of component agree; without a key, their place decides.
const sameKind = (old, fresh) =>
  old.nodeName === fresh.nodeName &&
  old.patchKey === fresh.patchKey &&
  old.component?.constructor === fresh.component?.constructor;

const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), textarea, select, [tabindex]";

// `ownAttributes` of a node say what a person has opened or folded; a redraw does not change that.
function patchAttributes(old, fresh) {
  const own = old.ownAttributes ?? [];
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !own.includes(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value && !own.includes(name)) old.setAttribute(name, value);
}

function patchHandlers(old, fresh) {
  for (const name of Object.keys(old.handlers ?? {})) if (!fresh.handlers?.[name]) old.handlers[name] = null;
  for (const [name, run] of Object.entries(fresh.handlers ?? {})) handle(old, name, run);
}

// The value of a field with the focus belongs to the person who types in it.
function patchValue(old, fresh) {
  if (old.type === "checkbox" || old.type === "radio") old.checked = fresh.checked;
  else if (old.type === "file" || old === document.activeElement) return;
  else if (old.value !== fresh.value) old.value = fresh.value;
}

const hasValue = (node) => node.nodeName === "INPUT" || node.nodeName === "TEXTAREA";

// Makes `old` what `fresh` is. A component takes over its newer settings by itself.
export function patch(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (fresh.patchParts) old.patchParts = fresh.patchParts;
  if (old.component) return void old.component.adopt(fresh.component);
  patchAttributes(old, fresh);
  patchHandlers(old, fresh);
  if (hasValue(old)) patchValue(old, fresh);
  else patchChildren(old, [...fresh.childNodes]);
}

// For each fresh node the present one it continues, or itself. A node without a key may name parts it is known by.
function matched(container, fresh) {
  const keyed = new Map();
  const plain = [];
  const parted = [];
  for (const node of container.childNodes) {
    if (node.kept) continue;
    if (node.patchKey !== undefined) keyed.set(node.patchKey, node);
    else (node.patchParts ? parted : plain).push(node);
  }
  let at = 0;
  return fresh.map((node) => {
    if (node.patchParts) {
      const shared = (old) => old.patchParts.some((part) => node.patchParts.includes(part));
      const found = parted.findIndex((old) => shared(old) && sameKind(old, node));
      return found < 0 ? [node, null] : [parted.splice(found, 1)[0], node];
    }
    if (node.patchKey !== undefined) {
      const old = keyed.get(node.patchKey);
      keyed.delete(node.patchKey);
      return old && sameKind(old, node) ? [old, node] : [node, null];
    }
    const found = plain.findIndex((old, index) => index >= at && sameKind(old, node));
    if (found < 0) return [node, null];
    at = found + 1;
    return [plain[found], node];
  });
}

export function patchChildren(container, fresh) {
  const pairs = matched(container, fresh);
  arrange(
    container,
    pairs.map(([node]) => node),
  );
  for (const [old, node] of pairs) if (node) patch(old, node);
}

function put(container, nodes, cursor) {
  let at = cursor;
  for (const node of nodes) {
    if (node === at) at = at.nextSibling;
    else container.insertBefore(node, at);
  }
}

// Makes `nodes` the children of `container`; the one that holds the focus is never moved, the others move around it.
export function arrange(container, nodes) {
  const active = document.activeElement;
  const wanted = new Set(nodes);
  const focused = active && active !== container && container.contains(active);
  const rescue = focused && ![...nodes].some((node) => node.contains(active)) && neighbours(container, active);
  for (const node of [...container.childNodes]) if (!wanted.has(node) && !node.kept) node.remove();
  const pinned = focused ? nodes.findIndex((node) => node.contains(active)) : -1;
  if (pinned < 0) put(container, nodes, container.firstChild);
  else {
    put(container, nodes.slice(0, pinned), container.firstChild);
    put(container, nodes.slice(pinned + 1), nodes[pinned].nextSibling);
  }
  if (rescue && !container.contains(document.activeElement)) refocus(container, rescue);
}

const actionOf = (node) => node.closest("[data-action-id]")?.dataset.actionId;

function neighbours(container, active) {
  const child = [...container.childNodes].find((node) => node.contains(active));
  const nodes = [...container.childNodes];
  const at = nodes.indexOf(child);
  return { action: actionOf(active), nodes: [...nodes.slice(at + 1), ...nodes.slice(0, at).reverse()] };
}

const firstIn = (node) => (node.matches?.(FOCUSABLE) ? node : node.querySelector?.(FOCUSABLE));

// What had the focus is gone: it goes to what does the same, to what stood beside it, or to what holds both.
function refocus(container, { action, nodes }) {
  const same = action && container.querySelector(`[data-action-id="${CSS.escape(action)}"]`);
  const beside = nodes.filter((node) => node.isConnected).map(firstIn);
  const target = (same && firstIn(same)) || beside.find(Boolean) || container.closest(FOCUSABLE);
  target?.focus({ preventScroll: true });
}

// Makes the children of `container` match `items` ({key, sign, make}); those with an unchanged sign are left alone.
export function reconcile(container, items) {
  const present = new Map([...container.children].map((node) => [node.patchKey, node]));
  const nodes = items.map((item) => {
    const old = present.get(item.key);
    if (old && old.patchSign === item.sign) return old;
    const fresh = item.make();
    fresh.patchKey = item.key;
    const same = old && sameKind(old, fresh);
    if (same) patch(old, fresh);
    const node = same ? old : fresh;
    node.patchSign = item.sign;
    return node;
  });
  arrange(container, nodes);
}
