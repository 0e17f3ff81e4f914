// The frame of a chart: round axis steps, grid lines, category labels and the mapping from values to points.
import { s } from "./dom.js";

const WIDE = { width: 620, height: 270, left: 52, right: 12, top: 12, bottom: 46 };
const NARROW = { width: 330, height: 230, left: 42, right: 8, top: 10, bottom: 44 };

// A phone gets fewer units across, so that the letters stay readable.
const sizeNow = () => (innerWidth < 600 ? NARROW : WIDE);
const PLAIN = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });
const COMPACT = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });

export const showNumber = (value) => PLAIN.format(value);
const tick = (value) => (Math.abs(value) >= 10000 ? COMPACT : PLAIN).format(value);

function niceStep(span, count) {
  const raw = span / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const unit = [1, 2, 2.5, 5, 10].find((one) => one * power >= raw) ?? 10;
  return unit * power;
}

export function scaleOf(values, bands) {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const whole = values.every(Number.isInteger);
  const step = Math.max(niceStep(high - low, 4), whole ? 1 : 0);
  const bottom = Math.floor(low / step) * step;
  const top = Math.max(Math.ceil(high / step) * step, bottom + step);
  const size = sizeNow();
  const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };
  return {
    bottom,
    top,
    step,
    size,
    inner,
    band: inner.width / Math.max(bands, 1),
    y: (value) => size.top + inner.height * (1 - (value - bottom) / (top - bottom)),
    x: (index) => size.left + (inner.width / Math.max(bands, 1)) * (index + 0.5),
  };
}

function gridLines(scale) {
  const lines = [];
  for (let value = scale.bottom; value <= scale.top + scale.step / 2; value += scale.step) {
    const y = scale.y(value);
    const round = Number(value.toFixed(6));
    lines.push(
      s("line", {
        class: round === 0 ? "axis" : "grid",
        x1: scale.size.left,
        x2: scale.size.width - scale.size.right,
        y1: y,
        y2: y,
      }),
      s("text", { class: "tick", x: scale.size.left - 8, y: y + 4, "text-anchor": "end" }, tick(round)),
    );
  }
  return lines;
}

function shorten(text, room) {
  const most = Math.max(3, Math.floor(room / 6.4));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function categoryLabels(categories, scale) {
  const every = Math.ceil(categories.length / Math.floor(scale.inner.width / 46));
  return categories.map((category, index) =>
    index % every
      ? null
      : s(
          "text",
          {
            class: "tick",
            x: scale.x(index),
            y: scale.size.height - scale.size.bottom + 18,
            "text-anchor": "middle",
          },
          shorten(String(category), scale.band * every),
        ),
  );
}

function titles(scale, config) {
  const middle = scale.size.left + (scale.size.width - scale.size.left - scale.size.right) / 2;
  return [
    config.x_label &&
      s(
        "text",
        { class: "axis-title", x: middle, y: scale.size.height - 6, "text-anchor": "middle" },
        config.x_label,
      ),
    config.y_label &&
      s(
        "text",
        {
          class: "axis-title",
          "text-anchor": "middle",
          transform: `translate(11 ${(scale.size.height - scale.size.bottom + scale.size.top) / 2}) rotate(-90)`,
        },
        config.y_label,
      ),
  ];
}

export const frame = (scale, categories, config) => [
  gridLines(scale),
  categoryLabels(categories, scale),
  titles(scale, config),
];
