// All comparisons of a set of faces, each with every other: genuine within an identity, impostor between two.

/** One face, as the verifier sees it. */
export interface KnownFace {
  readonly identity: string;
  /** Of length 1: the product of two is their cosine. */
  readonly embedding: ArrayLike<number>;
}

/** Comparisons in descending order of their scores; all lists run in step. */
export interface Comparisons {
  readonly scores: Float64Array;
  /** The faces that were compared, as indices into the list that was given. */
  readonly first: Uint32Array;
  readonly second: Uint32Array;
}

export interface ComparedFaces {
  /** The names, in the order in which they first came. */
  readonly identities: readonly string[];
  /** The identity of each face, as an index into `identities`; -1 for a face beyond its identity's limit. */
  readonly identityOf: Int32Array;
  readonly genuine: Comparisons;
  readonly impostor: Comparisons;
}

/** More photos of one person would only say the same again, and drown those who have few. */
const facesPerIdentityMax = 4;

/** Compares each pair of faces once; of an identity only its first `perIdentityMax` faces take part. */
export function compareFaces(faces: readonly KnownFace[], perIdentityMax = facesPerIdentityMax): ComparedFaces {
  const identities: string[] = [];
  const indices = new Map<string, number>();
  const used: number[] = [];
  const identityOf = new Int32Array(faces.length).fill(-1);
  const counts: number[] = [];
  for (const [i, { identity }] of faces.entries()) {
    const index = indices.get(identity) ?? identities.push(identity) - 1;
    indices.set(identity, index);
    counts[index] = (counts[index] ?? 0) + 1;
    if (counts[index] > perIdentityMax) continue;
    identityOf[i] = index;
    used.push(i);
  }
  const genuine: [number, number][] = [];
  const impostor: [number, number][] = [];
  for (const [order, i] of used.entries()) {
    for (let later = order + 1; later < used.length; later++) {
      const j = used[later]!;
      (identityOf[i] === identityOf[j] ? genuine : impostor).push([i, j]);
    }
  }
  return { identities, identityOf, genuine: score(faces, genuine), impostor: score(faces, impostor) };
}

function score(faces: readonly KnownFace[], pairs: readonly (readonly [number, number])[]): Comparisons {
  const scores = Float64Array.from(pairs, ([i, j]) => product(faces[i]!.embedding, faces[j]!.embedding));
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  return {
    scores: Float64Array.from(order, (at) => scores[at]!),
    first: Uint32Array.from(order, (at) => pairs[at]![0]),
    second: Uint32Array.from(order, (at) => pairs[at]![1]),
  };
}

function product(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
