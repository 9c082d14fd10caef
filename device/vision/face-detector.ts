// The face detector of a bundle: a decoded picture goes in, faces come out, near ones and far ones.
import { spreadContrast } from "../bundle/contrast.ts";
import { bestMatch, blazeFace, decodeFaces, distinctFaces, type Face, type Letterbox } from "../bundle/faces.ts";
import type { RgbImage } from "../bundle/image.ts";
import { fillDetectorInput } from "../bundle/input-tensor.ts";
import type { ModelInput } from "../bundle/manifest.ts";
import { squareAround, tileLevels } from "../bundle/tiles.ts";
import type { Engine } from "./engine.ts";
import { floatTensor } from "./float-tensor.ts";

export interface DetectorSettings {
  readonly input: ModelInput;
  readonly scoreMin: number;
  readonly overlapMax: number;
  readonly scan: ScanSettings;
}

export interface ScanSettings {
  /** Faces from this width on are searched for. */
  readonly faceWidthMinPx: number;
  /** What scores at least this is looked at again, closely; `scoreMin` then holds for what is seen there. */
  readonly candidateScoreMin: number;
}

/** All faces of a picture, the largest first. */
export type FaceDetector = (image: RgbImage) => Face[];

/** The faces in a square of a picture, the largest first; what of the square lies outside the picture is black. */
export type FaceFinder = (image: RgbImage, square: Letterbox, scoreMin: number) => Face[];

/** Throws MODEL_INVALID when the model's tensors are not BlazeFace's. */
function openFaceFinder(
  engine: Engine,
  bytes: Uint8Array,
  { input, overlapMax }: Pick<DetectorSettings, "input" | "overlapMax">,
): FaceFinder {
  const model = engine.load(bytes);
  const tensor = floatTensor(model.inputs, input.shape);
  const regressors = floatTensor(model.outputs, [1, blazeFace.anchors, blazeFace.coordinates]);
  const logits = floatTensor(model.outputs, [1, blazeFace.anchors, 1]);
  const [black, white] = [-input.mean / input.scale, (255 - input.mean) / input.scale];
  return (image, square, scoreMin) => {
    fillDetectorInput(image, square, input, tensor);
    spreadContrast(tensor, black, white);
    model.infer();
    return decodeFaces(regressors, logits, square, scoreMin, overlapMax);
  };
}

/** Throws MODEL_INVALID when the model's tensors are not BlazeFace's. */
export function openFaceDetector(engine: Engine, bytes: Uint8Array, settings: DetectorSettings): FaceDetector {
  return faceDetectorOf(openFaceFinder(engine, bytes, settings), settings);
}

function faceDetectorOf(find: FaceFinder, settings: Omit<DetectorSettings, "input">): FaceDetector {
  return (image) => scanFaces(find, image, settings);
}

/** The share of the nearest face's width from which on a second face matters: device/observe.ts asks for 0.5. */
const secondFaceRatio = 0.5;

/** A face is told of from this share of the wanted width on: "come closer"; what is smaller is far away, or no face. */
const seenRatioMin = 0.5;

/** More candidates than faces can stand before a door; the best of them are looked at. */
const candidatesMax = 16;

/**
 * Looks at the whole frame, then at ever smaller tiles, until the smallest face that could matter would have been
 * seen. Most of what looks like a face in a tile is none, so each candidate must be seen again by itself.
 */
function scanFaces(
  find: FaceFinder,
  image: RgbImage,
  { scan, scoreMin, overlapMax }: Omit<DetectorSettings, "input">,
): Face[] {
  let faces: Face[] = [];
  for (const { tiles, faceWidthMinPx } of tileLevels(image, scan.faceWidthMinPx)) {
    const found = tiles
      .flatMap((tile) => find(image, tile, scan.candidateScoreMin))
      .filter(({ box }) => box.widthPx >= scan.faceWidthMinPx * seenRatioMin);
    const candidates = distinctFaces([...faces.map((face) => ({ ...face, score: 1 })), ...found], overlapMax).slice(
      faces.length,
      faces.length + candidatesMax,
    );
    const confirmed = candidates.flatMap((candidate) => confirmFace(find, image, candidate, scoreMin) ?? []);
    faces = distinctFaces([...faces, ...confirmed], overlapMax);
    const widestPx = Math.max(0, ...faces.map((face) => face.box.widthPx));
    if (widestPx * secondFaceRatio >= faceWidthMinPx) break;
  }
  return faces.sort((a, b) => b.box.widthPx * b.box.heightPx - a.box.widthPx * a.box.heightPx);
}

/** Sides of the squares in which a candidate is seen again, in sides of its box: with its surroundings, then by itself. */
const confirmRatios = [4, 1.5] as const;

/** What scores less in one of the two squares is none, whatever the other says. */
const viewScoreMin = 0.25;

/**
 * The candidate as it is seen in squares of its own size: its score is their mean, its box and landmarks are the
 * closest view's. Null when it is no face there.
 */
function confirmFace(find: FaceFinder, image: RgbImage, candidate: Face, scoreMin: number): Face | null {
  let face = candidate;
  let scoreSum = 0;
  for (const [index, ratio] of confirmRatios.entries()) {
    const seen = bestMatch(find(image, squareAround(image, face.box, ratio), viewScoreMin), face.box);
    if (seen === null) return null;
    face = seen;
    scoreSum += seen.score;
    // Even without any doubt from now on the mean would not be high enough.
    if (scoreSum + (confirmRatios.length - 1 - index) < scoreMin * confirmRatios.length) return null;
  }
  const score = scoreSum / confirmRatios.length;
  return score >= scoreMin ? { ...face, score } : null;
}
