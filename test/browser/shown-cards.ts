// Report cards with figures as a household's bundle has them, for the page to show.
import { calibrationOf } from "../../device/bundle/calibration.ts";
import { type ReportCard, reportCardOf } from "../../device/bundle/report-card.ts";
import type { BundleCards } from "../../device/delivery/delivery.ts";
import { type SeededRandom, seededRandom } from "../../training/seeded-random.ts";
import { changedBundle, makeSmallBundle, type SmallBundle } from "../fixtures/small-bundle.ts";

let base: Promise<SmallBundle> | undefined;

const verifiedScoreMin = 0.6;

/** Sums of uniform numbers are near enough to a normal distribution. */
function likenesses(random: SeededRandom, count: number, mean: number, deviation: number): number[] {
  const drawn = () => Array.from({ length: 12 }, () => random.next()).reduce((sum, value) => sum + value, -6);
  return Array.from({ length: count }, () => Math.min(0.98, Math.max(-0.4, mean + deviation * drawn())));
}

async function cardOf(seed: number, name: string, changes: Partial<ReportCard> = {}): Promise<ReportCard> {
  base ??= makeSmallBundle();
  const random = seededRandom(seed);
  const genuine = likenesses(random, 160, 0.79, 0.08);
  const impostor = likenesses(random, 1_840, 0.12, 0.11).filter((score) => score < verifiedScoreMin);
  const household = [...likenesses(random, 14, 0.31, 0.06), ...likenesses(random, 12, 0.53, 0.03)].map((score) =>
    Math.min(score, verifiedScoreMin - 0.01),
  );
  const refused = genuine.filter((score) => score < verifiedScoreMin).length;
  const [sister, brother] = [household.slice(0, 14), household.slice(14)];
  const { manifest, sha256 } = changedBundle(await base, {
    manifest: (made) => ({
      ...made,
      ...{ name, seq: 1_794_000_000 + seed * 1_000_000, createdAt: "2026-11-22T18:30:00Z" },
      calibration: calibrationOf({ genuine, impostor, household }),
      thresholds: {
        ...made.thresholds,
        verifiedScoreMin,
        far: { value: 0, trials: impostor.length, identities: 412 },
        frr: { value: refused / genuine.length, trials: genuine.length },
      },
      family: [
        ...[
          {
            name: "Anna",
            photos: 14,
            verifiedScoreMax: Math.max(...sister),
            marginMax: -0.41,
            opened: 0,
            unsafe: false,
          },
        ],
        ...[
          { name: "Ben", photos: 12, verifiedScoreMax: Math.max(...brother), marginMax: 0.04, opened: 1, unsafe: true },
        ],
      ],
      metrics: {
        images: { train: 1_420 + seed, validation: 304, test: 306 },
        validationAccuracy: 0.964,
        testAccuracy: seed === 1 ? 0.951 : 0.968,
        conversionMaxAbsDiff: 1.4e-6,
      },
      provenance: {
        ...made.provenance,
        backbone: "MobileNetV2 at 240 px",
        weights: `nsfwjs 4.3.0, SHA-256 ${"3f".repeat(32)}`,
        weightsSha256: "3f".repeat(32),
        datasetSha256: "5c".repeat(32),
      },
    }),
  });
  return { ...reportCardOf(manifest, sha256), ...changes };
}

/** The bundle on trial, and the one before, which is of a time when bundles kept no comparisons. */
export async function shownCards(): Promise<BundleCards> {
  return {
    current: await cardOf(2, "Markus, retrained"),
    previous: await cardOf(1, "Markus", { calibration: null }),
    isOnTrial: true,
  };
}
