// Draws data_visualization blocks as SVG, with a legend, and the same numbers as a table for those who do not see it.
import { frame, scaleOf, showNumber } from "./axes.js";
import { h, s } from "./dom.js";

const hue = (index) => `var(--chart-${(index % 8) + 1})`;
const titled = (label, name, value) =>
  s("title", null, `${name ? `${name}, ` : ""}${label}: ${showNumber(value)}`);

function seriesValues(series, categories) {
  const byLabel = new Map((series.data ?? []).map((point) => [point.label, point.value]));
  return categories.map((category) => byLabel.get(category) ?? null);
}

function bars({ categories, series, scale }) {
  const gap = Math.min(10, scale.band * 0.22);
  const width = Math.min(42, (scale.band - gap) / series.length);
  return series.flatMap((one, at) =>
    one.values.map((value, index) => {
      if (value === null) return null;
      const [top, base] = [scale.y(Math.max(value, 0)), scale.y(Math.min(value, 0))];
      const x = scale.x(index) - (width * series.length) / 2 + width * at;
      return s(
        "rect",
        {
          class: "bar",
          x: x + 1,
          y: top,
          width: Math.max(1, width - 2),
          height: Math.max(0, base - top),
          rx: Math.min(3, width / 4),
          fill: hue(at),
        },
        titled(categories[index], one.name, value),
      );
    }),
  );
}

// A missing value breaks the line instead of pretending to be zero.
function runs(values) {
  const out = [[]];
  values.forEach((value, index) => (value === null ? out.push([]) : out.at(-1).push([index, value])));
  return out.filter((run) => run.length);
}

const path = (run, scale) =>
  run
    .map(([index, value], at) => `${at ? "L" : "M"}${scale.x(index).toFixed(1)} ${scale.y(value).toFixed(1)}`)
    .join("");

function dots(one, at, { categories, scale }) {
  return one.values.map(
    (value, index) =>
      value !== null &&
      s(
        "circle",
        { class: "dot", cx: scale.x(index), cy: scale.y(value), r: 3.2, fill: hue(at) },
        titled(categories[index], one.name, value),
      ),
  );
}

function lines(plot) {
  return plot.series.flatMap((one, at) => [
    runs(one.values).map((run) => s("path", { class: "line", d: path(run, plot.scale), stroke: hue(at) })),
    dots(one, at, plot),
  ]);
}

function areas(plot) {
  const base = plot.scale.y(0);
  const fill = (run, at) =>
    s("path", {
      class: "area",
      fill: hue(at),
      d: `${path(run, plot.scale)}L${plot.scale.x(run.at(-1)[0])} ${base}L${plot.scale.x(run[0][0])} ${base}Z`,
    });
  return [plot.series.flatMap((one, at) => runs(one.values).map((run) => fill(run, at))), lines(plot)];
}

const PLOTS = { bar: bars, line: lines, area: areas };

function cartesian(chart, title) {
  const config = chart.axis_config ?? {};
  const categories = config.categories ?? [
    ...new Set(chart.series.flatMap((one) => one.data.map((point) => point.label))),
  ];
  const series = chart.series.map((one) => ({ name: one.name, values: seriesValues(one, categories) }));
  const scale = scaleOf(
    series.flatMap((one) => one.values).filter((value) => value !== null),
    categories.length,
  );
  const drawing = s(
    "svg",
    {
      class: "chart",
      viewBox: `0 0 ${scale.size.width} ${scale.size.height}`,
      role: "img",
      "aria-label": `${chart.type} chart: ${title}`,
    },
    frame(scale, categories, config),
    PLOTS[chart.type]({ categories, series, scale }),
  );
  const rows = categories.map((category, index) => [category, ...series.map((one) => one.values[index])]);
  return {
    drawing,
    names: series.map((one) => one.name),
    head: [config.x_label ?? "", ...series.map((one) => one.name)],
    rows,
  };
}

