// Shows the time the bot lives in and moves it forward.
import { post } from "./api.js";
import { clockDay, clockTime } from "./dates.js";
import { dialogHead, showDialog } from "./dialog.js";
import { h, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./popover.js";
import { emit, now, on, setClock } from "./store.js";
import { attempt } from "./toast.js";

const HOUR = 3600;
const DAY = 24 * HOUR;
const pad = (number) => String(number).padStart(2, "0");

const move = (change) => attempt(async () => setClock(await post("clock", change)));

function nextMorning(days = 1) {
  const date = now();
  const morning = new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, 9);
  return { to: morning.toISOString() };
}

const toMonday = () => nextMorning((8 - now().getDay()) % 7 || 7);

const FREE = { 0: "a Sunday", 6: "a Saturday" };

// What day that will be, so that no digest is expected on a weekend.
function dayOf({ to }) {
  const date = new Date(to);
  return FREE[date.getDay()] ? `${clockDay(date)}, ${FREE[date.getDay()]}` : clockDay(date);
}

function custom() {
  const date = now();
  const id = uniqueId("when");
  const input = h("input", { type: "datetime-local", id, class: "field-input" });
  input.value = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const set = async () => input.value && (await move({ to: new Date(input.value).toISOString() })) && close();
  const close = showDialog(
    h(
      "div",
      { class: "dialog small", role: "dialog", "aria-modal": "true", "aria-label": "Move the clock" },
      dialogHead("Move the clock", () => close()),
      h(
        "div",
        { class: "dialog-body" },
        h("label", { class: "field-label", for: id }, "New date and time"),
        input,
        h(
          "p",
          { class: "field-hint" },
          "The clock only moves forward. What became due in between happens now.",
        ),
      ),
      h(
        "div",
        { class: "dialog-foot" },
        h("button", { type: "button", class: "button", on: { click: () => close() } }, "Cancel"),
        h("button", { type: "button", class: "button primary", on: { click: set } }, "Move"),
      ),
    ),
    { onDismiss: () => close() },
  );
  input.focus();
}

function items() {
  const jump = (label, hint, change) => ({
    label,
    hint,
    icon: "clock",
    run: () => move(typeof change === "function" ? change() : change),
  });
  return [
    { heading: "Move the sandbox clock" },
    jump("+1 hour", null, { advance: HOUR }),
    jump("Tomorrow 09:00", dayOf(nextMorning()), nextMorning),
    jump("+1 day", null, { advance: DAY }),
    jump("Next Monday 09:00", dayOf(toMonday()), toMonday),
    jump("+1 week", null, { advance: 7 * DAY }),
    { separator: true },
    { label: "Other time…", icon: "calendar", run: custom },
  ];
}

export function clockButton() {
  const text = h("span", { class: "clock-text" });
  const button = h(
    "button",
    {
      type: "button",
      class: "chip",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      data: { testid: "clock" },
      on: { click: () => openMenu(button, items(), { label: "Clock", side: "end" }) },
    },
    icon("clock", { size: 16 }),
    text,
  );
  let day = "";
  const draw = () => {
    const date = now();
    const shown = `${clockDay(date)} ${clockTime(date)}`;
    if (text.dataset.shown === shown) return;
    text.dataset.shown = shown;
    text.replaceChildren(h("span", { class: "wide" }, clockDay(date)), " ", clockTime(date));
    button.setAttribute("aria-label", `Sandbox clock, ${shown}`);
    if (day && day !== date.toDateString()) emit("clock-day");
    day = date.toDateString();
  };
  on("clock", draw);
  setInterval(draw, 1000);
  draw();
  return button;
}
