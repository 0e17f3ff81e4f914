// Desktop notifications for what is meant for the acting person while the window is not looked at.
import { iconButton } from "./buttons.js";
import { go } from "./router.js";
import { channel, isDirect, nameOf, on, state, titleOf } from "./store.js";
import { toast } from "./toast.js";
import { unreadOf } from "./unread.js";

const latest = new Map();
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

// The counts of before against those of now: where more is meant for the person, the latest message is shown.
function compare(before) {
  for (const [place, message] of latest) {
    const [id, thread] = place.split(":");
    const grown = unreadOf(id, thread).direct > (before.places[place]?.direct ?? 0);
    if (grown && document.hidden && Notification.permission === "granted") show(place, message);
  }
  latest.clear();
}

export function startNotifications() {
  if (!supported) return;
  on("stream:message", ({ channel: id, message }) => {
    if (message.user === state.me) return;
    latest.set(message.thread_ts && message.thread_ts !== message.ts ? `${id}:${message.thread_ts}` : id, message);
  });
  on("unread", (before) => before && compare(before));
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
