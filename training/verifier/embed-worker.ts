// One process that embeds the faces of photos, as the device would.
import { FacelatchError } from "../../device/errors/errors.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { answerQuestions } from "../processes/answer-questions.ts";
import { type FaceReader, openFaceReader } from "./read-faces.ts";

export interface EmbedRequest {
  readonly path: string;
}

export interface EmbedReply {
  /** A unit vector; null without a face, or for a file that is no picture. */
  readonly embedding: Float32Array | null;
}

let reader: Promise<FaceReader> | null = null;

answerQuestions<EmbedRequest, EmbedReply>(
  async ({ path }) => {
    reader ??= openFaceReader(openTfliteEngine({ threads: 1, delegate: "auto" }));
    try {
      const { subject } = await (await reader)(path, { central: true });
      return { embedding: subject?.embedding.slice() ?? null };
    } catch (error) {
      if (error instanceof FacelatchError) return { embedding: null };
      throw error;
    }
  },
  { expected: "faces to be embedded", next: "Run the command again." },
);
