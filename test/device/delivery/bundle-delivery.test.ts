// Deliveries without a network: one upload at a time, whole or not at all, and what becomes of it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { describe, it } from "node:test";
import type { BundleDelivery } from "../../../device/delivery/bundle-delivery.ts";
import { type ErrorCode, FacelatchError } from "../../../device/errors/errors.ts";
import { packArchive } from "../../../device/slots/bundle-archive.ts";
import { trustedKeysFolder } from "../../../device/slots/trusted-keys.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { makeSmallBundle } from "../../fixtures/small-bundle.ts";
import { trustTestKey } from "../../fixtures/test-keys.ts";
import { type Content, contentOf, deliveryTo, randomContent, stateFolder } from "./small-delivery.ts";

const withCode = (code: ErrorCode) => (error: unknown) => error instanceof FacelatchError && error.code === code;

function begin(delivery: BundleDelivery, { bytes, sha256 }: Content, sender = "a") {
  return delivery.begin(sender, { lengthBytes: bytes.length, sha256 });
}

async function sendAll(delivery: BundleDelivery, content: Content, sender = "a"): Promise<string> {
  const { id, offsetBytes } = await begin(delivery, content, sender);
  await delivery.append(sender, id, offsetBytes, Readable.from([content.bytes.subarray(offsetBytes)]));
  return id;
}

describe("an upload", () => {
  it("goes on after a break and after a restart, from where it was", async (t) => {
    const state = stateFolder(t);
    const content = randomContent(300_000);
    const { id } = await begin(deliveryTo(state), content);
    const broken = new PassThrough();
    const appended = deliveryTo(state).append("a", id, 0, broken);
    broken.write(content.bytes.subarray(0, 100_000));
    const path = join(state, "uploads/http", `${id}.part`);
    await eventually(
      "the bytes are on the disk before the sender is done",
      () => readFileSync(path).length,
      (n) => n === 100_000,
    );
    broken.destroy(new Error("the sender went away"));
    assert.equal((await appended).offsetBytes, 100_000);
    const restarted = deliveryTo(state);
    assert.equal((await begin(restarted, content)).id, id);
    assert.equal(await sendAll(restarted, content), id);
    assert.equal((await restarted.upload("a", id)).offsetBytes, content.bytes.length);
    assert.deepEqual(readFileSync(path), content.bytes);
  });

  it("belongs to its sender alone", async (t) => {
    const delivery = deliveryTo(stateFolder(t));
    const content = randomContent(1_000);
    const { id } = await begin(delivery, content);
    const bytes = () => Readable.from([content.bytes]);
    await assert.rejects(delivery.upload("b", id), withCode("UPLOAD_UNKNOWN"));
    await assert.rejects(delivery.append("b", id, 0, bytes()), withCode("UPLOAD_UNKNOWN"));
    await assert.rejects(delivery.cancel("b", id), withCode("UPLOAD_UNKNOWN"));
    await assert.rejects(delivery.install("b", id), withCode("UPLOAD_UNKNOWN"));
    await assert.rejects(begin(delivery, content, "b"), withCode("UPLOAD_BUSY"));
    assert.equal((await delivery.upload("a", id)).offsetBytes, 0);
  });

  it("is replaced by its sender's next one, and dropped when it is idle for too long", async (t) => {
    const state = stateFolder(t);
    const delivery = deliveryTo(state);
    const first = await begin(delivery, randomContent(1_000));
    const second = await begin(delivery, randomContent(1_000));
    assert.notEqual(first.id, second.id);
    await assert.rejects(delivery.upload("a", first.id), withCode("UPLOAD_UNKNOWN"));
    const impatient = deliveryTo(state, { uploadIdleMaxMs: 0 });
    await assert.rejects(impatient.upload("a", second.id), withCode("UPLOAD_UNKNOWN"));
    assert.deepEqual(readdirSync(join(state, "uploads/http")), []);
  });

  it("has no holes, is never longer than announced, and nothing counts that differs from its digest", async (t) => {
    const state = stateFolder(t);
    const delivery = deliveryTo(state);
    const content = randomContent(1_000);
    const { id } = await begin(delivery, content);
    for (const offset of [1, 999, 1_000, 2 ** 40]) {
      await assert.rejects(delivery.append("a", id, offset, Readable.from([])), withCode("UPLOAD_OFFSET_MISMATCH"));
    }
    const longer = Readable.from([content.bytes, Buffer.alloc(1)]);
    await assert.rejects(delivery.append("a", id, 0, longer), withCode("BUNDLE_TOO_LARGE"));
    assert.ok((await delivery.upload("a", id)).offsetBytes <= 1_000);
    await delivery.cancel("a", id);
    const other = await begin(delivery, { ...content, sha256: "0".repeat(64) });
    const all = Readable.from([content.bytes]);
    await assert.rejects(delivery.append("a", other.id, 0, all), withCode("UPLOAD_DIGEST_MISMATCH"));
    await assert.rejects(delivery.upload("a", other.id), withCode("UPLOAD_UNKNOWN"));
    assert.deepEqual(readdirSync(join(state, "uploads/http")), []);
  });

  it("is refused where it is too large, and while another request adds to it", async (t) => {
    const delivery = deliveryTo(stateFolder(t), { archiveBytesMax: 1_000 });
    await assert.rejects(begin(delivery, randomContent(1_001)), withCode("BUNDLE_TOO_LARGE"));
    const content = randomContent(1_000);
    const { id } = await begin(delivery, content);
    const slow = new PassThrough();
    const first = delivery.append("a", id, 0, slow);
    slow.write(content.bytes.subarray(0, 10));
    await eventually(
      "the first piece arrived",
      () => delivery.upload("a", id),
      ({ offsetBytes }) => offsetBytes === 10,
    );
    await assert.rejects(delivery.append("a", id, 10, Readable.from([])), withCode("UPLOAD_BUSY"));
    await assert.rejects(delivery.cancel("a", id), withCode("UPLOAD_BUSY"));
    slow.end();
    await first;
  });

  it("is none that could go on where its record is damaged", async (t) => {
    const state = stateFolder(t);
    const { id } = await begin(deliveryTo(state), randomContent(1_000));
    writeFileSync(join(state, "uploads/http/upload.json"), "{");
    await assert.rejects(deliveryTo(state).upload("a", id), withCode("UPLOAD_UNKNOWN"));
    assert.equal((await begin(deliveryTo(state), randomContent(1_000))).offsetBytes, 0);
  });
});

