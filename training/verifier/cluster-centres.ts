// Clusters of a person's looks: k-means on the unit sphere, the same for the same photos, without clusters of a few.
import { cosine, meanEmbedding } from "../../device/bundle/embedding.ts";

const roundsMax = 20;
/** A centre of fewer photos stands for one unlucky picture; of a share, so that many photos make no more centres. */
const photosPerCentreMin = 4;
const shareMin = 0.05;

/**
 * At most `countMax` centres, as unit vectors.
 *
 * The first is the mean, each next the photo that is least like all before; clusters that stay too small are given up.
 */
export function clusterCentres(embeddings: readonly Float32Array[], countMax: number): Float32Array[] {
  const least = Math.max(photosPerCentreMin, Math.ceil(shareMin * embeddings.length));
  let centres = startCentres(embeddings, countMax);
  for (let round = 0; round < roundsMax; round++) {
    const clusters = centres.map((): Float32Array[] => []);
    for (const embedding of embeddings) clusters[nearest(embedding, centres)]!.push(embedding);
    const sound = clusters.filter((cluster) => cluster.length >= least);
    const next = sound.map(meanEmbedding).filter((centre) => centre !== null);
    const isSettled =
      next.length === centres.length && next.every((centre, i) => cosine(centre, centres[i]!) > 1 - 1e-6);
    if (next.length === 0) break;
    centres = next;
    if (isSettled) break;
  }
  return centres;
}

function startCentres(embeddings: readonly Float32Array[], countMax: number): Float32Array[] {
  const mean = meanEmbedding(embeddings);
  const centres = mean === null ? [] : [mean];
  while (centres.length > 0 && centres.length < Math.min(countMax, embeddings.length)) {
    const likeness = embeddings.map((embedding) => cosine(embedding, centres[nearest(embedding, centres)]!));
    centres.push(embeddings[likeness.indexOf(Math.min(...likeness))]!);
  }
  return centres;
}

function nearest(embedding: Float32Array, centres: readonly Float32Array[]): number {
  const scores = centres.map((centre) => cosine(embedding, centre));
  return scores.indexOf(Math.max(...scores));
}
