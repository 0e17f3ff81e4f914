// Starts the page: reads the workspace, decides who is acting, builds the parts and opens the first place.
import { get } from "./api.js";
import { h } from "./dom.js";
import { startHint } from "./hint.js";
import { forget } from "./log.js";
import { startNotices } from "./notices.js";
import { startNotifications } from "./notify.js";
import { startPlace } from "./place.js";
import { closePopover } from "./popover.js";
import { go, interceptLinks, nameFromAddress, parse, personFromAddress, route } from "./router.js";
import { startSidebar } from "./sidebar.js";
import { app, become, channelByName, myChannels, myIms, on, setWorkspace, state, titleOf, user } from "./store.js";
import { listen, release } from "./stream.js";
import { startSwitcher } from "./switcher.js";
import { startThread } from "./thread.js";
import { startTopbar } from "./topbar.js";
import * as unread from "./unread.js";
import { refreshViews, startModals } from "./views.js";

const FIRST_CHANNEL = "payroll-help";

function firstPlace() {
  const asked = parse(location.href);
  if (asked.channel || asked.view !== "channel") return asked;
  return { channel: channelByName(FIRST_CHANNEL)?.id ?? myChannels()[0]?.id };
}

function canSee(target) {
  if (target.view !== "channel" || !target.channel) return true;
  return [...myChannels(), ...myIms()].some((one) => one.id === target.channel);
}

// Another person is chosen: the same place if they may see it, otherwise the channel in which everyone starts.
function switchTo(id) {
  if (id === state.me) return;
  closePopover({ focus: false });
  sessionStorage.setItem("sandbox-as", user(id)?.name ?? "");
  forget();
  become(id);
  const target = canSee(route) ? { ...route, message: null } : { channel: channelByName(FIRST_CHANNEL)?.id };
  go(target, { replace: true });
}

function drawTitle() {
  const waiting = unread.waitingForMe();
  const views = { home: app(route.app).name, threads: "Threads" };
  const place = views[route.view] ?? titleOf(state.channels.get(route.channel));
  document.title = `${waiting ? `(${waiting}) ` : ""}${place ? `${place} · ` : ""}${state.team.name ?? "Sandbox workspace"}`;
}

function startParts() {
  startTopbar();
  startSidebar();
  startPlace();
  startThread();
  startHint();
  startModals();
  startNotices();
  startNotifications();
  startSwitcher();
  interceptLinks();
  on("switch", switchTo);
  for (const name of ["route", "unread", "workspace"]) on(name, drawTitle);
}

function explain(error) {
  document
    .getElementById("main")
    .replaceChildren(
      h(
        "div",
        { class: "quiet" },
        h("h2", null, "The sandbox does not answer"),
        h("p", null, error.message),
        h(
          "button",
          { type: "button", class: "button primary", on: { click: () => location.reload() } },
          "Try again",
        ),
      ),
    );
}

async function start() {
  // Listen first, so that nothing is missed between what is read and what is heard.
  await listen();
  const answer = await get("state", { user: nameFromAddress() });
  setWorkspace(answer);
  state.me = personFromAddress();
  sessionStorage.setItem("sandbox-as", user(state.me)?.name ?? "");
  unread.start(answer.unread);
  startParts();
  release();
  go(firstPlace(), { replace: true });
  await refreshViews();
}

start().catch(explain);
