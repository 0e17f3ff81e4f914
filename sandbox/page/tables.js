// Draws table and data_table blocks; a data_table can be sorted and turned page by page.
import { iconButton } from "./buttons.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { patchChildren } from "./patch.js";
import { richText } from "./richtext.js";

const NUMBER = new Intl.NumberFormat("en-GB");

function cellContent(cell) {
  if (cell?.type === "rich_text") return richText(cell);
  if (cell?.type === "raw_number") return cell.text ?? NUMBER.format(cell.value);
  return cell?.text ?? "";
}

const flatten = (part) => part.text ?? (part.elements ?? []).map(flatten).join("");
const sortKey = (cell) => (cell?.type === "raw_number" ? cell.value : flatten(cell ?? {}).toLowerCase());
const isNumeric = (rows, index) => rows.length > 0 && rows.every((row) => row[index]?.type === "raw_number");

function alignment(settings, rows, index) {
  return settings?.[index]?.align ?? (isNumeric(rows, index) ? "right" : "left");
}

export function table(block) {
  const [head, ...body] = block.rows ?? [];
  const cell = (tag, content, index, scope) =>
    h(
      tag,
      {
        scope,
        class: `align-${alignment(block.column_settings, body, index)}${block.column_settings?.[index]?.is_wrapped === false ? " nowrap" : ""}`,
      },
      cellContent(content),
    );
  return h(
    "div",
    { class: "table-scroll", role: "group", "aria-label": "Table", tabindex: "0" },
    h(
      "table",
      { class: "table" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          head?.map((one, index) => cell("th", one, index, "col")),
        ),
      ),
      h(
        "tbody",
        null,
        body.map((row) =>
          h(
            "tr",
            null,
            row.map((one, index) => cell("td", one, index)),
          ),
        ),
      ),
    ),
  );
}

function compare(column, direction) {
  return (left, right) => {
    const [a, b] = [sortKey(left[column]), sortKey(right[column])];
    const order =
      typeof a === "number" && typeof b === "number"
        ? a - b
        : String(a).localeCompare(String(b), "en", { numeric: true });
    return order * direction;
  };
}

class DataTable {
  constructor(block) {
    [this.head, ...this.rows] = block.rows ?? [[]];
    Object.assign(this, { block, size: block.page_size ?? 10, page: 0, column: null, direction: 1 });
    this.node = h("div", { class: "data-table" });
    this.node.component = this;
    this.draw();
  }

  // A newer table keeps the order and the page that a person chose, as far as it goes.
  adopt(next) {
    Object.assign(this, { block: next.block, head: next.head, rows: next.rows, size: next.size });
    this.page = Math.min(this.page, Math.max(0, Math.ceil(this.rows.length / this.size) - 1));
    if (this.column >= this.head.length) this.column = null;
    this.draw();
  }

  get shown() {
    const rows = this.column === null ? this.rows : [...this.rows].sort(compare(this.column, this.direction));
    return rows.slice(this.page * this.size, (this.page + 1) * this.size);
  }

  sort(column) {
    this.direction = this.column === column ? -this.direction : 1;
    Object.assign(this, { column, page: 0 });
    this.draw();
  }

  turn(by) {
    this.page += by;
    this.draw();
  }

  heading(cell, index) {
    const state = this.column === index ? (this.direction > 0 ? "ascending" : "descending") : "none";
    return h(
      "th",
      { scope: "col", "aria-sort": state, class: `align-${alignment(null, this.rows, index)}` },
      h(
        "button",
        { type: "button", class: "sort", on: { click: () => this.sort(index) } },
        cellContent(cell),
        icon("sort", { size: 14 }),
      ),
    );
  }

  row(row) {
    const header = this.block.row_header_column_index ?? -1;
    return h(
      "tr",
      null,
      row.map((cell, index) =>
        h(
          index === header ? "th" : "td",
          {
            scope: index === header ? "row" : null,
            class: `align-${alignment(null, this.rows, index)}`,
          },
          cellContent(cell),
        ),
      ),
    );
  }

  pager() {
    const pages = Math.ceil(this.rows.length / this.size);
    if (pages < 2) return null;
    const first = this.page * this.size + 1;
    const arrow = (name, label, by, off) =>
      iconButton(name, label, () => this.turn(by), { className: "small", size: 16, disabled: off });
    return h(
      "div",
      { class: "pager" },
      h(
        "span",
        { "aria-live": "polite" },
        `${first}–${Math.min(first + this.size - 1, this.rows.length)} of ${this.rows.length}`,
      ),
      arrow("left", "Previous page", -1, this.page === 0),
      arrow("right", "Next page", 1, this.page === pages - 1),
    );
  }

  draw() {
    patchChildren(
      this.node,
      [
        h(
          "div",
          { class: "table-scroll", tabindex: "0", role: "group", "aria-label": this.block.caption },
          h(
            "table",
            { class: "table" },
            h("caption", null, this.block.caption),
            h(
              "thead",
              null,
              h(
                "tr",
                null,
                this.head.map((cell, index) => this.heading(cell, index)),
              ),
            ),
            h(
              "tbody",
              null,
              this.shown.map((row) => this.row(row)),
            ),
          ),
        ),
        this.pager(),
      ].filter(Boolean),
    );
  }
}

export const dataTable = (block) => new DataTable(block).node;
