// Small forms for what a person does now and then: forward a message, add a person, post as another app.
import { get, post } from "./api.js";
import { dialogHead, showDialog } from "./dialog.js";
import { h, uniqueId } from "./dom.js";
import { emit, isDirect, myChannels, myIms, state, titleOf } from "./store.js";
import { toast } from "./toast.js";

// `fields` are [{name, label, type, options, value}]; `save` gets their values and may throw what is wrong.
function askFor(title, verb, fields, save) {
  const inputs = new Map();
  const row = ({ name, label, type = "text", options, value }) => {
    const id = uniqueId("field");
    const input = options
      ? h("select", { id, class: "field-input" }, options.map(([key, text]) => h("option", { value: key }, text)))
      : h(type === "area" ? "textarea" : "input", {
          id,
          class: type === "checkbox" ? "" : "field-input",
          type: type === "area" ? null : type,
          rows: type === "area" ? 3 : null,
        });
    if (value !== undefined && type !== "checkbox") input.value = value;
    inputs.set(name, input);
    if (type === "checkbox") return h("label", { class: "choice", for: id }, input, h("span", null, label));
    return h("div", { class: "field" }, h("label", { class: "field-label", for: id }, label), input);
  };
  const problem = h("p", { class: "field-error", role: "alert", hidden: true });
  const submit = async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(
      [...inputs].map(([name, input]) => [name, input.type === "checkbox" ? input.checked : input.value.trim()]),
    );
    try {
      await save(values);
      close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  };
  const form = h(
    "form",
    { novalidate: true, on: { submit } },
    dialogHead(title, () => close()),
    h("div", { class: "dialog-body" }, fields.map(row), problem),
    h(
      "div",
      { class: "dialog-foot" },
      h("button", { type: "button", class: "button", on: { click: () => close() } }, "Cancel"),
      h("button", { type: "submit", class: "button primary" }, verb),
    ),
  );
  const dialog = h("div", { class: "dialog small", role: "dialog", "aria-modal": "true", "aria-label": title }, form);
  const close = showDialog(dialog, { onDismiss: () => close() });
  [...inputs.values()][0].focus();
}

const places = () => [...myChannels(), ...myIms()].map((one) => [one.id, isDirect(one) ? titleOf(one) : `#${one.name}`]);

export function forwardMessage(channel, message) {
  const fields = [
    { name: "channel", label: "Forward to", options: places() },
    { name: "text", label: "Add a message (optional)", type: "area" },
  ];
  askFor("Forward message", "Forward", fields, async ({ channel: to, text }) => {
    await post("forward", { user: state.me, channel: to, from_channel: channel, ts: message.ts, text });
    toast("Message forwarded.", { kind: "info", stay: 2000 });
  });
}

export function addPerson(channel) {
  const fields = [
    { name: "real_name", label: "Name" },
    { name: "title", label: "Title (optional)" },
    { name: "is_guest", label: "A guest from another company", type: "checkbox" },
  ];
  askFor("Add a person", "Add", fields, async ({ real_name, title, is_guest }) => {
    if (!real_name) throw new Error("The name is missing. Enter the person's name.");
    const name = real_name.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, ".").replace(/^\.|\.$/g, "");
    const channels = channel ? [channel] : [];
    const { user } = await post("users", { name: name || `person${Date.now()}`, real_name, title, is_guest, channels });
    emit("switch", user.id);
  });
}

export async function sendSignal() {
  const { kinds, address } = await get("signals");
  const fields = [
    { name: "kind", label: "Monitoring system", options: kinds.map((kind) => [kind, kind]) },
    { name: "secret", label: "Secret of its door" },
    { name: "name", label: "Alert", value: "Payroll is down" },
    { name: "severity", label: "Severity", options: ["critical", "high", "medium", "low"].map((one) => [one, one]) },
    { name: "state", label: "State", options: ["firing", "resolved"].map((one) => [one, one]) },
    { name: "url", label: "Address ({kind} is filled in)", value: address },
  ];
  askFor("Send an alert", "Send", fields, async (values) => {
    const url = values.url.replace("{kind}", values.kind);
    const { status, answer } = await post("signal", { ...values, url });
    toast(`${status}: ${answer}`, { kind: status < 400 ? "info" : "error", stay: 5000 });
  });
}

export function postAsApp(channel) {
  const fields = [
    { name: "name", label: "App", value: "Statuspage" },
    { name: "title", label: "Title (optional)" },
    { name: "text", label: "Text", type: "area" },
    { name: "workflow", label: "As a step of a workflow", type: "checkbox" },
  ];
  askFor("Post as another app", "Post", fields, (values) => post("app_message", { channel, ...values }));
}
