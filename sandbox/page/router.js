// Reads and writes the address: which person, channel, thread, message or App Home this window shows.
import { app, botId, byHandle, channel, channelByName, emit, imOf, state, user } from "./store.js";

export const route = { view: "channel", channel: null, thread: null, message: null, app: null };

const fromPermalink = (digits) => `${digits.slice(0, -6)}.${digits.slice(-6)}`;

function fromPath(url) {
  const match = url.pathname.match(/^\/archives\/([A-Z0-9]+)(?:\/p(\d{7,}))?/i);
  if (!match) return null;
  const message = match[2] ? fromPermalink(match[2]) : null;
  const thread = url.searchParams.get("thread_ts");
  return { view: "channel", channel: match[1], message, thread };
}

function fromQuery(url) {
  const query = url.searchParams;
  const place = query.get("channel");
  const ofApp = query.get("app");
  if (query.get("tab") === "home" || query.get("view") === "home") return { view: "home", app: ofApp };
  if (query.get("tab") === "threads") return { view: "threads", thread: query.get("thread"), channel: place };
  if (query.get("tab") === "messages") return { view: "channel", channel: `@${ofApp ?? "app"}` };
  if (url.pathname.startsWith("/app_redirect") && !place) return { view: "home", app: ofApp };
  return { view: "channel", channel: place, thread: query.get("thread"), message: query.get("message") };
}

export function parse(address) {
  const url = new URL(address, location.origin);
  return fromPath(url) ?? fromQuery(url);
}

export const nameFromAddress = () =>
  new URLSearchParams(location.search).get("as") ?? sessionStorage.getItem("sandbox-as") ?? "maria";

export const personFromAddress = () =>
  byHandle(nameFromAddress())?.id ?? byHandle("maria")?.id ?? [...state.users.keys()][0];

function write(replace) {
  const query = new URLSearchParams({ as: state.users.get(state.me)?.name ?? "" });
  if (route.view !== "channel") query.set("tab", route.view);
  if (route.view === "home" && route.app !== app().id) query.set("app", user(botId(app(route.app)))?.name);
  if (route.channel && route.view !== "home")
    query.set(
      "channel",
      channel(route.channel)?.is_im ? route.channel : (channel(route.channel)?.name ?? route.channel),
    );
  if (route.thread) query.set("thread", route.thread);
  const address = `/?${query}`;
  if (replace) history.replaceState(null, "", address);
  else if (location.pathname + location.search !== address) history.pushState(null, "", address);
}

// `@name` is the direct message with a person or an app, which may not be there yet.
function resolve(given) {
  const name = given === "@app" ? `@${user(botId())?.name}` : given;
  if (name.startsWith("@")) return imOf(state.me, byHandle(name.slice(1))?.id)?.id ?? name;
  return channelByName(name)?.id ?? name;
}

export function go(target, { replace = false } = {}) {
  route.view = target.view ?? "channel";
  route.channel = target.channel ? resolve(target.channel) : null;
  route.thread = target.thread ?? null;
  route.message = target.message ?? null;
  route.app = route.view === "home" ? app(target.app).id : null;
  write(replace);
  emit("route", route);
}

export const openChannel = (id) => go({ channel: id });
export const openHome = (id) => go({ view: "home", app: id });
export const openThreads = () => go({ view: "threads" });
export const openThread = (id, ts, message) =>
  go({ ...route, channel: id, view: route.view === "threads" ? "threads" : "channel", thread: ts, message });
export const closeThread = () => go({ ...route, thread: null, message: null });

function localTarget(link) {
  const url = new URL(link.href, location.origin);
  const ours =
    url.origin === location.origin ||
    (url.port === location.port && /^(127\.0\.0\.1|localhost)$/.test(url.hostname));
  const inside = url.pathname.startsWith("/archives/") || url.pathname.startsWith("/app_redirect");
  return ours && inside ? parse(url.href) : null;
}

// Links to messages of this workspace open here; everything else is the browser's business.
export function interceptLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.button) return;
    // A file opens for the person this window acts as.
    const url = new URL(link.href, location.origin);
    if (url.origin === location.origin && url.pathname.startsWith("/files/")) {
      url.searchParams.set("as", state.me);
      link.href = url.href;
    }
    const target = localTarget(link);
    if (!target) return;
    event.preventDefault();
    go(target);
  });
  window.addEventListener("popstate", () => {
    const as = new URLSearchParams(location.search).get("as");
    if (as && byHandle(as) && byHandle(as).id !== state.me) emit("switch", byHandle(as).id);
    Object.assign(route, { thread: null, message: null }, parse(location.href));
    route.channel = route.channel ? resolve(route.channel) : null;
    route.app = route.view === "home" ? app(route.app).id : null;
    emit("route", route);
  });
}

export function permalink(id, message) {
  const thread =
    message.thread_ts && message.thread_ts !== message.ts ? `?thread_ts=${message.thread_ts}&cid=${id}` : "";
  return `${location.origin}/archives/${id}/p${message.ts.replace(".", "")}${thread}`;
}
