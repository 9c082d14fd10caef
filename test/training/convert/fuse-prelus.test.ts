// A PRELU in five operations becomes one with the same answers; whatever only looks like it is left alone.
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import type { Graph, GraphTensor, Operation } from "../../../training/convert/graph.ts";
import { fusePrelus } from "../../../training/convert/passes/fuse-prelus.ts";
import { readTflite } from "../../../training/convert/tflite-reader.ts";
import { writeTflite } from "../../../training/convert/tflite-writer.ts";
import { randomValues } from "./random-weights.ts";
import { engines, inferWith, largestDifference } from "./runtimes.ts";

const shape = [1, 4, 4, 3];
const computed = (name: string): GraphTensor => ({ name, shape, type: "float32", data: null, quantization: null });
const slope = (values: readonly number[]): GraphTensor => ({
  name: "slope",
  shape: [values.length],
  type: "float32",
  data: Float32Array.from(values),
  quantization: null,
});

/** relu(x) + c * (x - |x|) on tensors 0: x, 1: relu, 2: abs, 3: difference, 4: c, 5: product, 6: sum. */
function spelledOut(changes: { readonly swapped?: boolean; readonly outputs?: readonly number[] } = {}): Graph {
  const order = (a: number, b: number) => (changes.swapped ? [b, a] : [a, b]);
  const operations: Operation[] = [
    { kind: "RELU", options: {}, inputs: [0], outputs: [1] },
    { kind: "ABS", options: {}, inputs: [0], outputs: [2] },
    { kind: "SUB", options: { activation: "NONE" }, inputs: [0, 2], outputs: [3] },
    { kind: "MUL", options: { activation: "NONE" }, inputs: order(4, 3), outputs: [5] },
    { kind: "ADD", options: { activation: "NONE" }, inputs: order(1, 5), outputs: [6] },
  ];
  const names = ["x", "relu", "abs", "difference", "c", "product", "sum"];
  const tensors = names.map((name) => (name === "c" ? slope([0.125, -0.05, 0.5]) : computed(name)));
  return { description: "", tensors, operations, inputs: [0], outputs: changes.outputs ?? [6] };
}

const kindsOf = (graph: Graph) => graph.operations.map(({ kind }) => kind);

function withOperation(index: number, operation: Operation): Graph {
  const graph = spelledOut();
  return { ...graph, operations: graph.operations.with(index, operation) };
}

describe("five operations", () => {
  for (const swapped of [false, true]) {
    test(`become one with the same answers, ${swapped ? "terms exchanged" : "as exported"}`, () => {
      const graph = spelledOut({ swapped });
      const fused = fusePrelus(graph);
      assert.deepEqual(kindsOf(fused), ["PRELU"]);
      assert.deepEqual([...fused.tensors[fused.operations[0]!.inputs[1]!]!.data!], [...Float32Array.of(0.25, -0.1, 1)]);
      const input = randomValues(48, 5);
      assert.ok(input.some((value) => value < 0) && input.some((value) => value > 0));
      for (const engine of engines) {
        const expected = inferWith(engine, writeTflite(graph), [input]);
        assert.ok(largestDifference(expected, inferWith(engine, writeTflite(fused), [input])) < 1e-6);
      }
    });
  }

  test("are left alone where another output reads one of them", () => {
    for (const output of [1, 2, 3, 5]) {
      const graph = spelledOut({ outputs: [6, output] });
      assert.deepEqual(kindsOf(fusePrelus(graph)), kindsOf(graph));
    }
  });

  test("are left alone where they compute something else", () => {
    const others: Record<string, Graph> = {
      "|x| - x": withOperation(2, { kind: "SUB", options: { activation: "NONE" }, inputs: [2, 0], outputs: [3] }),
      "an activation within": withOperation(2, {
        kind: "SUB",
        options: { activation: "RELU" },
        inputs: [0, 2],
        outputs: [3],
      }),
      "an activation at the end": withOperation(4, {
        kind: "ADD",
        options: { activation: "RELU6" },
        inputs: [1, 5],
        outputs: [6],
      }),
      relu6: withOperation(0, { kind: "RELU6", options: {}, inputs: [0], outputs: [1] }),
      "|relu(x)|": withOperation(1, { kind: "ABS", options: {}, inputs: [1], outputs: [2] }),
    };
    for (const [what, graph] of Object.entries(others)) {
      assert.deepEqual(kindsOf(fusePrelus(graph)), kindsOf(graph), what);
    }
  });

  test("are written and read again with their ABS", () => {
    const graph = spelledOut();
    assert.deepEqual(readTflite(writeTflite(graph)), graph);
  });
});
