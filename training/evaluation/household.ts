// The family report of a bundle: each household member's photos before its door.
import type { OpenedBundle } from "../../device/slots/open-bundle.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { PhotoAnalyser } from "./analyse-photos.ts";
import { membersIn } from "./choose-gallery.ts";
import { Door } from "./door.ts";
import { type FamilyReport, familyReport } from "./family.ts";
import { requirePhotos } from "./photo-set.ts";
import { facePicture } from "./pictures.ts";
import { type Picture, renderReport } from "./report-page.ts";
import { type JudgedPhoto, judgePhotos } from "./subjects.ts";

export interface JudgedHousehold {
  readonly report: FamilyReport;
  readonly photos: readonly JudgedPhoto[];
}

/**
 * Judges the photos below `householdDir`, a subfolder for each member.
 *
 * @throws FacelatchError INPUT_MISSING for a folder without photos, and what opening a bundle throws
 */
export async function judgeHousehold(
  bundle: OpenedBundle,
  householdDir: string,
  progress: Progress,
): Promise<JudgedHousehold> {
  const listed = await requirePhotos(householdDir, "photos of household members");
  const analyser = new PhotoAnalyser(bundle, progress);
  const door = new Door(bundle, analyser.gallery);
  const members = membersIn(householdDir, await analyser.analyse(listed, "looking at the household"));
  progress.end();
  const judged = new Map([...members].map(([name, photos]) => [name, judgePhotos(photos, door)]));
  const { verifiedScoreMin, householdMarginMin } = door.policy;
  const photos = new Map([...judged].map(([name, own]) => [name, own.map(memberPhotoOf)]));
  return {
    report: familyReport(photos, { verifiedScoreMin, householdMarginMin }),
    photos: [...judged.values()].flat(),
  };
}

function memberPhotoOf({ path, match, reason }: JudgedPhoto) {
  return { path, ownerScore: match?.ownerScore ?? null, margin: match?.margin ?? null, opens: reason === null };
}

export async function renderHousehold({ report, photos }: JudgedHousehold, bundleName: string): Promise<string> {
  const { members, unsafe, gates, safetyDistance } = report;
  const show = (value: number | null) => (value === null ? "–" : value.toFixed(3));
  const faces = new Map(photos.map(({ path, analysis }) => [path, analysis?.faces[0] ?? null]));
  const pictures = members.map(
    async ({ name, worst }): Promise<Picture> => ({
      jpegs: [worst === null ? null : await facePicture(worst.path, faces.get(worst.path) ?? null)],
      caption: `${show(worst?.ownerScore ?? null)} ${name}`,
      detail: worst?.margin == null ? "not enrolled" : `margin ${show(worst.margin)}`,
    }),
  );
  return renderReport({
    title: `The household before ${bundleName}`,
    subtitle: `Gates: verified score at least ${show(gates.verifiedScoreMin)}, margin at least ${show(gates.householdMarginMin)}. Unsafe is who opens, or comes within ${safetyDistance} of them.`,
    tiles: [
      {
        label: "unsafe members",
        value: String(unsafe.length),
        note: unsafe.length === 0 ? `of ${members.length}` : unsafe.join(", "),
        tone: unsafe.length === 0 ? "good" : "bad",
      },
    ],
    sections: [
      {
        heading: "Each member",
        table: {
          columns: [
            "member",
            "photos",
            "faces",
            "highest score",
            "lowest margin",
            "highest margin",
            "openings",
            "",
            "why",
          ],
          rows: members.map((member) => [
            member.name,
            String(member.photos),
            String(member.faces),
            show(member.ownerScoreMax),
            show(member.marginMin),
            show(member.marginMax),
            { text: String(member.openings), tone: member.openings > 0 ? "bad" : "good" },
            { text: member.unsafe ? "unsafe" : "ok", tone: member.unsafe ? "bad" : "good" },
            { text: member.verdict, tone: "words" },
          ]),
        },
      },
      { heading: "The photo of each that comes nearest", pictures: await Promise.all(pictures) },
    ],
  });
}
