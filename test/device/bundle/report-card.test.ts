// Report cards: what a manifest says, with how sure it is, and no name for whoever may not see people.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { Errors } from "typebox/value";
import type { Manifest } from "../../../device/bundle/manifest.ts";
import { rateOf } from "../../../device/bundle/rate.ts";
import { reportCardOf, reportCardSchema, withoutNames } from "../../../device/bundle/report-card.ts";
import { makeSmallBundle } from "../../fixtures/small-bundle.ts";

let manifest: Manifest;
let sha256: string;

before(async () => {
  ({ manifest, sha256 } = await makeSmallBundle());
});

const intervalOf = ({ low, high }: { readonly low: number; readonly high: number }) => [low, high];

describe("a report card", () => {
  it("is of its schema, and tells what the manifest says", () => {
    const card = reportCardOf(manifest, sha256);
    assert.deepEqual(Errors(reportCardSchema, card), []);
    assert.equal(card.sha256, sha256);
    assert.deepEqual(card.calibration, manifest.calibration);
    assert.equal(card.goldenImages, manifest.golden.length);
    assert.deepEqual(card.defences, { spoof: false, mask: false, occlusion: false });
    assert.deepEqual([card.backbone, card.weights], [manifest.provenance.backbone, manifest.provenance.weights]);
  });

  it("tells each rate with its trials and Wilson's interval", () => {
    const images = { train: 700, validation: 300, test: 200 };
    const metrics = { ...manifest.metrics, images, validationAccuracy: 0.9, testAccuracy: 0.95 };
    const thresholds = { ...manifest.thresholds, frr: { value: 0.02, trials: 100 } };
    const card = reportCardOf({ ...manifest, metrics, thresholds }, sha256);
    assert.equal(card.frr.trials, 100);
    assert.deepEqual(intervalOf(card.frr), intervalOf(rateOf(2, 100)));
    assert.deepEqual(intervalOf(card.testAccuracy!), intervalOf(rateOf(190, 200)));
    assert.deepEqual(intervalOf(card.validationAccuracy), intervalOf(rateOf(270, 300)));
  });

  it("is no surer of strangers than so few people allow", () => {
    const far = { value: 0, trials: 5_000, identities: 12 };
    const card = reportCardOf({ ...manifest, thresholds: { ...manifest.thresholds, far } }, sha256);
    assert.equal(card.far.trials, 5_000);
    assert.equal(card.far.high, rateOf(0, 12).high);
    const unnamed = { ...far, identities: 0 };
    const ofPhotos = reportCardOf({ ...manifest, thresholds: { ...manifest.thresholds, far: unnamed } }, sha256);
    assert.equal(ofPhotos.far.high, rateOf(0, 5_000).high);
  });

  it("tells no accuracy on test photos where there were none, and no calibration where none is kept", () => {
    const { calibration: _left, ...rest } = manifest;
    const card = reportCardOf({ ...rest, metrics: { ...manifest.metrics, testAccuracy: 0 } }, sha256);
    assert.deepEqual([card.testAccuracy, card.calibration], [null, null]);
  });

  it("names housemates, but for whoever may not see people", () => {
    const anna = { name: "Anna", photos: 3, verifiedScoreMax: 0.4, marginMax: -0.2, opened: 0, unsafe: false };
    const card = reportCardOf({ ...manifest, family: [anna] }, sha256);
    assert.deepEqual(card.household, [anna]);
    assert.deepEqual(withoutNames(card).household, [{ ...anna, name: null }]);
    assert.doesNotMatch(JSON.stringify(withoutNames(card)), /Anna/);
  });
});
