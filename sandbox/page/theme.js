// Chooses between the light theme, the dark one, and whatever the system prefers.
import { h } from "./dom.js";
import { icon } from "./icons.js";

const ORDER = ["auto", "light", "dark"];
const PICTURES = { auto: "auto", light: "sun", dark: "moon" };
const KEY = "sandbox-theme";

const chosen = () => (ORDER.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : "auto");

function apply(theme) {
  localStorage.setItem(KEY, theme);
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function themeButton() {
  const button = h("button", {
    type: "button",
    class: "icon-button on-dark theme-button",
    on: {
      click: () => {
        apply(ORDER[(ORDER.indexOf(chosen()) + 1) % ORDER.length]);
        draw();
      },
    },
  });
  const draw = () => {
    button.replaceChildren(icon(PICTURES[chosen()]));
    button.setAttribute("aria-label", `Theme: ${chosen()}`);
    button.title = `Theme: ${chosen()}`;
  };
  draw();
  return button;
}