describe("an installation", () => {
  it("takes what is complete, and tells its figures", { timeout: 60_000 }, async (t) => {
    const state = stateFolder(t);
    const delivery = deliveryTo(state, { archiveBytesMax: 64 * 1024 * 1024 });
    await trustTestKey(trustedKeysFolder(state));
    const bundle = await makeSmallBundle();
    const content = contentOf(Buffer.from(await packArchive(bundle.files)));
    const { id } = await begin(delivery, content);
    await assert.rejects(delivery.install("a", id), withCode("UPLOAD_INCOMPLETE"));
    assert.equal((await delivery.status()).state, "downloading");
    await sendAll(delivery, content);
    await delivery.install("a", id);
    assert.equal((await delivery.status()).state, "verifying");
    await assert.rejects(delivery.install("a", id), withCode("UPDATE_BUSY"));
    await assert.rejects(begin(delivery, content), withCode("UPDATE_BUSY"));
    await assert.rejects(delivery.rollback(), withCode("UPDATE_BUSY"));
    const status = await settled(delivery);
    assert.equal(status.refused, null);
    assert.equal(status.current?.sha256, bundle.sha256);
    assert.equal(status.figures?.name, bundle.manifest.name);
    const { current, previous, isOnTrial } = await delivery.bundles();
    assert.deepEqual([current?.sha256, previous, isOnTrial], [bundle.sha256, null, true]);
    assert.deepEqual(readdirSync(join(state, "uploads/http")), []);
  });

  it("names the check that refused an archive, and leaves nothing of it", async (t) => {
    const state = stateFolder(t);
    const delivery = deliveryTo(state);
    await delivery.install("a", await sendAll(delivery, randomContent(5_000)));
    const status = await settled(delivery);
    assert.equal(status.refused?.code, "BUNDLE_ARCHIVE_INVALID");
    assert.equal(status.current, null);
    assert.deepEqual(readdirSync(join(state, "uploads/http")), []);
    assert.deepEqual(
      readdirSync(state).filter((name) => name.startsWith("staging")),
      [],
    );
  });
});

function settled(delivery: BundleDelivery) {
  return eventually(
    "it is settled",
    () => delivery.status(),
    ({ state, upload }) => state !== "verifying" && upload === null,
  );
}
