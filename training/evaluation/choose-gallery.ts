// The templates that an evaluation uses: the bundle's own, or others made from folders of photos.
import { dirname, relative, sep } from "node:path";
import type { Gallery } from "../../device/bundle/gallery.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { enrol } from "../verifier/enrol.ts";
import type { AnalysedPhoto, PhotoAnalyser } from "./analyse-photos.ts";
import { nameOfFolder, requirePhotos } from "./photo-set.ts";

export interface GalleryFolders {
  /** Photos of the owner, whose templates take the place of the bundle's; null to keep those. */
  readonly enrolDir: string | null;
  /** A subfolder for each household member, who take the place of the bundle's; null to keep those. */
  readonly negativesDir: string | null;
}

export interface ChosenGallery {
  readonly gallery: Gallery;
  /** Digests of the photos that it was made from: none of them may be a probe. */
  readonly enrolled: ReadonlySet<string>;
  /** Photos by person, the owner under the bundle's label; empty where the bundle's templates are kept. */
  readonly photos: Readonly<Record<string, number>>;
}

/** @throws FacelatchError INPUT_MISSING for a folder without photos, DATASET_INVALID where they show no one person */
export async function chooseGallery(
  analyser: PhotoAnalyser,
  ownerLabel: string,
  { enrolDir, negativesDir }: GalleryFolders,
): Promise<ChosenGallery> {
  const enrolled = new Set<string>();
  const counts: Record<string, number> = {};
  const templatesOf = (name: string, photos: readonly AnalysedPhoto[]) => {
    for (const { digest } of photos) enrolled.add(digest);
    counts[name] = photos.length;
    return templatesFrom(name, photos);
  };
  let { owner, household } = analyser.gallery;
  if (enrolDir !== null) {
    const listed = await requirePhotos(enrolDir, "photos of the owner");
    owner = templatesOf(ownerLabel, await analyser.analyse(listed, "enrolling the owner"));
  }
  if (negativesDir !== null) {
    const listed = await requirePhotos(negativesDir, "photos of household members");
    const analysed = await analyser.analyse(listed, "enrolling the household");
    household = [...membersIn(negativesDir, analysed)].map(([name, photos]) => ({
      name,
      templates: templatesOf(name, photos),
    }));
  }
  return { gallery: { owner, household }, enrolled, photos: counts };
}

/** Photos by household member: by subfolder, and without one by the list of identities, else all of one person. */
export function membersIn(folder: string, photos: readonly AnalysedPhoto[]): Map<string, AnalysedPhoto[]> {
  const members = new Map<string, AnalysedPhoto[]>();
  for (const photo of photos) {
    const [first, ...rest] = relative(folder, photo.path).split(sep);
    const alone = photo.identity === null || photo.identity === first ? nameOfFolder(folder) : photo.identity;
    const name = rest.length > 0 ? first! : alone;
    members.set(name, [...(members.get(name) ?? []), photo]);
  }
  return members;
}

/** Of the portrayed faces; without a cohort that is not a probe there is nothing to choose a number of clusters by. */
function templatesFrom(name: string, photos: readonly AnalysedPhoto[]): readonly Float32Array[] {
  const faces = photos.flatMap(({ path, portrayed }) =>
    portrayed === null ? [] : [{ embedding: portrayed.embedding, group: dirname(path) }],
  );
  if (faces.length > 0) return enrol(name, faces, []).templates;
  throw new FacelatchError("DATASET_INVALID", {
    expected: `a face in the photos of ${name}`,
    found: `none in ${photos.length} photos`,
    next: "Add photos in which the face is larger and turned to the camera.",
  });
}
