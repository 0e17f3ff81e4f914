// Reads the open views of the acting person from the sandbox and shows the topmost modal.
import { get } from "./api.js";
import { Form } from "./form.js";
import { Modal } from "./modal.js";
import { route } from "./router.js";
import { emit, on, state } from "./store.js";
import { toast } from "./toast.js";

const forms = new Map();
let shown = null;

function formOf(view) {
  if (!forms.has(view.id)) forms.set(view.id, new Form());
  const form = forms.get(view.id);
  form.hold(view.state?.values);
  return form;
}

// After a restart the sandbox knows no forms; one that a person has written in stays to be read.
function keepLost() {
  const typed = shown && forms.get(shown.view.id)?.typed.size;
  if (typed) shown.lose();
  return Boolean(typed);
}

function render(modals, { again = false, forget = false } = {}) {
  const top = modals.at(-1);
  if (!top && !forget && shown && (shown.lost || (again && keepLost()))) return;
  const open = new Set(modals.map((view) => view.id));
  for (const id of forms.keys()) if (!open.has(id)) forms.delete(id);
  if (!top) {
    shown?.remove();
    shown = null;
    return;
  }
  shown ??= new Modal(refreshViews);
  shown.show(top, formOf(top), modals.length);
}

let asked = 0;

// Reads the views again; an answer that was overtaken by a later question is dropped.
export async function refreshViews(how = {}) {
  const turn = ++asked;
  const person = state.me;
  try {
    const views = await get("views", { user: person, app: route.app ?? undefined });
    if (turn !== asked || person !== state.me) return;
    render(views.modals ?? [], how);
    emit("home", views.home);
  } catch (error) {
    toast(error.message);
  }
}

export function startModals() {
  for (const name of ["stream:modal", "stream:home"])
    on(name, (news) => news.user === state.me && refreshViews());
  on("clock-day", () => shown?.draw());
  on("me", () => refreshViews({ forget: true }));
  on("resync", () => refreshViews({ again: true }));
}
