// A genuine photo as another camera would see it: the same distances, lenses and files that attacks are rendered with.
import type { SeededRandom } from "../seeded-random.ts";
import { drawCamera, ontoSensor, throughLens } from "./camera.ts";
import { happens } from "./chance.ts";
import type { PhotoWithFace } from "./medium.ts";
import { drawView, faceBoxOf, photoInView, type Rendered } from "./view.ts";

/** The same generator state gives the same picture. */
export async function renderGenuine(photo: PhotoWithFace, random: SeededRandom): Promise<Rendered> {
  const view = drawView(photo, random);
  const canvas = photoInView(photo, view);
  const faceBox = faceBoxOf(view);
  const mirrored = happens(random, 0.5);
  if (mirrored) mirror(canvas.values, canvas.widthPx);
  const camera = drawCamera(random);
  throughLens(canvas, camera);
  const image = await ontoSensor(canvas, camera, random);
  const leftPx = mirrored ? view.widthPx - faceBox.leftPx - faceBox.widthPx : faceBox.leftPx;
  return { image, faceBox: { ...faceBox, leftPx } };
}

function mirror(values: Float32Array, widthPx: number): void {
  const row = widthPx * 3;
  for (let start = 0; start < values.length; start += row) {
    for (let x = 0; x < widthPx >> 1; x++) {
      for (let k = 0; k < 3; k++) {
        const left = start + x * 3 + k;
        const right = start + (widthPx - 1 - x) * 3 + k;
        [values[left], values[right]] = [values[right]!, values[left]!];
      }
    }
  }
}
