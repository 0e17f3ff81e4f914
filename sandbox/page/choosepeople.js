// Chooses people and apps: for a direct message or a group, and for a channel that they are added to.
import { post } from "./api.js";
import { avatar } from "./avatar.js";
import { dialogHead, showDialog } from "./dialog.js";
import { h, uniqueId } from "./dom.js";
import { openChannel } from "./router.js";
import { botId, emit, people, state, user } from "./store.js";

const MOST = 8; // others in a group, as in Slack

const everyone = () =>
  [...people(), ...state.apps.map((one) => user(botId(one)))].filter((one) => one && one.id !== state.me);

const fits = (one, words) =>
  words.every((word) => `${one.name} ${one.real_name ?? ""} ${one.title ?? ""}`.toLowerCase().includes(word));

// Returns what opens the conversation.
async function begin(chosen) {
  if (chosen.length > MOST) throw new Error(`A group has at most ${MOST} others. Leave some out.`);
  if (chosen.length === 1) return () => openChannel(`@${user(chosen[0]).name}`);
  const { channel } = await post("together", { user: state.me, others: chosen });
  state.channels.set(channel.id, channel);
  emit("workspace");
  return () => openChannel(channel.id);
}

function personRow(one, changed) {
  const id = uniqueId("to");
  const box = h("input", { type: "checkbox", id, value: one.id, on: { change: changed } });
  const title = one.is_bot ? "App" : one.title;
  return h(
    "label",
    { class: "choice person-choice", for: id },
    box,
    avatar(one.id, 26),
    h("span", null, one.real_name, title && h("small", null, title)),
  );
}

// `begin` gets the ids, may throw what is wrong, and returns what is done once the dialog is closed.
function choose({ title, verb, hint, candidates, begin }) {
  const chosen = () => [...list.querySelectorAll("input:checked")].map((one) => one.value);
  const said = h("p", { class: "field-hint", role: "status" });
  const problem = h("p", { class: "field-error", role: "alert", hidden: true });
  const tell = () => {
    const names = chosen().map((id) => user(id).real_name);
    said.textContent = names.length ? `With ${names.join(", ")}` : hint;
  };
  const list = h(
    "div",
    { class: "choices person-choices", role: "group", "aria-label": "People and apps" },
    candidates.map((one) => personRow(one, tell)),
  );
  // Who is chosen stays in the list, whatever is looked for.
  const filter = h("input", {
    class: "filter",
    type: "search",
    placeholder: "Find people and apps",
    "aria-label": "Find people and apps",
    on: {
      input: () => {
        const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
        for (const row of list.children) {
          const box = row.querySelector("input");
          row.hidden = !box.checked && !fits(user(box.value), words);
        }
      },
      keydown: (event) => {
        if (event.key !== "Enter" || !filter.value.trim()) return;
        // The first one found is chosen, as from a list of suggestions.
        event.preventDefault();
        const first = [...list.children].find((row) => !row.hidden && !row.querySelector("input").checked);
        if (!first) return;
        first.querySelector("input").checked = true;
        filter.value = "";
        filter.dispatchEvent(new Event("input"));
        tell();
      },
    },
  });
  const submit = async (event) => {
    event.preventDefault();
    try {
      if (!chosen().length) throw new Error("No one is chosen. Choose at least one person.");
      const done = await begin(chosen());
      close(); // first, as it gives the focus back
      done?.();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  };
  const form = h(
    "form",
    { novalidate: true, on: { submit } },
    dialogHead(title, () => close()),
    h("div", { class: "dialog-body" }, filter, list, said, problem),
    h(
      "div",
      { class: "dialog-foot" },
      h("button", { type: "button", class: "button", on: { click: () => close() } }, "Cancel"),
      h("button", { type: "submit", class: "button primary" }, verb),
    ),
  );
  const frame = { class: "dialog small", role: "dialog", "aria-modal": "true", "aria-label": title };
  const close = showDialog(h("div", frame, form), { onDismiss: () => close() });
  tell();
  filter.focus();
}

export const newMessage = () =>
  choose({
    title: "New message",
    verb: "Start",
    hint: "Choose one person, or several for a group.",
    candidates: everyone(),
    begin,
  });

export function addMembers(channel) {
  const candidates = everyone().filter((one) => !channel.members.includes(one.id));
  choose({
    title: `Add to #${channel.name}`,
    verb: "Add",
    hint: candidates.length ? "Choose people and apps." : "Everyone is here already.",
    candidates,
    begin: async (chosen) => {
      for (const id of chosen) await post("join", { user: id, channel: channel.id });
    },
  });
}
