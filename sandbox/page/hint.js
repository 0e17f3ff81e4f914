// A small note for a person who is here for the first time.
import { iconButton } from "./buttons.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { route } from "./router.js";
import { channel, on, state, user } from "./store.js";

const KEY = "sandbox-hint-seen";

function note() {
  const close = () => {
    localStorage.setItem(KEY, "yes");
    node.remove();
  };
  const where = matchMedia("(max-width: 767px)").matches ? " in the menu" : " at the bottom left";
  const node = h(
    "div",
    { class: "hint", role: "note", data: { testid: "hint" } },
    h("span", { class: "hint-mark", "aria-hidden": "true" }, "👋"),
    h(
      "p",
      null,
      "You are ",
      h("b", null, user(state.me)?.real_name),
      ". Type ",
      h("code", null, "/hypercare report"),
      ", or press ",
      icon("bolt", { size: 15, label: "the lightning" }),
      " below, to say what is wrong. Then become ",
      h("b", null, "Lena"),
      where,
      " and answer.",
    ),
    iconButton("close", "Dismiss this note", close, { className: "small", size: 15 }),
  );
  return node;
}

function show() {
  document.querySelector(".hint")?.remove();
  if (
    localStorage.getItem(KEY) ||
    route.view !== "channel" ||
    channel(route.channel)?.name !== "payroll-help" ||
    user(state.me)?.name !== "maria"
  )
    return;
  document.querySelector("#main .composer")?.before(note());
}

export function startHint() {
  on("route", show);
}
