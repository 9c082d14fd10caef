// Runs the compiled inner loops of the resize, in a memory of their own.
import { kernelBase64 } from "./resample-kernel.wasm.ts";

/** As in resample-kernel.as.ts, which says what the parameters are; addresses are in bytes. */
type ResampleRows = (
  rows: number,
  down: number,
  downTaps: number,
  line: number,
  rowBytes: number,
  across: number,
  acrossTaps: number,
  widthPx: number,
  out: number,
  offset: number,
) => void;

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}

// Node has it; its types don't.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

/** The inner loops and views of the memory that they work in, from address 0 on. */
export interface Kernel {
  readonly resampleRows: ResampleRows;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly floats: Float32Array;
}

interface Instance {
  readonly memory: Memory;
  readonly resampleRows: ResampleRows;
}

const pageBytes = 65_536;

/** More than any camera frame needs; what an outsized picture took beyond it is given back. */
const keptBytesMax = 16 * 1024 * 1024;

const compiled = new WebAssembly.Module(Buffer.from(kernelBase64, "base64"));
let kernel: Kernel | undefined;

/**
 * The kernel with at least `memoryBytes` of memory. Whoever asks owns all of it until the next one asks: nothing may
 * be awaited between asking and reading the result.
 */
export function kernelWith(memoryBytes: number): Kernel {
  const foundBytes = kernel?.bytes.length ?? 0;
  if (kernel !== undefined && foundBytes >= memoryBytes && foundBytes <= keptBytesMax) return kernel;
  const { memory, resampleRows } = new WebAssembly.Instance(compiled).exports as Instance;
  memory.grow(Math.ceil(memoryBytes / pageBytes));
  const { buffer } = memory;
  kernel = {
    resampleRows,
    bytes: new Uint8Array(buffer),
    words: new Int32Array(buffer),
    floats: new Float32Array(buffer),
  };
  return kernel;
}
