// Says who else is typing in a conversation, for a few seconds after each word of it.
import { h } from "./dom.js";
import { nameOf, on, state } from "./store.js";

const STAYS = 5000;

function words(people) {
  const names = people.map(nameOf);
  if (names.length > 2) return "Several people are typing…";
  return names.length ? `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} typing…` : "";
}

export function typingLine(channel, thread) {
  const typing = new Map();
  const node = h("div", { class: "typing" });
  const off = [];
  const draw = () => {
    if (!node.isConnected) {
      for (const one of off) one();
      return;
    }
    const text = words([...typing.keys()]);
    if (node.textContent !== text) node.textContent = text;
  };
  const stop = (user) => {
    clearTimeout(typing.get(user));
    if (typing.delete(user)) draw();
  };
  const here = (news) => news.channel === channel && (news.thread_ts ?? null) === (thread ?? null);
  off.push(
    on("stream:typing", (news) => {
      if (!here(news) || news.user === state.me) return;
      clearTimeout(typing.get(news.user));
      typing.set(
        news.user,
        setTimeout(() => stop(news.user), STAYS),
      );
      draw();
    }),
    on("stream:message", (news) => news.channel === channel && stop(news.message?.user)),
  );
  return node;
}
