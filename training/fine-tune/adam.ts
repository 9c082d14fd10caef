// Adam with its whole state in the open: saved and restored, a training goes on as if it had never stopped.
//
// TensorFlow.js' own keeps running products of the decay rates and restores them by a power, which rounds otherwise.
// Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2014), algorithm 1.
import * as tf from "@tensorflow/tfjs-core";

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** One variable, and how fast it moves. */
export interface Parameter {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly learningRate: number;
}

/** By name: values, first and second moments. */
export interface AdamState {
  readonly steps: number;
  readonly parameters: Readonly<
    Record<string, { readonly values: Float32Array; readonly first: Float32Array; readonly second: Float32Array }>
  >;
}

interface Moments {
  readonly parameter: Parameter;
  readonly first: tf.Variable;
  readonly second: tf.Variable;
}

export class Adam {
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  readonly #moments: readonly Moments[];
  #steps = 0;

  constructor(parameters: readonly Parameter[], { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: AdamOptions = {}) {
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#epsilon = epsilon;
    this.#moments = parameters.map((parameter) => {
      const zeros = () => tf.tidy(() => tf.variable(tf.zeros(parameter.variable.shape), false));
      return { parameter, first: zeros(), second: zeros() };
    });
  }

  get steps(): number {
    return this.#steps;
  }

  /** Moves every parameter once; `rateFactor` scales all learning rates. */
  apply(gradients: tf.NamedTensorMap, rateFactor = 1): void {
    this.#steps++;
    // Both corrections in double precision, from the number of steps alone.
    const correction = Math.sqrt(1 - this.#beta2 ** this.#steps) / (1 - this.#beta1 ** this.#steps);
    tf.tidy(() => {
      for (const { parameter, first, second } of this.#moments) {
        const gradient = gradients[parameter.variable.name];
        if (gradient === undefined) throw new Error(`no gradient for ${parameter.name}`);
        first.assign(tf.add(tf.mul(first, this.#beta1), tf.mul(gradient, 1 - this.#beta1)));
        second.assign(tf.add(tf.mul(second, this.#beta2), tf.mul(tf.square(gradient), 1 - this.#beta2)));
        const rate = parameter.learningRate * rateFactor * correction;
        const move = tf.div(tf.mul(first, rate), tf.add(tf.sqrt(second), this.#epsilon));
        parameter.variable.assign(tf.sub(parameter.variable, move));
      }
    });
  }

  async save(): Promise<AdamState> {
    const entries = this.#moments.map(async ({ parameter, first, second }) => {
      const [values, firsts, seconds] = await Promise.all([parameter.variable, first, second].map(valuesOf));
      return [parameter.name, { values: values!, first: firsts!, second: seconds! }] as const;
    });
    return { steps: this.#steps, parameters: Object.fromEntries(await Promise.all(entries)) };
  }

  /** Throws for a state of other parameters, before anything is changed. */
  restore({ steps, parameters }: AdamState): void {
    for (const { parameter } of this.#moments) {
      const size = parameters[parameter.name]?.values.length;
      if (size !== parameter.variable.size)
        throw new Error(`the state has ${size ?? "no"} values of ${parameter.name}`);
    }
    for (const { parameter, first, second } of this.#moments) {
      const state = parameters[parameter.name]!;
      assign(parameter.variable, state.values);
      assign(first, state.first);
      assign(second, state.second);
    }
    this.#steps = steps;
  }

  /** Frees the moments; the variables belong to the network. */
  dispose(): void {
    for (const { first, second } of this.#moments) tf.dispose([first, second]);
  }
}

const valuesOf = async (variable: tf.Variable) => (await variable.data()).slice() as Float32Array;

function assign(variable: tf.Variable, values: Float32Array): void {
  const tensor = tf.tensor(values.slice(), variable.shape);
  variable.assign(tensor);
  tensor.dispose();
}
