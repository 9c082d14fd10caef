// How much of each operation's result is left after quantization: signal over noise, and where it is lost.
import type { Engine } from "../../device/vision/engine.ts";
import type { Sample } from "./calibrate.ts";
import type { Graph, GraphTensor, OperationKind } from "./graph.ts";
import { dropDead } from "./passes/drop-dead.ts";
import { storeInt8 } from "./quantization.ts";
import { openRealModel, real } from "./real-model.ts";
import { writeTflite } from "./tflite-writer.ts";

export interface LayerSnr {
  /** The name of the operation's result. */
  readonly name: string;
  readonly kind: OperationKind;
  /** Of the result, over all that was lost up to it, in decibels. */
  readonly snrDb: number;
  /** What this operation lost: the worst of its inputs less its own. */
  readonly lostDb: number;
}

/** What counts as lossless; its opposite as lost. */
const snrDbMax = 120;

/**
 * Compares every result of the float32 graph with the same one of its quantized version, over all samples; the
 * operation that loses most comes first.
 */
export function measureLayerSnr(float: Graph, quantized: Graph, engine: Engine, samples: Iterable<Sample>): LayerSnr[] {
  const indexOf = new Map(quantized.tensors.map(({ name }, index) => [name, index]));
  /** The quantized counterpart: conversions at the ends leave the name to the outer tensor. */
  const counterpart = (name: string) => indexOf.get(`${name}/int8`) ?? indexOf.get(name);
  const computed = float.operations.flatMap(({ kind, inputs, outputs }) => {
    const output = outputs[0]!;
    const twin = counterpart(float.tensors[output]!.name);
    return twin === undefined ? [] : [{ kind, output, twin, inputs }];
  });
  const open = (graph: Graph, outputs: readonly number[]) => {
    // What nothing reads must go: the runtime gives it no memory, and XNNPACK writes to it all the same.
    const withAll = dropDead({ ...graph, outputs });
    return openRealModel(engine, writeTflite(withAll), withAll);
  };
  const floatModel = open(
    float,
    computed.map(({ output }) => output),
  );
  const quantizedModel = open(
    quantized,
    computed.map(({ twin }) => twin),
  );
  const signal = new Float64Array(computed.length);
  const noise = new Float64Array(computed.length);
  const ends = float.inputs.map(
    (input) => new InputNoise(quantized.tensors[counterpart(float.tensors[input]!.name)!]!),
  );
  for (const sample of samples) {
    for (const [i, values] of sample.entries()) ends[i]!.add(values);
    const expected = floatModel.infer(sample);
    const found = quantizedModel.infer(sample);
    for (const [layer, values] of expected.entries()) {
      const other = found[layer]!;
      for (let i = 0; i < values.length; i++) {
        signal[layer]! += values[i]! ** 2;
        noise[layer]! += (values[i]! - other[i]!) ** 2;
      }
    }
  }
  const snrDb = new Map([
    ...float.inputs.map((input, i) => [input, ends[i]!.decibels()] as const),
    ...computed.map(({ output }, layer) => [output, decibels(signal[layer]!, noise[layer]!)] as const),
  ]);
  const layers = computed.map(({ kind, output, inputs }) => {
    const before = Math.min(snrDbMax, ...inputs.flatMap((input) => snrDb.get(input) ?? []));
    const own = snrDb.get(output)!;
    return { name: float.tensors[output]!.name, kind, snrDb: own, lostDb: round(before - own) };
  });
  return layers.sort((a, b) => b.lostDb - a.lostDb);
}

/** What storing an input loses, before any operation. */
class InputNoise {
  readonly #tensor: GraphTensor;
  #signal = 0;
  #noise = 0;

  constructor(tensor: GraphTensor) {
    this.#tensor = tensor;
  }

  add(values: Float32Array): void {
    const { quantization } = this.#tensor;
    const kept = quantization === null ? values : real(storeInt8(values, quantization), this.#tensor);
    for (let i = 0; i < values.length; i++) {
      this.#signal += values[i]! ** 2;
      this.#noise += (values[i]! - kept[i]!) ** 2;
    }
  }

  decibels(): number {
    return decibels(this.#signal, this.#noise);
  }
}

function decibels(signal: number, noise: number): number {
  if (noise === 0) return snrDbMax;
  return round(Math.max(-snrDbMax, Math.min(snrDbMax, 10 * Math.log10(signal / noise))));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
