// What the whole classifier sees; apart from its scores, as the command line asks for it without TensorFlow.js.
import type { BackboneShape } from "./backbones/architectures.ts";

/** The notebook's input size. */
export const inputPx = 240;

/** The notebook's smaller backbone. */
export const notebookShape = { name: "mobilenet-v2", alpha: 1, sizePx: inputPx } as const satisfies BackboneShape;

/** How far the framed square reaches around the face box: hair, ears and chin, little of the room. */
export const faceMarginRatio = 1.5;

/** Smaller faces hold less than the classifier looks for. */
export const faceWidthMinPx = 40;
