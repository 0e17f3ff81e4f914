// Listens to the sandbox's server-sent events and tells the page when the line was lost and found again.
import { emit } from "./store.js";

let broken = false;

function opened() {
  emit("line", true);
  if (broken) emit("resync");
  broken = false;
}

function failed(source) {
  broken = true;
  emit("line", false);
  // The browser tries again by itself unless it has given up on the connection.
  if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
}

export function listen() {
  const source = new EventSource("/sandbox/stream");
  source.onopen = opened;
  source.onerror = () => failed(source);
  source.onmessage = (event) => {
    const news = JSON.parse(event.data);
    emit(`stream:${news.type}`, news);
  };
}
