// The middle of the page: the open channel or direct message with its composer, or the app's Home.
import { get, post } from "./api.js";
import { avatar } from "./avatar.js";
import { canvasButton } from "./canvas.js";
import { addMembers } from "./choosepeople.js";
import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { appHeader, HomeView } from "./home.js";
import { icon } from "./icons.js";
import { MessageList } from "./messages.js";
import { mrkdwn } from "./mrkdwn.js";
import { openMenu } from "./popover.js";
import { go, openChannel, openHome, route } from "./router.js";
import { app, botId, channel, emit, isApp, isDirect, on, setWorkspace, state, titleOf, user } from "./store.js";
import { ThreadsView } from "./threads.js";
import { attempt } from "./toast.js";
import { lastRead, markRead } from "./unread.js";

let current = null;

const main = () => document.getElementById("main");

// A person to act as, or an app's Home; an app that is only a name here has none.
function openMember(id) {
  if (isApp(id)) openHome(app(id).id);
  else if (!user(id)?.is_bot) emit("switch", id);
}

function memberMenu(anchor, one) {
  openMenu(
    anchor,
    [
      { heading: `${one.members.length} members` },
      ...one.members.map((id) => ({
        label: user(id)?.real_name ?? id,
        hint: user(id)?.title,
        lead: avatar(id, 26),
        run: () => openMember(id),
      })),
      !one.is_mpim && !one.is_archived && { separator: true },
      !one.is_mpim &&
        !one.is_archived && { label: "Add people or apps…", icon: "plus", run: () => addMembers(one) },
    ],
    { label: "Members", side: "end" },
  );
}

function channelHead(one) {
  const members = h(
    "button",
    {
      type: "button",
      class: "members",
      title: "Members",
      "aria-haspopup": "menu",
      on: { click: () => memberMenu(members, one) },
    },
    h(
      "span",
      { class: "thread-faces", "aria-hidden": "true" },
      (one.members ?? []).slice(0, 3).map((id) => avatar(id, 24)),
    ),
    h("span", null, String(one.members?.length ?? 0), h("span", { class: "visually-hidden" }, " members")),
  );
  return h(
    "header",
    { class: "place-head" },
    h(
      "div",
      { class: "place-title" },
      icon(one.is_mpim ? "users" : one.is_private ? "lock" : "hash", { size: 20 }),
      h("h1", null, titleOf(one)),
      one.topic && h("p", { class: "topic", title: one.topic }, mrkdwn(one.topic)),
    ),
    one.is_archived && h("span", { class: "badge" }, "Archived"),
    one.canvas && canvasButton(one.canvas),
    members,
  );
}

function channelIntro(one) {
  return h(
    "div",
    { class: "intro" },
    h("div", { class: "intro-mark" }, icon(one.is_private ? "lock" : "hash", { size: 30 })),
    h("h2", null, `#${one.name}`),
    h(
      "p",
      null,
      "This is the very beginning of the channel. ",
      one.topic && h("span", null, mrkdwn(one.topic), "."),
    ),
  );
}

function imIntro(one) {
  const other = (one.members ?? []).find((id) => id !== state.me) ?? botId();
  return h(
    "div",
    { class: "intro" },
    avatar(other, 56),
    h("h2", null, titleOf(one)),
    h(
      "p",
      null,
      `This is the beginning of your direct messages with ${titleOf(one)}. Only ${one.is_mpim ? "these people" : "the two of you"} can read them.`,
    ),
  );
}

class Place {
  constructor(one) {
    this.channel = one.id;
    const other = one.is_im && one.members.find(isApp);
    const owner = other && app(other);
    this.list = new MessageList({
      channel: one.id,
      intro: isDirect(one) ? imIntro(one) : channelIntro(one),
      label: `Messages in ${titleOf(one)}`,
    });
    const words = isDirect(one) ? `Message ${titleOf(one)}` : `Message #${one.name}`;
    this.composer = new Composer({
      channel: one.id,
      placeholder: words,
      testid: "composer",
      onArrowUp: () => this.list.editLast(),
      onSent: () => this.sent(),
    });
    this.list.onEdited = () => this.composer.focus();
    const isMember = (one.members ?? []).includes(state.me) || one.is_im;
    const bottom = one.is_archived
      ? h("p", { class: "no-composer" }, "This channel is archived. Nothing can be posted in it.")
      : isMember
        ? this.composer.node
        : h("p", { class: "no-composer" }, `You are not a member of #${one.name}.`);
    // Like Slack, opening the app's messages tells the app.
    if (owner) attempt(() => post("home", { user: state.me, tab: "messages", app: owner.id }));
    this.head = owner
      ? appHeader(owner, "messages", (tab) => (tab === "home" ? openHome(owner.id) : openChannel(one.id)))
      : channelHead(one);
    main().replaceChildren(this.head, this.list.node, bottom);
    main().setAttribute("aria-label", titleOf(one));
  }

  sent() {
    this.list.newFrom = null;
    attempt(() => this.list.toNewest());
  }

  close() {}
}

// A direct message exists from the moment a person first looks at it.
async function openIm(name) {
  const found = await get("messages", { channel: name, user: state.me, limit: 1 });
  setWorkspace(await get("state"));
  go({ channel: found.channel.id }, { replace: true });
}

function openPlace() {
  if (route.channel?.startsWith("@")) return attempt(() => openIm(route.channel));
  const one = channel(route.channel);
  if (!one)
    return main().replaceChildren(
      h(
        "div",
        { class: "quiet" },
        h("h2", null, "Nothing here"),
        h("p", null, "This conversation does not exist, or you cannot see it."),
      ),
    );
  current = new Place(one);
  current.list
    .open({ highlight: route.thread ? null : route.message, lastRead: lastRead(one.id) })
    .then(() => seen())
    .catch((error) => emit("problem", error));
  if (matchMedia("(hover: hover)").matches && !route.thread)
    current.composer.focus();
}

function openApp(one) {
  const home = new HomeView(one);
  current = home;
  main().replaceChildren(
    appHeader(one, "home", (tab) =>
      tab === "messages" ? openChannel(`@${user(botId(one))?.name}`) : openHome(one.id),
    ),
    home.node,
  );
  main().setAttribute("aria-label", one.name);
}

function openThreads() {
  const threads = new ThreadsView();
  current = threads;
  main().replaceChildren(threads.head, threads.node);
  main().setAttribute("aria-label", "Threads");
}

const idOfRoute = () =>
  `${state.me}|${route.view}|${route.app ?? ""}|${route.view === "channel" ? route.channel : ""}`;
let openedId = null;

function show({ again = false } = {}) {
  if (!again && openedId === idOfRoute() && current) {
    if (route.message && !route.thread && current.list) current.list.jump(route.message);
    return;
  }
  current?.close();
  current = null;
  openedId = idOfRoute();
  if (route.view === "home") openApp(app(route.app));
  else if (route.view === "threads") openThreads();
  else openPlace();
}

function seen() {
  if (current?.channel && document.visibilityState === "visible") markRead(current.channel);
}

export function startPlace() {
  on("route", () => show());
  on("me", () => {
    openedId = null;
  });
  on("log", (key) => {
    if (key !== current?.list?.key) return;
    current.list.drawSoon();
  });
  on("unread", seen);
  on("clock-day", () => current?.list?.draw());
  on("channel-changed", (id) => id === current?.channel && show({ again: true }));
  document.addEventListener("visibilitychange", seen);
}

export const focusComposer = () => current?.composer?.focus();
