// A report as one HTML page that needs nothing else: figures, plots, tables and pictures, on light and on dark screens.

export interface ReportPage {
  readonly title: string;
  readonly subtitle: string;
  readonly tiles: readonly Tile[];
  readonly sections: readonly Section[];
}

/** One figure, large. */
export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly tone?: Tone;
}

/** "words" for a cell that may be long, and is read rather than compared. */
export type Tone = "good" | "bad" | "plain" | "words";

export interface Section {
  readonly heading: string;
  /** What the reader needs to know to read it. */
  readonly text?: string;
  /** `<svg>` elements, drawn by `drawPlot`. */
  readonly plots?: readonly Plot[];
  readonly table?: Table;
  readonly pictures?: readonly Picture[];
}

export interface Plot {
  readonly svg: string;
  readonly caption: string;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export type Cell = string | { readonly text: string; readonly tone: Tone };

/** One or two faces side by side. */
export interface Picture {
  /** JPEGs; null where there is none to show. */
  readonly jpegs: readonly (Uint8Array | null)[];
  readonly caption: string;
  readonly detail: string;
}

export function renderReport({ title, subtitle, tiles, sections }: ReportPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1><p>${escaped(subtitle)}</p></header>
<main>
<div class="tiles">${tiles.map(renderTile).join("")}</div>
${sections.map(renderSection).join("\n")}
</main>
</body>
</html>
`;
}

function renderTile({ label, value, note, tone = "plain" }: Tile): string {
  return `<div class="tile ${tone}"><span>${escaped(label)}</span><strong>${escaped(value)}</strong><small>${escaped(note)}</small></div>`;
}

function renderSection({ heading, text, plots = [], table, pictures = [] }: Section): string {
  const parts = [`<h2>${escaped(heading)}</h2>`];
  if (text !== undefined) parts.push(`<p>${escaped(text)}</p>`);
  if (plots.length > 0) parts.push(`<div class="plots">${plots.map(renderPlot).join("")}</div>`);
  if (table !== undefined) parts.push(renderTable(table));
  if (pictures.length > 0) parts.push(`<div class="pictures">${pictures.map(renderPicture).join("")}</div>`);
  return `<section>${parts.join("\n")}</section>`;
}

function renderPlot({ svg, caption }: Plot): string {
  return `<figure>${svg}<figcaption>${escaped(caption)}</figcaption></figure>`;
}

function renderTable({ columns, rows }: Table): string {
  const toneAt = (index: number) => toneOf(rows[0]?.[index] ?? "");
  const head = columns.map((column, i) => `<th scope="col" class="${toneAt(i)}">${escaped(column)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map(renderCell).join("")}</tr>`).join("");
  return `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function renderCell(cell: Cell, index: number): string {
  const text = typeof cell === "string" ? cell : cell.text;
  return index === 0 ? `<th scope="row">${escaped(text)}</th>` : `<td class="${toneOf(cell)}">${escaped(text)}</td>`;
}

function toneOf(cell: Cell): Tone {
  return typeof cell === "string" ? "plain" : cell.tone;
}

function renderPicture({ jpegs, caption, detail }: Picture): string {
  const images = jpegs.map((jpeg) =>
    jpeg === null
      ? `<span class="missing">template</span>`
      : `<img alt="" src="data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}">`,
  );
  return `<figure><div>${images.join("")}</div><figcaption><b>${escaped(caption)}</b>${escaped(detail)}</figcaption></figure>`;
}

/** File and person names come from anywhere. */
export function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

const style = `
:root { color-scheme: light dark; --page: #f6f5f2; --card: #fff; --ink: #20242a; --soft: #5d6570; --line: #dcdad4; --good: #1f7a4a; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --card: #1d2127; --ink: #e6e8eb; --soft: #9aa3ad; --line: #333941; --good: #5cc48d; --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1.25rem 4rem; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 0 0 .4rem; font-size: 1.1rem; }
header p, section > p { margin: .25rem 0 0; max-width: 46rem; color: var(--soft); }
section { margin-top: 1.25rem; padding: 1.1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin-top: 1.25rem; }
.tile { display: flex; flex-direction: column; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
.tile span, .tile small, figcaption { color: var(--soft); font-size: .8rem; }
.tile strong { font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tile.good strong, td.good { color: var(--good); }
.tile.bad strong, td.bad { color: var(--bad); }
td.bad { font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.25rem; margin-top: 1rem; }
figure { margin: 0; }
.plots svg { display: block; width: 100%; max-width: 36rem; height: auto; }
.table { overflow-x: auto; margin-top: .8rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .88rem; }
th, td { padding: .35rem .8rem .35rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; }
td:last-child, th:last-child { padding-right: 0; }
td.words, th.words { min-width: 10rem; text-align: left; white-space: normal; }
th[scope=row] { min-width: 8rem; max-width: 16rem; white-space: normal; overflow-wrap: break-word; }
thead th { color: var(--soft); font-weight: 500; white-space: normal; vertical-align: bottom; }
tbody th { font-weight: 500; }
tbody tr:last-child > * { border-bottom: 0; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: 1rem; margin-top: .9rem; }
.pictures div { display: flex; gap: .25rem; }
.pictures img, .missing { width: 5.6rem; height: 5.6rem; border-radius: .35rem; object-fit: cover; }
.missing { display: grid; place-items: center; border: 1px dashed var(--line); color: var(--soft); font-size: .75rem; }
.pictures figcaption { margin-top: .3rem; overflow-wrap: anywhere; line-height: 1.35; }
.pictures b { display: block; color: var(--ink); font-weight: 600; }
@media print { section, .tile { break-inside: avoid; } }
`;
