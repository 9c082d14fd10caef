// What the pool of extractors and one of its processes say to each other.
import type { ModelInput } from "../../device/bundle/manifest.ts";
import type { EngineName } from "./engine.ts";

export interface StartRequest {
  readonly type: "start";
  readonly engine: EngineName;
  /** The extractor: a .tflite file for `tflite`, else a TensorFlow.js model.json. */
  readonly modelPath: string;
  readonly input: ModelInput;
  /** Values of one row. */
  readonly width: number;
  /** Pictures that go through the network at once. */
  readonly batchSize: number;
  /** Exports `openPreparer`: see `Preparer`. */
  readonly preparerModule: string;
  readonly preparerOptions: unknown;
}

export type ExtractorRequest =
  | StartRequest
  /** `tasks` are the preparer's own. */
  | { readonly type: "extract"; readonly id: number; readonly tasks: readonly unknown[] };

export type ExtractorReply =
  | { readonly type: "ready"; readonly detail: string; readonly warning: string | null }
  | {
      readonly type: "rows";
      readonly id: number;
      /** [sum of counts, width] */
      readonly values: Float32Array;
      /** Rows of each task. */
      readonly counts: readonly number[];
      readonly peakRssBytes: number;
    };
