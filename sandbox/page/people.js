// Switches the person this window acts as.
import { avatar } from "./avatar.js";
import { addPerson } from "./byhand.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./popover.js";
import { route } from "./router.js";
import { emit, on, people, state, user } from "./store.js";
import { attempt } from "./toast.js";
import { refresh, waitingFor } from "./unread.js";

function personItem(one) {
  const waiting = one.id === state.me ? 0 : waitingFor(one.id);
  return {
    label: one.real_name,
    hint: one.title,
    lead: avatar(one.id, 30),
    checked: one.id === state.me,
    data: { person: one.name },
    badge: waiting > 0 && h("span", { class: "count", "aria-label": `${waiting} unread` }, String(waiting)),
    run: () => emit("switch", one.id),
  };
}

function otherWindow() {
  const next =
    people().find((one) => one.id !== state.me && one.name === "lena") ??
    people().find((one) => one.id !== state.me);
  return {
    label: "Open a second window",
    hint: `As ${next?.real_name}`,
    icon: "plus",
    run: () => window.open(`/?as=${next.name}`, "_blank", "noopener"),
  };
}

const addItem = () => ({
  label: "Add a person…",
  hint: "A colleague, or a guest from another company",
  icon: "users",
  run: () => addPerson(route.channel),
});

export function personSwitcher() {
  const button = h("button", {
    type: "button",
    class: "switcher",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    data: { testid: "person-switcher" },
    on: {
      click: async () => {
        await attempt(refresh);
        openMenu(
          button,
          [{ heading: "Act as" }, ...people().map(personItem), { separator: true }, addItem(), otherWindow()],
          { label: "Act as" },
        );
      },
    },
  });
  const draw = () => {
    const me = user(state.me);
    button.dataset.person = me?.name ?? "";
    button.replaceChildren(
      avatar(state.me, 34),
      h(
        "span",
        { class: "switcher-text" },
        h("small", null, "Acting as"),
        h("b", null, me?.real_name ?? ""),
        h("small", { class: "switcher-role" }, me?.title ?? ""),
      ),
      icon("sort", { size: 16 }),
    );
  };
  on("me", draw);
  on("workspace", draw);
  draw();
  return h("div", { class: "switcher-holder" }, button);
}
