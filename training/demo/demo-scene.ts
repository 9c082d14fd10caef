// The demo's scene: what the replay camera sees, as one file of JPEG frames and a table of who is in view when.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../../device/terminal/progress.ts";
import { ownerUnseenRecording, runFfmpeg, sceneObjectPhoto, strangerRecording } from "./npm-media.ts";

export type Actor = "nobody" | "object" | "stranger" | "owner";

export interface SceneSegment {
  readonly actor: Actor;
  /** Frames [from, to) of one pass. */
  readonly fromFrame: number;
  readonly toFrame: number;
}

export interface Scene {
  readonly framesPerSecond: number;
  readonly frames: number;
  readonly segments: readonly SceneSegment[];
}

const framesPerSecond = 10;
const frameSize = "640:480";
const sceneFiles = { frames: "scene.mjpeg", table: "scene.json" } as const;

interface Shot {
  readonly actor: Actor;
  readonly lengthS: number;
  readonly input: readonly string[];
  readonly filter: string;
}

function shots(): Shot[] {
  const fit = `scale=${frameSize}:force_original_aspect_ratio=increase,crop=${frameSize}`;
  const room: Omit<Shot, "lengthS"> = {
    actor: "nobody",
    // The wall beside the owner, a strip in which he never stands.
    input: ["-ss", "8", "-i", ownerUnseenRecording()],
    // A recording's still wall decodes to equal pictures, which no sensor delivers: they would look like a frozen camera.
    filter: `crop=120:90:0:50,${fit},noise=alls=6:allf=t`,
  };
  return [
    { ...room, lengthS: 3 },
    {
      actor: "object",
      lengthS: 4,
      input: ["-loop", "1", "-i", sceneObjectPhoto()],
      filter: `scale=800:600:force_original_aspect_ratio=increase,crop=${frameSize}:'(iw-ow)*t/4':'(ih-oh)/2'`,
    },
    { actor: "stranger", lengthS: 6, input: ["-ss", "120", "-i", strangerRecording()], filter: fit },
    { ...room, lengthS: 2 },
    { actor: "owner", lengthS: 8, input: ["-ss", "2", "-i", ownerUnseenRecording()], filter: fit },
  ];
}

/** Films the scene into `folder`. */
export async function writeScene(folder: string, progress: Progress): Promise<Scene> {
  const segments: SceneSegment[] = [];
  const parts: Uint8Array[] = [];
  let frame = 0;
  progress.step("filming the scene", shots().length);
  for (const { actor, lengthS, input, filter } of shots()) {
    const frames = lengthS * framesPerSecond;
    parts.push(
      await runFfmpeg([
        ...input,
        ...["-vf", `${filter},fps=${framesPerSecond}`, "-frames:v", String(frames)],
        ...["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3", "-f", "image2pipe", "-"],
      ]),
    );
    segments.push({ actor, fromFrame: frame, toFrame: frame + frames });
    frame += frames;
    progress.advance(segments.length);
  }
  const scene = { framesPerSecond, frames: frame, segments };
  await writeFile(join(folder, sceneFiles.frames), Buffer.concat(parts));
  await writeFile(join(folder, sceneFiles.table), `${JSON.stringify(scene, null, 2)}\n`);
  return scene;
}

export function sceneFramesPath(folder: string): string {
  return join(folder, sceneFiles.frames);
}

export async function readScene(folder: string): Promise<Scene> {
  return JSON.parse(await readFile(join(folder, sceneFiles.table), "utf8")) as Scene;
}

/** Who is in view in the camera's frame `seq` (1 is the first frame of the first pass). */
export function actorAt(scene: Scene, seq: number): Actor {
  const frame = (seq - 1) % scene.frames;
  const segment = scene.segments.find(({ fromFrame, toFrame }) => frame >= fromFrame && frame < toFrame);
  if (segment === undefined) throw new Error(`frame ${frame} lies in no segment of the scene`);
  return segment.actor;
}
