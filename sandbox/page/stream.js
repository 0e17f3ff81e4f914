// Listens to the sandbox's server-sent events and tells the page when the line was lost and found again.
import { emit } from "./store.js";

let broken = false;
let held = []; // what came before the page could hear it

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

function hear(news) {
  if (held) held.push(news);
  else emit(`stream:${news.type}`, news);
}

// Resolves once the line is open, or has failed for now.
export const listen = () =>
  new Promise((resolve) => {
    const source = new EventSource("/sandbox/stream");
    source.onopen = () => resolve(opened());
    source.onerror = () => resolve(failed(source));
    source.onmessage = (event) => hear(JSON.parse(event.data));
  });

// The page has read the workspace and hears what changes from now on, first of all what changed meanwhile.
export function release() {
  const news = held ?? [];
  held = null;
  news.forEach(hear);
}
