// Builds and updates DOM nodes from plain values, never from markup, so that no text can become HTML.
const SVG = "http://www.w3.org/2000/svg";

function applyProps(node, props) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, run] of Object.entries(value)) handle(node, event, run);
    else if (name === "key") node.patchKey = value;
    else if (name === "own") node.ownAttributes = value;
    else if (name === "data") for (const [key, item] of Object.entries(value)) setData(node, key, item);
    else if (name === "style")
      for (const [key, item] of Object.entries(value)) node.style.setProperty(key, item);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
}

const dispatch = (event) => event.currentTarget.handlers[event.type]?.(event);

// What a node does is kept beside it, so that a patched node does what its latest drawing wants.
export function handle(node, event, run) {
  node.handlers ??= {};
  if (!(event in node.handlers)) node.addEventListener(event, dispatch);
  node.handlers[event] = run;
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

let counter = 0;
export const uniqueId = (prefix = "id") => `${prefix}-${++counter}`;

export function debounce(run, wait) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), wait);
  };
}
