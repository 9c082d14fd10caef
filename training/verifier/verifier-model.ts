// The port of the verifier's model, and the one that training uses: whatever else turns an aligned face into an embedding fits.
import { alignmentVersion } from "../../device/bundle/alignment.ts";
import { digestOf } from "../../device/slots/open-bundle.ts";
import type { EmbedderSettings } from "../../device/vision/face-embedder.ts";
import { readMobileFaceNet } from "./mobile-face-net.ts";

export interface VerifierSettings extends EmbedderSettings {
  /** SHA-256 of all that an embedding's numbers depend on: only embeddings of one space can be compared. */
  readonly embeddingSpace: string;
}

export interface VerifierModel {
  /** A .tflite file for one face at a time. */
  readonly bytes: Uint8Array;
  readonly settings: VerifierSettings;
}

/** What a network brings; its space follows from its bytes. */
export interface VerifierNetwork {
  readonly bytes: Uint8Array;
  readonly settings: EmbedderSettings;
}

export type ReadVerifierNetwork = () => Promise<VerifierNetwork>;

/** Reads the verifier; the same network gives the same bytes, and so the same space. */
export async function readVerifierModel(readNetwork: ReadVerifierNetwork = readMobileFaceNet): Promise<VerifierModel> {
  const { bytes, settings } = await readNetwork();
  const dependsOn = `${digestOf(bytes)} ${JSON.stringify({ alignmentVersion, ...settings })}`;
  return { bytes, settings: { ...settings, embeddingSpace: digestOf(new TextEncoder().encode(dependsOn)) } };
}
