// The cells of a spreadsheet on the clipboard, as Slack takes them: rows of texts.
const MOST_ROWS = 100;
const MOST_COLUMNS = 20;

const cellsOf = (row) => [...row.cells].slice(0, MOST_COLUMNS).map((cell) => cell.textContent.trim());

// Null when it is not a table with at least two cells in a row.
export function tableOf(clipboard) {
  const markup = clipboard.getData("text/html");
  if (!/<table/i.test(markup)) return null;
  // A parsed document runs no scripts and loads nothing; only its texts are taken.
  const table = new DOMParser().parseFromString(markup, "text/html").querySelector("table");
  const rows = [...(table?.rows ?? [])].slice(0, MOST_ROWS).map(cellsOf);
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (width < 2) return null;
  return rows.map((row) => [...row, ...Array(width - row.length).fill("")]);
}
