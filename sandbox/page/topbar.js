// The bar at the top: the workspace, the jump field, the state of the app, and the tools of the sandbox.
import { iconButton } from "./buttons.js";
import { notifyButton } from "./notify.js";
import { clockButton } from "./clock.js";
import { h } from "./dom.js";
import { faultsButton } from "./faults.js";
import { icon } from "./icons.js";
import { inspectorButton } from "./inspector.js";
import { toggleDrawer } from "./sidebar.js";
import { on, state, app } from "./store.js";
import { toggleSwitcher } from "./switcher.js";
import { themeButton } from "./theme.js";

let lineOpen = true;

const waiting = () => state.apps.filter((one) => !one.ready).map((one) => one.name);
const connected = () =>
  state.apps.length > 1 ? `${state.apps.length} apps connected` : `${app().name} connected`;

function connection() {
  const text = h("span", { class: "wide" });
  const node = h(
    "span",
    { class: "connection", role: "status", data: { testid: "connection" } },
    h("i", { "aria-hidden": "true" }),
    text,
  );
  const draw = () => {
    const words = !lineOpen
      ? "Sandbox not reachable"
      : state.ready
        ? connected()
        : `Waiting for ${waiting().join(" and ")}`;
    node.dataset.state = !lineOpen ? "lost" : state.ready ? "ready" : "waiting";
    text.textContent = words;
    node.title = words;
  };
  on("line", (open) => {
    lineOpen = open;
    draw();
  });
  on("workspace", draw);
  on("ready", draw);
  draw();
  return node;
}

export function startTopbar() {
  const keys = /mac/i.test(navigator.platform) ? "⌘ K" : "Ctrl K";
  document.getElementById("topbar").replaceChildren(
    iconButton("menu", "Channels and people", toggleDrawer, { className: "on-dark drawer-button" }),
    h(
      "div",
      { class: "workspace" },
      h("span", { class: "workspace-mark", "aria-hidden": "true" }, icon("pulse", { size: 18 })),
      h("span", { class: "workspace-name" }, state.team.name ?? "Sandbox workspace"),
    ),
    h(
      "button",
      {
        type: "button",
        class: "jump-button",
        on: { click: toggleSwitcher },
      },
      icon("search", { size: 16 }),
      h("span", null, "Jump to…"),
      h("kbd", null, keys),
    ),
    h(
      "div",
      { class: "tools" },
      connection(),
      clockButton(),
      faultsButton(),
      inspectorButton(),
      notifyButton(),
      themeButton(),
    ),
  );
}
