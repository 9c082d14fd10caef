// People as unit vectors around a direction of their own: the geometry of embeddings, without pictures.
import { normalise } from "../../../device/bundle/embedding.ts";
import { seededRandom } from "../../../training/seeded-random.ts";

const width = 64;

/** A generator of directions; one seed, one crowd. */
export function crowd(seed: number) {
  const random = seededRandom(seed);
  const direction = () => {
    const vector = Float32Array.from({ length: width }, () => {
      // Twelve uniform values make a nearly normal one.
      let sum = -6;
      for (let k = 0; k < 12; k++) sum += random.next();
      return sum;
    });
    normalise(vector);
    return vector;
  };
  /** A unit vector whose cosine with `centre` is about `likeness`. */
  const near = (centre: Float32Array, likeness: number) => {
    const other = direction();
    const aside = Math.sqrt(1 - likeness ** 2);
    const vector = centre.map((value, i) => likeness * value + aside * other[i]!);
    normalise(vector);
    return vector;
  };
  const photosOf = (centre: Float32Array, count: number, likeness = 0.85) =>
    Array.from({ length: count }, () => near(centre, likeness));
  return { direction, near, photosOf };
}
