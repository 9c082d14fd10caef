// From a picture to a model's input tensor: the one preprocessing of training, evaluation and device.
import type { Letterbox } from "./faces.ts";
import type { Region, RgbImage } from "./image.ts";
import type { ModelInput } from "./manifest.ts";
import { resample } from "./resample.ts";

/**
 * Fills the classifier's input from a square region of the frame.
 *
 * @param tensor NHWC float32 of `input.shape`
 */
export function fillClassifierInput(image: RgbImage, region: Region, input: ModelInput, tensor: Float32Array): void {
  const [, heightPx, widthPx] = input.shape;
  resample(image, region, widthPx, heightPx, tensor, 1 / input.scale, -input.mean / input.scale);
}

/**
 * Fills the detector's input with the whole frame, letterboxed; what lies outside the frame is black.
 *
 * @param tensor NHWC float32 of `input.shape`
 */
export function fillDetectorInput(image: RgbImage, box: Letterbox, input: ModelInput, tensor: Float32Array): void {
  const [, heightPx, widthPx] = input.shape;
  const { region, scale } = box;
  const black = -input.mean / input.scale;
  const barXPx = Math.max(0, Math.floor(-region.leftPx / scale));
  const barYPx = Math.max(0, Math.floor(-region.topPx / scale));
  const rowLength = widthPx * 3;
  const pictureRows = heightPx - 2 * barYPx;
  // Bars above and below, which most cameras leave, are not worth resampling.
  const rowsRegion = { ...region, topPx: region.topPx + barYPx * scale, heightPx: pictureRows * scale };
  const picture = tensor.subarray(barYPx * rowLength, (barYPx + pictureRows) * rowLength);
  resample(image, rowsRegion, widthPx, pictureRows, picture, 1 / input.scale, black);
  tensor.fill(black, 0, barYPx * rowLength);
  tensor.fill(black, (heightPx - barYPx) * rowLength);
  for (let y = 0; barXPx > 0 && y < heightPx; y++) {
    tensor.fill(black, y * rowLength, (y * widthPx + barXPx) * 3);
    tensor.fill(black, ((y + 1) * widthPx - barXPx) * 3, (y + 1) * rowLength);
  }
}

/** Mean luma (BT.601) of a picture on a grid of at most 64 x 64 samples, 0 to 255. */
export function meanLuma({ data, widthPx, heightPx }: RgbImage): number {
  const stepX = Math.max(1, Math.floor(widthPx / 64));
  const stepY = Math.max(1, Math.floor(heightPx / 64));
  let sum = 0;
  let samples = 0;
  for (let y = 0; y < heightPx; y += stepY) {
    for (let x = 0; x < widthPx; x += stepX) {
      const at = (y * widthPx + x) * 3;
      sum += 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
      samples++;
    }
  }
  return sum / samples;
}
