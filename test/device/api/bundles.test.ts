// Report cards over the API: of the bundle in use and of the one before, with names for whoever may see people.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Errors } from "typebox/value";
import type { Scope } from "../../../device/access/access.ts";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { manifestFileName } from "../../../device/bundle/manifest.ts";
import type { BundleCards } from "../../../device/delivery/delivery.ts";
import { Slots } from "../../../device/slots/slots.ts";
import { installUnasked } from "../../fixtures/small-bundle.ts";
import { deliveryTo, stateFolder } from "../delivery/small-delivery.ts";
import { bundleOf } from "../slots/update-site.ts";
import { type Ending, fakeDevice } from "./fake-device.ts";

const anna = { name: "Anna", photos: 2, verifiedScoreMax: 0.41, marginMax: -0.3, opened: 0, unsafe: false };

/** A board whose bundle 2 is in use, which was made with a housemate, after bundle 1. */
async function openBoard(t: Ending) {
  const state = stateFolder(t);
  const first = await bundleOf(1);
  const second = await bundleOf(2, ({ calibration: _left, ...manifest }) => ({ ...manifest, family: [anna] }));
  for (const bundle of [first, second]) await installUnasked(state, bundle);
  await new Slots(state).point("previous", first.sha256);
  const tokens = new TokenFolder(state);
  const device = fakeDevice(t, { access: tokens, openOnLoopback: false, delivery: deliveryTo(state) });
  const ask = async (...scopes: Scope[]) => {
    const { text } = await tokens.make({ name: "test", scopes, expiresAt: null });
    const answer = await device.api.inject({ url: "/v1/bundles", headers: { authorization: `Bearer ${text}` } });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.headers["cache-control"], "no-store");
    return answer.json<BundleCards>();
  };
  return { device, tokens, ask, first, second };
}

describe("the report cards", () => {
  it("are of the bundle in use and of the one before, each by its own manifest", async (t) => {
    const { ask, first, second } = await openBoard(t);
    const { current, previous, isOnTrial } = await ask("read");
    assert.deepEqual([current?.sha256, previous?.sha256, isOnTrial], [second.sha256, first.sha256, false]);
    assert.deepEqual([current?.name, previous?.name], ["Bundle 2", "Bundle 1"]);
    assert.equal(current?.calibration, null);
    assert.deepEqual(previous?.calibration, first.manifest.calibration);
  });

  it("name housemates to whoever has the scope for people, and to nobody else", async (t) => {
    const { ask } = await openBoard(t);
    assert.deepEqual((await ask("read", "people")).current?.household, [anna]);
    for (const scopes of [["read"], ["admin"], ["read", "snapshots", "unlock", "update"]] as const) {
      const { current } = await ask(...scopes);
      assert.deepEqual(current?.household, [{ ...anna, name: null }], scopes.join());
    }
  });

  it("are as the description of the API says", async (t) => {
    const { device, tokens, ask } = await openBoard(t);
    const { text } = await tokens.make({ name: "test", scopes: ["read"], expiresAt: null });
    const headers = { authorization: `Bearer ${text}` };
    const { paths } = (await device.api.inject({ url: "/openapi.json", headers })).json();
    const { schema } = paths["/v1/bundles"].get.responses[200].content["application/json"];
    assert.deepEqual(Errors(schema, await ask("read")), []);
  });

  it("are none where no bundle is installed, or where its manifest cannot be read", async (t) => {
    const none = { current: null, previous: null, isOnTrial: false };
    const state = stateFolder(t);
    const delivery = deliveryTo(state);
    assert.deepEqual(await delivery.bundles(), none);
    const bundle = await bundleOf(1);
    await installUnasked(state, bundle);
    const path = join(new Slots(state).folderOf(bundle.sha256), manifestFileName);
    const sound = readFileSync(path);
    // Whole and valid, and not what the slot is named by.
    writeFileSync(path, Buffer.concat([sound, Buffer.from("\n")]));
    assert.deepEqual(await delivery.bundles(), none);
    writeFileSync(path, sound);
    assert.equal((await delivery.bundles()).current?.sha256, bundle.sha256);
  });
});
