// Plots and report pages, drawn for real: what is in them, and that nothing is asked of the network.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { drawDet, drawPlot, drawScores, probit } from "../../../training/evaluation/plots.ts";
import { renderReport } from "../../../training/evaluation/report-page.ts";

/** The vertices of every path that is stroked in one of the series' colours. */
function curvesOf(svg: string, colour: string): [number, number][][] {
  const paths = [...svg.matchAll(/<path[^>]*\bd="([^"]*)"[^>]*>/g)].filter(([element]) =>
    element.includes(`stroke="${colour}"`),
  );
  return paths.map(([, d]) => [...d!.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]));
}

describe("the normal distribution's quantile", () => {
  it("has its known values", () => {
    for (const [share, z] of [
      [0.5, 0],
      [0.975, 1.959964],
      [0.001, -3.090232],
      [1e-7, -5.199338],
      [0.8, 0.841621],
    ] as const) {
      assert.ok(Math.abs(probit(share) - z) < 1e-5, `${share}: ${probit(share)}`);
    }
  });
});

describe("a DET plot", () => {
  it("draws each curve by name, falling to the right, with its axes in percent", async () => {
    const points = [
      { far: 0, frr: 1 },
      { far: 0.0001, frr: 0.1 },
      { far: 0.01, frr: 0.02 },
      { far: 0.2, frr: 0.002 },
      { far: 1, frr: 0 },
    ];
    const svg = await drawDet([
      { name: "all <people>", points },
      { name: "lfw", points: points.map(({ far, frr }) => ({ far, frr: frr / 2 })) },
    ]);
    assert.match(svg, /^<svg role="img" aria-label="Detection error trade-off/);
    assert.match(svg, /all &lt;people&gt;/);
    for (const label of ["0.01 %", "1 %", "20 %", "false acceptance rate"])
      assert.ok(svg.includes(`>${label}<`), label);
    const [curve] = curvesOf(svg, "#3b82d0").filter((path) => path.length > 4);
    assert.ok(curve !== undefined);
    for (const [i, [x, y]] of curve.entries()) {
      const before = curve[i - 1];
      if (before !== undefined) assert.ok(x >= before[0] && y >= before[1], "SVG's y grows downwards");
    }
    assert.equal(curvesOf(svg, "#d9622b").filter((path) => path.length > 4).length, 1);
  });
});

describe("a plot of scores", () => {
  it("rises at every score that occurs, and draws each mark", async () => {
    const svg = await drawScores(
      [
        { name: "two persons", scores: [-0.3, 0, 0, 0.1] },
        { name: "one person", scores: [0.7, 0.9, 1] },
      ],
      [{ name: "threshold", score: 0.5 }],
      "cosine",
    );
    for (const text of ["two persons", "one person", "threshold", "cosine"]) assert.ok(svg.includes(`>${text}<`), text);
    // Of each series an outline that rises from nothing as often as there are scores apart from each other.
    const peaks = (colour: string) => {
      const outline = curvesOf(svg, colour).reduce(
        (longest, path) => (path.length > longest.length ? path : longest),
        [],
      );
      const floor = Math.max(...outline.map(([, y]) => y));
      return outline.filter(([, y], i) => y < floor - 1 && (outline[i - 1]?.[1] ?? floor) >= floor - 1).length;
    };
    assert.deepEqual([peaks("#3b82d0"), peaks("#d9622b")], [3, 3]);
  });
});

describe("a plot", () => {
  it("takes its ink from the page and reads nothing from elsewhere", async () => {
    const svg = await drawPlot(
      { data: { values: [{ a: 1, b: 2 }] }, mark: "point", encoding: { x: { field: "a", type: "quantitative" } } },
      'says "so"',
    );
    assert.match(svg, /aria-label="says 'so'"/);
    assert.match(svg, /fill="currentColor"/);
    assert.doesNotMatch(svg.replace(/xmlns(:\w+)?="[^"]*"/g, ""), /https?:|url\((?!#)/);
  });

  it("asks no server for its data", async (t) => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests++;
      response.end("[]");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    await drawPlot({ data: { url: `http://127.0.0.1:${port}/data.json` }, mark: "point" }, "remote");
    assert.equal(requests, 0);
  });
});

describe("a report page", () => {
  const page = renderReport({
    title: "Markus & <b>",
    subtitle: 'of "today"',
    tiles: [{ label: "EER", value: "1.2 %", note: "", tone: "good" }],
    sections: [
      { heading: "Plots", text: "text", plots: [{ svg: "<svg></svg>", caption: "caption" }] },
      {
        heading: "Table",
        table: { columns: ["name", "openings"], rows: [["<script>alert(1)</script>", { text: "3", tone: "bad" }]] },
      },
      { heading: "Pictures", pictures: [{ jpegs: [Uint8Array.of(255, 216), null], caption: "Ben", detail: "0.512" }] },
    ],
  });

  it("holds figures, plots, tables and pictures, and needs nothing else", () => {
    for (const part of ["<svg></svg>", "data:image/jpeg;base64,/9g=", "1.2 %", "0.512", 'class="tile good"'])
      assert.ok(page.includes(part), part);
    assert.doesNotMatch(page, /<script|src="(?!data:)|href=|@import|url\(/);
    assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
  });

  it("writes names as text, whatever is in them", () => {
    assert.ok(page.includes("Markus &amp; &lt;b&gt;"));
    assert.ok(page.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert.ok(page.includes("of &quot;today&quot;"));
  });
});
