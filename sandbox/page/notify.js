// Desktop notifications for what is meant for the acting person while the window is not looked at.
import { iconButton } from "./buttons.js";
import { go } from "./router.js";
import { channel, isDirect, nameOf, on, state, titleOf } from "./store.js";
import { toast } from "./toast.js";
import { unreadOf, unreadPlaces } from "./unread.js";

const KEPT = 100;
const came = new Map(); // the last messages of others that have not been shown, by place and time
const keyOf = (place, ts) => `${place} ${ts}`;
const supported = "Notification" in window;

function show(place, message) {
  const [id, thread] = place.split(":");
  const where = channel(id);
  const title = `${message.username || nameOf(message.user)} · ${isDirect(where) ? "Direct message" : `#${titleOf(where)}`}`;
  const note = new Notification(title, { body: message.text?.slice(0, 200), tag: `${state.me}|${place}` });
  note.onclick = () => {
    window.focus();
    go({ channel: id, thread, message: message.ts });
    note.close();
  };
}

// A message and the news that it is meant for the person come by two ways, in any order: shown when both are here.
function tell(place) {
  const [id, thread] = place.split(":");
  const key = keyOf(place, unreadOf(id, thread).latest);
  const message = came.get(key);
  came.delete(key);
  if (message && document.hidden && Notification.permission === "granted") show(place, message);
}

export function startNotifications() {
  if (!supported) return;
  on("stream:message", ({ channel: id, message }) => {
    if (message.user === state.me) return;
    const place = message.thread_ts && message.thread_ts !== message.ts ? `${id}:${message.thread_ts}` : id;
    came.set(keyOf(place, message.ts), message);
    if (came.size > KEPT) came.delete(came.keys().next().value);
    tell(place);
  });
  on("unread", () => unreadPlaces().forEach(tell));
}

// Shown only while the browser has not been asked.
export function notifyButton() {
  if (!supported || Notification.permission !== "default") return null;
  const button = iconButton(
    "bell",
    "Turn on desktop notifications",
    async () => {
      const answer = await Notification.requestPermission();
      if (answer === "denied") toast("The browser blocks notifications of this page. Allow them in its settings.");
      button.remove();
    },
    { className: "on-dark" },
  );
  return button;
}
