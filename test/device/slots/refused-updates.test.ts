// Bundles that the engine of updates refuses, each by the name of its check, and whom it believes.
import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { revokeKey } from "../../../deploy/keys/trust-folder.ts";
import { manifestFileName, signatureFileName } from "../../../device/bundle/manifest.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { keyIdOf, signManifest } from "../../../device/slots/signature.ts";
import { trustedKeysFolder } from "../../../device/slots/trusted-keys.ts";
import { classifierFile, type SmallBundle } from "../../fixtures/small-bundle.ts";
import { testKey, trustTestKey } from "../../fixtures/test-keys.ts";
import { assertInUse, bundleOf, UpdateSite } from "./update-site.ts";

let first: SmallBundle;
let second: SmallBundle;
let third: SmallBundle;

before(async () => {
  [first, second, third] = [await bundleOf(1), await bundleOf(2), await bundleOf(3)];
});

const signedBy = ({ files }: SmallBundle, ...keys: number[]) => ({
  files: new Map([
    ...files,
    [signatureFileName, signManifest(files.get(manifestFileName)!, keys.map(testKey))] as const,
  ]),
});

describe("a bundle that is refused", () => {
  const refusals: readonly (readonly [what: string, code: string, make: () => Promise<Pick<SmallBundle, "files">>])[] =
    [
      ["of an older seq", "BUNDLE_SEQ_TOO_OLD", () => bundleOf(1)],
      [
        "for another board",
        "BUNDLE_BOARD_MISMATCH",
        () => bundleOf(3, (m) => ({ ...m, compatible: { ...m.compatible, boards: ["raspberrypi,4-model-b"] } })),
      ],
      [
        "for another architecture",
        "BUNDLE_ARCH_MISMATCH",
        () => bundleOf(3, (m) => ({ ...m, compatible: { ...m.compatible, archs: ["arm64"] } })),
      ],
      [
        "for a later version of Facelatch",
        "BUNDLE_APP_MISMATCH",
        () => bundleOf(3, (m) => ({ ...m, compatible: { ...m.compatible, app: { min: "0.2.0", below: "1.0.0" } } })),
      ],
      [
        "for an earlier version of Facelatch",
        "BUNDLE_APP_MISMATCH",
        () => bundleOf(3, (m) => ({ ...m, compatible: { ...m.compatible, app: { min: "0.0.1", below: "0.1.0" } } })),
      ],
      ["of another embedding space", "BUNDLE_SPACE_MISMATCH", () => otherSpace(false)],
      [
        "for another owner",
        "BUNDLE_OWNER_MISMATCH",
        () => bundleOf(3, (m) => ({ ...m, ownerLabel: "Erika", labels: ["Erika", ...m.labels.slice(1)] })),
      ],
      [
        "without a signature",
        "BUNDLE_UNSIGNED",
        async () => {
          const files = new Map((await bundleOf(3)).files);
          files.delete(signatureFileName);
          return { files };
        },
      ],
      [
        "with a manifest alone",
        "BUNDLE_UNSIGNED",
        async () => ({ files: new Map([[manifestFileName, (await bundleOf(3)).files.get(manifestFileName)!]]) }),
      ],
      [
        "signed for another manifest",
        "BUNDLE_SIGNATURE_INVALID",
        async () => ({
          files: new Map([...third.files, [signatureFileName, second.files.get(signatureFileName)!]]),
        }),
      ],
      [
        "with a signature file that is none",
        "BUNDLE_SIGNATURE_INVALID",
        async () => ({ files: new Map([...third.files, [signatureFileName, new TextEncoder().encode("[]")]]) }),
      ],
      ["signed by a stranger", "BUNDLE_KEY_UNTRUSTED", async () => signedBy(third, 2)],
      ["signed by a revoked key", "BUNDLE_KEY_REVOKED", async () => signedBy(third, 3)],
      [
        "with a file that is not the listed one",
        "BUNDLE_CHECKSUM_MISMATCH",
        async () => ({ files: new Map([...third.files, [classifierFile, new Uint8Array(9)]]) }),
      ],
      [
        "with a file too many",
        "BUNDLE_FILE_UNEXPECTED",
        async () => ({ files: new Map([...third.files, ["extra.bin", new Uint8Array(1)]]) }),
      ],
      [
        "with a file too few",
        "BUNDLE_FILE_MISSING",
        async () => {
          const files = new Map(third.files);
          files.delete(classifierFile);
          return { files };
        },
      ],
    ];

  function otherSpace(templatesCarried: boolean): Promise<SmallBundle> {
    const embeddingSpace = "a".repeat(64);
    return bundleOf(3, (m) => ({
      ...m,
      verifier: { ...m.verifier, embeddingSpace },
      compatible: { ...m.compatible, embeddingSpace, templatesCarried },
    }));
  }

  for (const [what, code, make] of refusals) {
    it(`is one ${what}: ${code}, and the one in use stays`, async (t) => {
      const told: string[] = [];
      const site = await UpdateSite.make(t, { ownerLabel: "Markus", onRefused: (refusal) => told.push(refusal.code) });
      const trust = trustedKeysFolder(site.stateDir);
      await revokeKey(trust, await trustTestKey(trust, 3));
      await site.put(second);
      await assert.rejects(site.install(await make()), { code });
      assert.deepEqual(told, [code]);
      assert.equal((await site.updates.status()).state, "confirmed");
      await assertInUse(site, second);
    });
  }

  it("of another embedding space is accepted with its templates, and on a device without any", async (t) => {
    const site = await UpdateSite.make(t);
    const carried = await otherSpace(true);
    await site.put(second);
    assert.equal((await site.install(carried)).state, "trial");
    const empty = await UpdateSite.make(t);
    assert.equal((await empty.install(await otherSpace(false))).state, "trial");
  });

  it("by the last check leaves the one in use, and what the check read is gone", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    let asked = "";
    const refusing = site.open({
      accept: async (folder) => {
        asked = folder;
        throw new FacelatchError("BUNDLE_GOLDEN_MISMATCH", { expected: "x", found: "y", next: "z" });
      },
    });
    await assert.rejects(site.install(second, refusing), { code: "BUNDLE_GOLDEN_MISMATCH" });
    await assert.rejects(stat(asked), { code: "ENOENT" });
    await assertInUse(site, first);
  });

  it("is not even written before its signature holds", async (t) => {
    const site = await UpdateSite.make(t);
    await assert.rejects(site.install(signedBy(third, 2)), { code: "BUNDLE_KEY_UNTRUSTED" });
    assert.deepEqual(await readdir(site.stateDir), ["trusted-keys"]);
    await assert.rejects(site.updates.install(join(site.folder, "absent.tar")), { code: "INPUT_MISSING" });
  });
});

describe("several keys", () => {
  it("may sign one bundle: any that is trusted suffices, whatever becomes of the others", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    assert.equal((await site.install(signedBy(second, 1, 2))).state, "trial");
    const trust = trustedKeysFolder(site.stateDir);
    await trustTestKey(trust, 2);
    await revokeKey(trust, keyIdOf(testKey(1)));
    await assert.rejects(site.install(signedBy(third, 1)), { code: "BUNDLE_KEY_REVOKED" });
    assert.equal((await site.install(signedBy(third, 1, 2))).current?.sha256, third.sha256);
  });
});
