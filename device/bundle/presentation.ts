// Presentation attack detection in one frame: is the face a print or a screen? What the network says, and the verdict.
import { decodeHead, headScore, type LinearHead } from "./linear-head.ts";

/**
 * Side of the framed square, in sides of the face box: the paper's border, the phone's bezel and the hand that holds
 * them must be seen. Of a grid of 3 x 3 cells over it, the one in the middle holds little more than the face.
 */
export const presentationMarginRatio = 2.4;

/** Where the backbone is read: edges, texture and raster are lost in its deeper layers. Names are Keras'. */
export const presentationLayers = [
  { name: "block_10_expand_relu", channels: 384 },
  { name: "block_13_expand_relu", channels: 576 },
] as const;

const cellsAcross = 3;
const cells = cellsAcross ** 2;

/** Shape of one layer's means over the grid's cells, as the network answers them. */
export function pooledShape(channels: number): readonly number[] {
  return [1, cellsAcross, cellsAcross, channels];
}

/** Two for each channel of each layer. */
export const presentationFeatures = presentationLayers.reduce((sum, { channels }) => sum + 2 * channels, 0);

/**
 * The features of one face: each channel's mean in the middle cell, and its mean in the eight cells around it.
 *
 * @param pooled of each layer in turn, [1, 3, 3, channels]
 */
export function centreAndSurround(pooled: readonly Float32Array[]): Float32Array {
  const features = new Float32Array(presentationFeatures);
  let to = 0;
  for (const [layer, { channels }] of presentationLayers.entries()) {
    const means = pooled[layer]!;
    const centre = ((cells - 1) / 2) * channels;
    for (let channel = 0; channel < channels; channel++) {
      let around = 0;
      for (let cell = 0; cell < cells; cell++) around += means[cell * channels + channel]!;
      const own = means[centre + channel]!;
      features[to++] = own;
      features[to++] = (around - own) / (cells - 1);
    }
  }
  return features;
}

/** 0 for a genuine face, 1 for an attack; what is no number counts as an attack. */
export function presentationScore(features: Float32Array, head: LinearHead): number {
  return headScore(features, head);
}

/** Throws MODEL_INVALID for a file that is no head for these features. */
export function decodePresentationHead(bytes: Uint8Array): LinearHead {
  return decodeHead(bytes, "presentation", presentationFeatures);
}
