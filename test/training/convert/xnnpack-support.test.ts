// The table of what XNNPACK takes, against XNNPACK's own report for every kind of operation.
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { packageRoot } from "../../../device/installation/installation.ts";
import {
  type Converted,
  calibrate,
  convertLayersModel,
  quantizeGraph,
  shrinkWeights,
} from "../../../training/convert/convert.ts";
import type { Graph } from "../../../training/convert/graph.ts";
import { readTflite } from "../../../training/convert/tflite-reader.ts";
import { whyNotXnnpack } from "../../../training/convert/xnnpack-support.ts";
import { buildCase, operatorCases } from "./operator-cases.ts";
import { randomInputs } from "./random-weights.ts";
import { plainEngine } from "./runtimes.ts";

const require = createRequire(import.meta.url);
const runtime = dirname(require.resolve("tfjs-tflite-node/package.json"));
const folder = mkdtempSync(join(tmpdir(), "facelatch-probe-"));
after(() => rmSync(folder, { recursive: true }));
const probe = join(folder, "probe.so");
const report = join(folder, "report.txt");
process.env["FACELATCH_XNNPACK_REPORT"] = report;
const library = `cc_deps/linux_${process.arch === "x64" ? "amd64" : process.arch}/libtensorflowlite_c.so`;
const source = join(packageRoot, "test/training/convert/xnnpack-probe.c");
execFileSync("cc", [
  "-O1",
  "-fPIC",
  "-shared",
  `-I${runtime}/cc_deps/include`,
  source,
  "-o",
  probe,
  join(runtime, library),
]);

const { Interpreter } = require(join(runtime, "build/Release/node_tflite_binding.node")) as {
  Interpreter: new (model: ArrayBuffer, options: object) => object;
};

/** The operations that XNNPACK itself takes. */
function taken(bytes: Uint8Array): Set<number> {
  rmSync(report, { force: true });
  new Interpreter(bytes.slice().buffer, { threads: 1, delegate: { path: probe, options: [] } });
  const lines = existsSync(report) ? readFileSync(report, "utf8").split("\n") : [];
  return new Set(lines.filter((line) => line !== "").map(Number));
}

function assertPredicted(bytes: Uint8Array, graph: Graph): void {
  const found = taken(bytes);
  for (const [index, operation] of graph.operations.entries()) {
    const why = whyNotXnnpack(operation, graph);
    const ends = [...operation.inputs, ...operation.outputs].map((tensor) => {
      const { type, shape } = graph.tensors[tensor] ?? { type: "none", shape: [] };
      return `${type}[${shape.join(", ")}]`;
    });
    const told = `${index} ${operation.kind} ${JSON.stringify(operation.options)} of ${ends.join(" ")}: ${why ?? "taken"}`;
    assert.equal(found.has(index), why === null, told);
  }
}

describe("XNNPACK takes what the table says", () => {
  for (const [name, cases] of Object.entries(operatorCases)) {
    test(name, () => {
      const property = fc.property(cases, fc.integer({ min: 1, max: 1e6 }), (operatorCase, seed) => {
        const model = buildCase(operatorCase, seed);
        const float = convertLayersModel(model);
        const samples = [1, 2].map((i) => randomInputs(model, seed + i));
        const ranges = calibrate(float.graph, plainEngine, samples, { kind: "minMax" });
        const versions: readonly Converted[] = [
          float,
          quantizeGraph(float.graph, ranges, { io: "float32" }),
          shrinkWeights(float.graph, "float16"),
          shrinkWeights(float.graph, "int8"),
        ];
        for (const { bytes, graph } of versions) assertPredicted(bytes, graph);
        model.dispose();
      });
      fc.assert(property, { numRuns: 12, includeErrorInReport: true });
    });
  }

  test("the face detector of MediaPipe", () => {
    const detector = join(
      dirname(require.resolve("@mediapipe/face_detection/package.json")),
      "face_detection_short_range.tflite",
    );
    const bytes = new Uint8Array(readFileSync(detector));
    assertPredicted(bytes, readTflite(bytes));
  });
});
