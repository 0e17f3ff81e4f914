// The left column: channels, direct messages, the apps, with what is unread, and who is acting.
import { avatar } from "./avatar.js";
import { iconButton } from "./buttons.js";
import { newMessage } from "./choosepeople.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { reconcile } from "./patch.js";
import { personSwitcher } from "./people.js";
import { roving } from "./roving.js";
import { openChannel, openHome, openThreads, route } from "./router.js";
import { app, botId, botIm, myChannels, myIms, on, state, titleOf, user } from "./store.js";
import { unreadOf, unreadThreads } from "./unread.js";

const nav = () => document.getElementById("sidebar");
let lists = null;

function countBadge(direct) {
  return (
    direct > 0 &&
    h("span", { class: "count" }, h("span", { class: "visually-hidden" }, "unread: "), String(direct))
  );
}

function row({ lead, label, name, selected, unread, run, archived }) {
  return h(
    "li",
    null,
    h(
      "button",
      {
        type: "button",
        own: ["tabindex"],
        class: `row${unread.count ? " unread" : ""}${archived ? " archived" : ""}`,
        "aria-current": selected ? "page" : null,
        data: { testid: "channel-link", "channel-name": name },
        on: {
          click: () => {
            closeDrawer();
            run();
          },
        },
      },
      lead,
      h("span", { class: "row-name" }, label),
      countBadge(unread.direct),
    ),
  );
}

const NONE = { count: 0, direct: 0 };

function item(key, details) {
  return {
    key,
    sign: JSON.stringify([details.label, details.selected, details.unread, details.archived]),
    make: () => row(details),
  };
}

function channelItem(one) {
  const selected = route.view === "channel" && route.channel === one.id;
  return item(one.id, {
    lead: icon(one.is_private ? "lock" : "hash", { size: 17 }),
    label: one.name,
    name: one.name,
    selected,
    archived: one.is_archived,
    unread: selected ? NONE : unreadOf(one.id),
    run: () => openChannel(one.id),
  });
}

function directItem(one) {
  const selected = route.view === "channel" && route.channel === one.id;
  const other = (one.members ?? []).find((id) => id !== state.me) ?? botId();
  return item(one.id, {
    lead: avatar(other, 20),
    label: titleOf(one),
    name: titleOf(one).toLowerCase(),
    selected,
    unread: selected ? NONE : unreadOf(one.id),
    run: () => openChannel(one.id),
  });
}

function appIm(one) {
  const im = botIm(one);
  const name = `@${user(botId(one))?.name}`;
  const selected = route.view === "channel" && [name, im?.id].includes(route.channel);
  return item(`im-${one.id}`, {
    lead: avatar(botId(one), 20),
    label: one.name,
    name,
    selected,
    unread: im && !selected ? unreadOf(im.id) : NONE,
    run: () => openChannel(name),
  });
}

function appHome(one) {
  return item(`home-${one.id}`, {
    lead: avatar(botId(one), 20),
    label: one.name,
    name: one === app() ? "app-home" : `app-home-${user(botId(one))?.name}`,
    selected: route.view === "home" && route.app === one.id,
    unread: NONE,
    run: () => openHome(one.id),
  });
}

function threadsItem() {
  const waiting = unreadThreads();
  return item("threads", {
    lead: icon("threads", { size: 17 }),
    label: "Threads",
    name: "threads",
    selected: route.view === "threads",
    unread: { count: waiting, direct: waiting },
    run: openThreads,
  });
}

export function drawSidebar() {
  reconcile(lists.threads, [threadsItem()]);
  const channels = myChannels().sort(
    (a, b) => Number(a.is_archived) - Number(b.is_archived) || a.name.localeCompare(b.name),
  );
  reconcile(lists.channels, channels.map(channelItem));
  const ofApps = state.apps.map((one) => botIm(one)?.id);
  reconcile(lists.direct, [
    ...state.apps.map(appIm),
    ...myIms()
      .filter((one) => !ofApps.includes(one.id))
      .map(directItem),
  ]);
  reconcile(lists.apps, state.apps.map(appHome));
}

function group(title, list, tool) {
  return h(
    "section",
    { class: "group" },
    h("div", { class: "group-head" }, h("h2", { class: "group-title" }, title), tool),
    list,
  );
}

function startMessage() {
  closeDrawer();
  newMessage();
}

const newMessageButton = () =>
  iconButton("plus", "New message", startMessage, { className: "on-dark small", size: 16 });

function openDrawer() {
  document.getElementById("app").classList.add("drawer-open");
  document.getElementById("scrim").hidden = false;
  nav().querySelector("[aria-current=page], .row")?.focus();
}

export function closeDrawer() {
  document.getElementById("app").classList.remove("drawer-open");
  document.getElementById("scrim").hidden = true;
}

export const toggleDrawer = () =>
  document.getElementById("app").classList.contains("drawer-open") ? closeDrawer() : openDrawer();

export function startSidebar() {
  lists = { threads: h("ul"), channels: h("ul"), direct: h("ul"), apps: h("ul") };
  nav().replaceChildren(
    h(
      "div",
      { class: "sidebar-scroll" },
      lists.threads,
      group("Channels", lists.channels),
      group("Direct messages", lists.direct, newMessageButton()),
      group("Apps", lists.apps),
    ),
    personSwitcher(),
  );
  document.getElementById("scrim").addEventListener("click", closeDrawer);
  nav().addEventListener("keydown", (event) => event.key === "Escape" && closeDrawer());
  const settle = roving(nav().querySelector(".sidebar-scroll"), { selector: ".row", keys: "column" });
  for (const name of ["route", "workspace", "unread", "me"])
    on(name, () => {
      drawSidebar();
      settle();
    });
  drawSidebar();
  settle();
}
