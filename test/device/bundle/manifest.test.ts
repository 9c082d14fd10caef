// Manifests: a sound one is read as it is, and any other is refused by the name of what is wrong.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import fc from "fast-check";
import {
  bundleLimits,
  type Manifest,
  manifestFileName,
  manifestSchema,
  parseManifest,
  signatureFileName,
} from "../../../device/bundle/manifest.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { makeSmallBundle } from "../../fixtures/small-bundle.ts";

let sound: Manifest;

before(async () => {
  sound = (await makeSmallBundle()).manifest;
});

const encode = (text: string) => new TextEncoder().encode(text);
const parse = (value: unknown) => parseManifest(encode(JSON.stringify(value)));

function assertRefused(value: unknown, found: RegExp): void {
  assert.throws(() => parse(value), { name: "FacelatchError", code: "BUNDLE_MANIFEST_INVALID", message: found });
}

describe("a sound manifest", () => {
  it("is read as it was written", () => {
    assert.deepEqual(parse(sound), sound);
  });

  it("may keep no calibration", () => {
    const { calibration, ...rest } = sound;
    assert.ok(calibration !== undefined);
    assert.deepEqual(parse(rest), rest);
  });
});

describe("a manifest that is refused", () => {
  it("is of an older format, which carried no signature: to be made again", () => {
    assert.throws(() => parse({ ...sound, formatVersion: 3 }), { message: /no signature: make it again/ });
  });

  it("claims another embedding space than its verifier's, or names its own signature", () => {
    const compatible = { ...sound.compatible, embeddingSpace: "0".repeat(64) };
    assertRefused({ ...sound, compatible }, /another embedding space than the verifier's/);
    const files = [...sound.files, { ...sound.files[0]!, name: signatureFileName }];
    assertRefused({ ...sound, files }, /its own signature/);
  });

  it("names a board or an architecture twice, or was made at a time that there is not", () => {
    for (const [field, twice] of [
      ["boards", ["any", "any"]],
      ["archs", ["arm64", "arm64"]],
    ] as const) {
      assertRefused({ ...sound, compatible: { ...sound.compatible, [field]: twice } }, /named twice/);
    }
    for (const createdAt of [
      "2026-13-01T00:00:00Z",
      "2026-11-22T24:30:00Z",
      `2026-11-22T18:30:00.${"1".repeat(99)}Z`,
    ]) {
      assertRefused({ ...sound, createdAt }, /createdAt|a time that there is not/);
    }
  });

  it("is not looked through for what stands twice before it is known to be short", () => {
    assert.doesNotMatch(JSON.stringify(manifestSchema), /uniqueItems/);
    assertRefused({ ...sound, labels: Array.from({ length: 20_000 }, () => [[[]]]) }, /\/labels/);
  });

  it("counts more than anybody has", () => {
    const { metrics, family } = sound;
    assertRefused({ ...sound, metrics: { ...metrics, images: { ...metrics.images, train: 1e300 } } }, /images\/train/);
    const member = { name: "Anna", photos: 0, verifiedScoreMax: null, marginMax: null, opened: 1e10, unsafe: false };
    assertRefused({ ...sound, family: [...family, member] }, /opened/);
  });

  it("is no JSON, no UTF-8, or too large", () => {
    for (const bytes of [encode(""), encode("{"), Uint8Array.of(0xff, 0xfe, 0x00), encode("null"), encode("[1]")]) {
      assert.throws(() => parseManifest(bytes), { code: "BUNDLE_MANIFEST_INVALID" });
    }
    const padded = encode(JSON.stringify(sound) + " ".repeat(bundleLimits.manifestBytesMax));
    assert.throws(() => parseManifest(padded), { code: "BUNDLE_MANIFEST_INVALID", message: /\d{6} bytes/ });
  });

  it("is of another format version, which is told before anything else", () => {
    for (const formatVersion of [0, 3, 99, 1.5]) {
      assert.throws(() => parse({ formatVersion }), {
        code: "BUNDLE_FORMAT_UNSUPPORTED",
        message: new RegExp(`expected format version 4; found format version ${formatVersion}`),
      });
    }
    assertRefused({ ...sound, formatVersion: "2" }, /formatVersion/);
  });

  it("lacks a field, or has one too many, at any depth", () => {
    for (const key of Object.keys(sound).filter((name) => name !== "calibration")) {
      const { [key]: _left, ...rest } = sound as Record<string, unknown>;
      assertRefused(rest, new RegExp(key));
    }
    assertRefused({ ...sound, opensAlways: true }, /\/opensAlways/);
    assertRefused({ ...sound, thresholds: { ...sound.thresholds, extra: 1 } }, /\/thresholds\/extra/);
  });

  it("holds names that lead elsewhere", () => {
    for (const name of ["../x", "/etc/passwd", "a/b", ".hidden", "UPPER", "", "x".repeat(65), "a\u0000b"]) {
      const files = sound.files.map((file, i) => (i === 0 ? { ...file, name } : file));
      assertRefused({ ...sound, files }, /\/files\/0\/name/);
    }
  });

  it("holds numbers out of their range", () => {
    const { thresholds, classifier } = sound;
    assertRefused({ ...sound, thresholds: { ...thresholds, ownerScoreMin: 1.01 } }, /\/thresholds\/ownerScoreMin/);
    for (const verifiedScoreMin of [0.29, 1.01, null]) {
      assertRefused({ ...sound, thresholds: { ...thresholds, verifiedScoreMin } }, /\/thresholds\/verifiedScoreMin/);
    }
    assertRefused({ ...sound, thresholds: { ...thresholds, householdMarginMin: -0.1 } }, /householdMarginMin/);
    assertRefused({ ...sound, gallery: { ...sound.gallery, owner: 0 } }, /\/gallery\/owner/);
    assertRefused({ ...sound, classifier: { ...classifier, faceMarginRatio: 9 } }, /faceMarginRatio/);
    const input = { ...classifier.input, scale: 0 };
    assertRefused({ ...sound, classifier: { ...classifier, input } }, /scale/);
    assertRefused({ ...sound, golden: [] }, /\/golden/);
  });

  it("keeps a calibration that is none of its thresholds' own", () => {
    const { calibration, thresholds, family } = sound;
    assert.ok(calibration !== undefined);
    const { firstBin, genuine, impostor, household } = calibration;
    const refuse = (changes: object, found: RegExp) =>
      assertRefused({ ...sound, calibration: { ...calibration, ...changes } }, found);
    refuse({ genuine: genuine.with(0, genuine[0]! + 1) }, /other comparisons/);
    refuse({ impostor: impostor.with(0, impostor[0]! + 1) }, /other comparisons/);
    refuse({ household: household.with(0, 1) }, /other comparisons/);
    refuse({ household: household.slice(1) }, /different lengths/);
    refuse({ firstBin: 99 }, /beyond a likeness of 1/);
    refuse({ firstBin: 100 }, /\/calibration\/firstBin/);
    refuse({ genuine: new Array<number>(101).fill(0) }, /\/calibration\/genuine/);
    refuse({ genuine: genuine.with(0, -1) }, /\/calibration\/genuine/);
    refuse({ firstBin: firstBin - 5 }, /contradicts the false refusal rate/);
    const lenient = { ...thresholds, far: { ...thresholds.far, value: 0.5 } };
    assertRefused({ ...sound, thresholds: lenient }, /contradicts the false acceptance rate/);
    const member = { name: "Anna", photos: 3, verifiedScoreMax: 0.1, marginMax: -0.4, opened: 0, unsafe: false };
    assertRefused({ ...sound, family: [...family, member] }, /other comparisons/);
  });

  it("contradicts itself", () => {
    const { detector, files, golden } = sound;
    assertRefused({ ...sound, ownerLabel: "Nobody" }, /"Nobody" not among the labels/);
    assertRefused({ ...sound, labels: ["Markus", "Markus", "objects"] }, /a label that is named twice/);
    assertRefused(
      { ...sound, detector: { ...detector, file: "absent.tflite" } },
      /"absent\.tflite" used but not listed/,
    );
    assertRefused({ ...sound, files: [...files, files[0]] }, /named twice/);
    const itself = { name: manifestFileName, bytes: 1, sha256: "0".repeat(64) };
    assertRefused({ ...sound, files: [...files, itself] }, /names itself/);
    const fewer = golden.map((one) => ({ ...one, scores: [0.5, 0.5] }));
    assertRefused({ ...sound, golden: fewer }, /scores do not match the labels/);
    const narrow = golden.map((one) => ({ ...one, embedding: [1] }));
    assertRefused({ ...sound, golden: narrow }, /embedding has another width/);
    const twin = { name: "twin", rows: 1 };
    assertRefused({ ...sound, gallery: { ...sound.gallery, household: [twin, twin] } }, /housemate who is named twice/);
    const coverings = { model: "absent.tflite", input: sound.classifier.input, mask: null, occlusion: null };
    const head = { file: "absent.flh", scoreMin: 0.5 };
    assertRefused({ ...sound, coverings: { ...coverings, mask: head } }, /"absent\.tflite" used but not listed/);
    const listed = { ...coverings, model: files[0]!.name };
    assertRefused({ ...sound, coverings: { ...listed, occlusion: head } }, /"absent\.flh" used but not listed/);
    assertRefused({ ...sound, coverings: listed }, /coverings without a head/);
    const { gallery, verifier, thresholds } = sound;
    assertRefused({ ...sound, gallery: { ...gallery, file: "absent.f32" } }, /"absent\.f32" used but not listed/);
    assertRefused(
      { ...sound, verifier: { ...verifier, file: "absent.tflite" } },
      /"absent\.tflite" used but not listed/,
    );
    assertRefused(
      { ...sound, thresholds: { ...thresholds, spoofScoreMin: 0.5 } },
      /spoof threshold without a spoof head/,
    );
  });
});

describe("any bytes", () => {
  it("are read as a manifest or refused with the manifest's error, and nothing else happens", () => {
    const attempt = (bytes: Uint8Array): void => {
      try {
        parseManifest(bytes);
      } catch (error) {
        assert.ok(error instanceof FacelatchError, String(error));
        assert.match(error.code, /^BUNDLE_(MANIFEST_INVALID|FORMAT_UNSUPPORTED)$/);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), attempt));
    fc.assert(fc.property(fc.jsonValue(), (value) => attempt(encode(JSON.stringify(value)))));
    const text = JSON.stringify(sound);
    const cut = fc.tuple(fc.nat(text.length), fc.nat(20), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(cut, ([at, length, inserted]) =>
        attempt(encode(text.slice(0, at) + inserted + text.slice(at + length))),
      ),
    );
  });

  it("with any one field exchanged for any value still parse to what the schema allows, or are refused", () => {
    const keys = Object.keys(sound) as (keyof Manifest)[];
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
        try {
          assert.deepEqual(parse({ ...sound, [key]: value })[key], value);
        } catch (error) {
          assert.ok(error instanceof FacelatchError, String(error));
        }
      }),
    );
  });
});