function slice(start, end, radius, hole) {
  const point = (angle, r) => `${(r * Math.sin(angle)).toFixed(2)} ${(-r * Math.cos(angle)).toFixed(2)}`;
  // A full circle has no arc between two equal points, so it stops just short.
  const last = Math.min(end, start + Math.PI * 2 - 0.0001);
  const large = last - start > Math.PI ? 1 : 0;
  return `M${point(start, radius)}A${radius} ${radius} 0 ${large} 1 ${point(last, radius)}L${point(last, hole)}A${hole} ${hole} 0 ${large} 0 ${point(start, hole)}Z`;
}

// Whole per cents that add up to 100: the largest remainders are rounded up.
export function wholeShares(values) {
  const total = values.reduce((sum, one) => sum + one, 0);
  const exact = values.map((value) => (total ? (value / total) * 100 : 0));
  const shares = exact.map(Math.floor);
  const left = total ? 100 - shares.reduce((sum, one) => sum + one, 0) : 0;
  const order = exact.map((_, at) => at).sort((a, b) => exact[b] - shares[b] - (exact[a] - shares[a]) || a - b);
  order.slice(0, left).forEach((at) => (shares[at] += 1));
  return shares;
}

function pie(chart, title) {
  const segments = chart.segments ?? [];
  const total = segments.reduce((sum, one) => sum + one.value, 0) || 1;
  let angle = 0;
  const slices = segments.map((one, at) => {
    const start = angle;
    angle += (one.value / total) * Math.PI * 2;
    return s(
      "path",
      { class: "slice", d: slice(start, angle, 100, 58), fill: hue(at) },
      titled(one.label, "", one.value),
    );
  });
  const drawing = s(
    "svg",
    { class: "chart pie", viewBox: "-104 -104 208 208", role: "img", "aria-label": `pie chart: ${title}` },
    slices,
    s("text", { class: "pie-total", y: 4, "text-anchor": "middle" }, showNumber(total)),
    s("text", { class: "tick", y: 22, "text-anchor": "middle" }, "in all"),
  );
  const shares = wholeShares(segments.map((one) => one.value));
  return {
    drawing,
    names: segments.map((one, at) => `${one.label} · ${showNumber(one.value)} (${shares[at]} %)`),
    head: ["", "Value", "Share"],
    rows: segments.map((one, at) => [one.label, one.value, `${shares[at]} %`]),
  };
}

function legend(names) {
  return h(
    "ul",
    { class: "legend" },
    names.map((name, at) => h("li", null, h("i", { style: { background: hue(at) } }), name)),
  );
}

const cellText = (value) => (value === null ? "–" : typeof value === "number" ? showNumber(value) : value);

function numbers(title, { head, rows }) {
  return h(
    "details",
    { class: "chart-numbers" },
    h("summary", null, "Show the numbers"),
    h(
      "div",
      { class: "table-scroll" },
      h(
        "table",
        { class: "table" },
        h("caption", { class: "visually-hidden" }, title),
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            head.map((name) => h("th", { scope: "col" }, name)),
          ),
        ),
        h(
          "tbody",
          null,
          rows.map(([name, ...values]) =>
            h(
              "tr",
              null,
              h("th", { scope: "row" }, name),
              values.map((value) => h("td", { class: "align-right" }, cellText(value))),
            ),
          ),
        ),
      ),
    ),
  );
}

export function chart(block) {
  const made =
    block.chart?.type === "pie" ? pie(block.chart, block.title) : cartesian(block.chart, block.title);
  const several = made.names.length > 1 || block.chart.type === "pie";
  return h(
    "figure",
    { class: `visualization${block.chart.type === "pie" ? " with-pie" : ""}` },
    h("figcaption", null, block.title),
    h("div", { class: "visualization-body" }, made.drawing, several && legend(made.names)),
    numbers(block.title, made),
  );
}
