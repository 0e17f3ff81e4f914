// Makes a bar of buttons one stop of the Tab key, with the arrow keys, Home and End inside.
const KEYS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 };

// `selector` says what can be reached; `keys` which arrows move, "row" or "column".
export function roving(bar, { selector = "button", keys = "row" } = {}) {
  const stops = () => [...bar.querySelectorAll(selector)].filter((one) => !one.disabled);
  const choose = (one) => {
    for (const other of stops()) other.tabIndex = other === one ? 0 : -1;
  };
  const first = () => {
    const all = stops();
    if (!all.some((one) => one.getAttribute("tabindex") === "0")) choose(all[0]);
    else choose(all.find((one) => one.getAttribute("tabindex") === "0"));
  };
  bar.addEventListener("focusin", (event) => {
    const one = event.target.closest(selector);
    if (one) choose(one);
  });
  bar.addEventListener("keydown", (event) => {
    const all = stops();
    const at = all.indexOf(event.target.closest?.(selector));
    const along = keys === "row" ? /Left|Right/ : /Up|Down/;
    const to =
      event.key === "Home" ? 0 : event.key === "End" ? -1 : along.test(event.key) ? at + KEYS[event.key] : null;
    if (at < 0 || to === null || Number.isNaN(to)) return;
    event.preventDefault();
    event.stopPropagation();
    all.at(to % all.length)?.focus();
  });
  first();
  return first;
}
