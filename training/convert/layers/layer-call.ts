// One use of a layer in a model: its configuration and weights, typed, and the graph that it is converted into.
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import { FacelatchError } from "../../../device/errors/errors.ts";
import type { Padding } from "../graph.ts";
import type { GraphBuilder } from "../graph-builder.ts";

export type Layer = SymbolicTensor["sourceLayer"];

/** Appends what a layer computes, and returns the tensor of its result. */
export type LayerConverter = (call: LayerCall) => number;

export interface LayerWeight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export function unsupported(layer: Layer, found: string, next: string): FacelatchError {
  return new FacelatchError("CONVERT_UNSUPPORTED", {
    expected: "layers that TensorFlow Lite can express",
    found: `layer ${layer.name} (${layer.getClassName()}) ${found}`,
    next,
  });
}

export class LayerCall {
  readonly layer: Layer;
  readonly graph: GraphBuilder;
  readonly inputs: readonly number[];
  /** The result's shape, with its batch. */
  readonly shape: readonly number[];
  readonly #config: Readonly<Record<string, unknown>>;
  readonly #constants: Map<string, number>;

  /** `constants` outlives the call: a layer that is used twice writes its weights once. */
  constructor(layer: Layer, graph: GraphBuilder, inputs: readonly number[], constants: Map<string, number>) {
    this.layer = layer;
    this.graph = graph;
    this.inputs = inputs;
    this.#config = layer.getConfig();
    this.#constants = constants;
    this.shape = this.#resultShape();
  }

  get name(): string {
    return this.layer.name;
  }

  get input(): number {
    return this.inputs[0]!;
  }

  get inputShape(): readonly number[] {
    return this.graph.shapeOf(this.input);
  }

  #resultShape(): readonly number[] {
    const shapes = this.inputs.map((input) => [...this.graph.shapeOf(input)]);
    const result = this.layer.computeOutputShape(shapes.length === 1 ? shapes[0]! : shapes);
    const isShape = (value: unknown): value is number[] => Array.isArray(value) && value.every(Number.isInteger);
    if (!isShape(result)) return this.refuse(`has the output shape ${JSON.stringify(result)}`);
    if (result.some((size) => size < 1)) return this.refuse(`has the empty output shape [${result.join(", ")}]`);
    return result;
  }

  refuse(found: string, next = "Replace the layer in the model, and train it again."): never {
    throw unsupported(this.layer, found, next);
  }

  /** Configured value, null where there is none. */
  setting(key: string): unknown {
    return this.#config[key] ?? null;
  }

  number(key: string): number {
    const value = this.setting(key);
    return typeof value === "number" && Number.isFinite(value) ? value : this.#refuseSetting(key);
  }

  /** A number for both dimensions, or a list of two. */
  pair(key: string): readonly [number, number] {
    const value = this.setting(key);
    const [height, width] = Array.isArray(value) ? (value as unknown[]) : [value, value];
    return typeof height === "number" && typeof width === "number" ? [height, width] : this.#refuseSetting(key);
  }

  /** [[top, bottom], [left, right]] */
  margins(key: string): readonly [readonly [number, number], readonly [number, number]] {
    const value = this.setting(key);
    const sides = Array.isArray(value) ? (value as unknown[]).flat() : [];
    const [top, bottom, left, right] = sides.filter((side) => typeof side === "number");
    if (sides.length !== 4 || right === undefined) return this.#refuseSetting(key);
    return [
      [top!, bottom!],
      [left!, right],
    ];
  }

  padding(): Padding {
    const value = this.setting("padding");
    if (value === "same") return "SAME";
    return value === "valid" ? "VALID" : this.#refuseSetting("padding");
  }

  /** TensorFlow Lite knows only channels last. */
  requireChannelsLast(): void {
    const format = this.setting("dataFormat");
    if (format !== null && format !== "channelsLast") this.#refuseSetting("dataFormat");
  }

  #refuseSetting(key: string): never {
    return this.refuse(`has the setting ${key}: ${JSON.stringify(this.setting(key))}`);
  }

  /** A weight by the last part of its name; null where the layer has none. */
  weight(name: string): LayerWeight | null {
    const variable = this.layer.weights.find(({ originalName }) => originalName.split("/").at(-1) === name);
    if (variable === undefined) return null;
    const tensor = variable.read();
    const values = tensor.dataSync();
    if (!(values instanceof Float32Array)) return this.refuse(`has the weight ${name} of type ${tensor.dtype}`);
    return { shape: tensor.shape, values };
  }

  requireWeight(name: string): LayerWeight {
    return this.weight(name) ?? this.refuse(`lacks the weight ${name}`, "Build the model before it is converted.");
  }

  /** A constant of the layer, made on its first use. */
  constant(name: string, make: () => LayerWeight): number {
    const known = this.#constants.get(name);
    if (known !== undefined) return known;
    const { shape, values } = make();
    const tensor = this.graph.constant(`${this.name}/${name}`, shape, values);
    this.#constants.set(name, tensor);
    return tensor;
  }

  /** The bias as a constant, zeros where the layer has none: the runtime's convolutions want one. */
  bias(channels: number): number {
    return this.constant("bias", () => ({
      shape: [channels],
      values: this.weight("bias")?.values.slice() ?? new Float32Array(channels),
    }));
  }
}
