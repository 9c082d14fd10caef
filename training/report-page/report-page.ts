// A report as one HTML page that needs nothing else: figures, plots, tables and pictures, on light and on dark screens.
import { escaped } from "./escaped.ts";
import { reportStyle } from "./report-style.ts";

export interface ReportPage {
  readonly title: string;
  readonly subtitle: string;
  /** What the reader must know before everything else. */
  readonly notice?: Notice;
  readonly tiles: readonly Tile[];
  readonly sections: readonly Section[];
}

export interface Notice {
  readonly heading: string;
  readonly text: string;
  readonly tone: "good" | "bad";
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
  /** Three plots beside each other, where two would be. */
  readonly narrow?: boolean;
  readonly table?: Table;
  readonly pictures?: readonly Picture[];
}

export interface Plot {
  readonly svg: string;
  readonly caption: string;
  /** The plot's figures, for whoever cannot see it or wants them exactly; shown when it is asked for. */
  readonly figures?: Table;
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
  /** Shares from 0 to 1, drawn as bars below it. */
  readonly shares?: readonly { readonly name: string; readonly share: number }[];
  readonly tone?: Tone;
}

/** With fewer sections than this a reader finds his way without a list of them. */
const sectionsListedMin = 6;

export function renderReport({ title, subtitle, notice, tiles, sections }: ReportPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${reportStyle}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1><p>${escaped(subtitle)}</p></header>
${sections.length < sectionsListedMin ? "" : renderContents(sections)}
<main>
${notice === undefined ? "" : renderNotice(notice)}
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

function renderContents(sections: readonly Section[]): string {
  const items = sections.map(({ heading }, place) => `<li><a href="#${idOf(place)}">${escaped(heading)}</a></li>`);
  return `<nav aria-label="Contents"><ul>${items.join("")}</ul></nav>`;
}

function renderNotice({ heading, text, tone }: Notice): string {
  return `<aside class="notice ${tone}" aria-label="Notice"><strong>${escaped(heading)}</strong> ${escaped(text)}</aside>`;
}

/** Headings may be names, which may differ by nothing that an address holds. */
function idOf(place: number): string {
  return `section-${place + 1}`;
}

function renderSection(
  { heading, text, plots = [], narrow = false, table, pictures = [] }: Section,
  place: number,
): string {
  const parts = [`<h2>${escaped(heading)}</h2>`];
  if (text !== undefined) parts.push(`<p>${escaped(text)}</p>`);
  if (plots.length > 0)
    parts.push(`<div class="plots${narrow ? " narrow" : ""}">${plots.map(renderPlot).join("")}</div>`);
  if (table !== undefined) parts.push(renderTable(table, heading));
  if (pictures.length > 0) parts.push(`<div class="pictures">${pictures.map(renderPicture).join("")}</div>`);
  return `<section id="${idOf(place)}">${parts.join("\n")}</section>`;
}

function renderPlot({ svg, caption, figures }: Plot): string {
  const details =
    figures === undefined
      ? ""
      : `<details><summary>Figures<span class="unseen"> of: ${escaped(caption)}</span></summary>${renderTable(figures, caption)}</details>`;
  return `<figure>${svg}<figcaption>${escaped(caption)}</figcaption>${details}</figure>`;
}

/** A table wider than the screen is scrolled, with the keyboard too. */
function renderTable({ columns, rows }: Table, name: string): string {
  const toneAt = (index: number) => toneOf(rows[0]?.[index] ?? "");
  const head = columns.map((column, i) => `<th scope="col" class="${toneAt(i)}">${escaped(column)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map(renderCell).join("")}</tr>`).join("");
  return `<div class="table" role="region" aria-label="${escaped(name)}" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function renderCell(cell: Cell, index: number): string {
  const text = typeof cell === "string" ? cell : cell.text;
  return index === 0 ? `<th scope="row">${escaped(text)}</th>` : `<td class="${toneOf(cell)}">${escaped(text)}</td>`;
}

function toneOf(cell: Cell): Tone {
  return typeof cell === "string" ? "plain" : cell.tone;
}

function renderPicture({ jpegs, caption, detail, shares = [], tone = "plain" }: Picture): string {
  const images = jpegs.map((jpeg) =>
    jpeg === null
      ? `<span class="missing">template</span>`
      : `<img alt="" src="data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}">`,
  );
  const bars = shares.map(
    ({ name, share }) =>
      `<li><span>${escaped(name)}</span><i style="--share:${share.toFixed(4)}"></i><span>${share.toFixed(3)}</span></li>`,
  );
  const list = bars.length === 0 ? "" : `<ul>${bars.join("")}</ul>`;
  return `<figure${list === "" ? "" : ' class="scored"'}><div>${images.join("")}</div><figcaption><b class="${tone}">${escaped(caption)}</b>${escaped(detail)}${list}</figcaption></figure>`;
}
