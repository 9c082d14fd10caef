// Finds a face's landmarks again in upright crops around it: of a whole frame the detector sees few pixels of a face.
import { type Similarity, warpSquare } from "../bundle/alignment.ts";
import { blazeFace, decodeFaces, type Face, overlap, type Point } from "../bundle/faces.ts";
import type { Region, RgbImage } from "../bundle/image.ts";
import type { Engine } from "./engine.ts";
import type { DetectorSettings } from "./face-detector.ts";
import { floatTensor } from "./float-tensor.ts";

/** The face with landmarks found in crops, as it was where they show no face; box and score stay. */
export type FaceRefiner = (image: RgbImage, face: Face) => Face;

/**
 * Sides of the crops, in longer sides of the face box: the second one is laid around what the first one found, and the
 * landmarks of both are averaged. The detector places the points of a face best that fills about half of its input.
 */
const cropRatios = [2.2, 1.7] as const;
/** There is a face, or the detector would not have found it: in a crop less is asked of it. */
const scoreMin = 0.5;
/** Below this overlap of boxes the face in the crop is another one. */
const overlapMin = 0.25;

const { inputPx } = blazeFace;
const wholeCrop = { region: { leftPx: 0, topPx: 0, widthPx: inputPx, heightPx: inputPx }, scale: 1 };

/** Throws MODEL_INVALID when the model's tensors are not BlazeFace's. */
export function openFaceRefiner(engine: Engine, bytes: Uint8Array, settings: DetectorSettings): FaceRefiner {
  const model = engine.load(bytes);
  const input = floatTensor(model.inputs, [1, inputPx, inputPx, 3]);
  const regressors = floatTensor(model.outputs, [1, blazeFace.anchors, blazeFace.coordinates]);
  const logits = floatTensor(model.outputs, [1, blazeFace.anchors, 1]);
  const { mean, scale } = settings.input;
  const findInCrop = (image: RgbImage, face: Face, cropRatio: number): Face | null => {
    const similarity = uprightCrop(face, cropRatio);
    if (!Number.isFinite(similarity.leftPx + similarity.topPx)) return null;
    warpSquare(image, similarity, inputPx, input);
    for (let i = 0; i < input.length; i++) input[i] = (input[i]! - mean) / scale;
    model.infer();
    const found = decodeFaces(regressors, logits, wholeCrop, scoreMin, settings.overlapMax);
    const inCrop = nearestTo(middleOf(cropRatio), found);
    return inCrop === null ? null : toFrame(similarity, inCrop);
  };
  return (image, face) => {
    const found: Face[] = [];
    for (const cropRatio of cropRatios) {
      const next = findInCrop(image, found.at(-1) ?? face, cropRatio);
      if (next !== null) found.push(next);
    }
    return found.length === 0 ? face : { ...face, landmarks: averageOf(found) };
  };
}

/** From the crop to the frame: the box's middle in the crop's middle, the eyes level. */
function uprightCrop({ box, landmarks }: Face, cropRatio: number): Similarity {
  const [right, left] = landmarks as readonly [Point, Point];
  const angle = Math.atan2(left.yPx - right.yPx, left.xPx - right.xPx);
  const scale = (Math.max(box.widthPx, box.heightPx) * cropRatio) / inputPx;
  const cos = scale * Math.cos(angle);
  const sin = scale * Math.sin(angle);
  const half = inputPx / 2;
  return {
    cos,
    sin,
    leftPx: box.leftPx + box.widthPx / 2 - half * (cos - sin),
    topPx: box.topPx + box.heightPx / 2 - half * (sin + cos),
  };
}

/** Where the face's box lies in its crop. */
function middleOf(cropRatio: number): Region {
  const sidePx = inputPx / cropRatio;
  const marginPx = (inputPx - sidePx) / 2;
  return { leftPx: marginPx, topPx: marginPx, widthPx: sidePx, heightPx: sidePx };
}

function nearestTo(expected: Region, faces: readonly Face[]): Face | null {
  let nearest: Face | null = null;
  let most = overlapMin;
  for (const face of faces) {
    const likeness = overlap(face.box, expected);
    if (likeness < most) continue;
    most = likeness;
    nearest = face;
  }
  return nearest;
}

/** A face in the crop as one in the frame; its box stays upright. */
function toFrame(similarity: Similarity, { box, landmarks, score }: Face): Face {
  const { cos, sin, leftPx, topPx } = similarity;
  const map = ({ xPx, yPx }: Point): Point => ({
    xPx: cos * xPx - sin * yPx + leftPx,
    yPx: sin * xPx + cos * yPx + topPx,
  });
  const middle = map({ xPx: box.leftPx + box.widthPx / 2, yPx: box.topPx + box.heightPx / 2 });
  const scale = Math.hypot(cos, sin);
  const widthPx = box.widthPx * scale;
  const heightPx = box.heightPx * scale;
  return {
    box: { leftPx: middle.xPx - widthPx / 2, topPx: middle.yPx - heightPx / 2, widthPx, heightPx },
    landmarks: landmarks.map(map),
    score,
  };
}

function averageOf(faces: readonly Face[]): Point[] {
  return Array.from({ length: blazeFace.landmarks }, (_, k) => ({
    xPx: faces.reduce((sum, face) => sum + face.landmarks[k]!.xPx, 0) / faces.length,
    yPx: faces.reduce((sum, face) => sum + face.landmarks[k]!.yPx, 0) / faces.length,
  }));
}
