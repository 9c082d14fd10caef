// Photos from the door's camera by the real command: with a bundle the models look at them, and stills come from node-libcamera.
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { before, test } from "node:test";
import { stringify } from "yaml";
import { type Ended, facelatch } from "../../fixtures/facelatch-command.ts";
import { portraits } from "../../fixtures/portraits.ts";
import { makeSite, makeWorkingSite, RealDaemon, record, type Site } from "../../fixtures/real-daemon.ts";
import { framesOf, place } from "../../fixtures/scenes.ts";

let owner: Uint8Array[] = [];
let room: Uint8Array[] = [];

before(async () => {
  owner = await portraits("owner", 12);
  room = await framesOf(place(3, 40, 30), 12);
});

function enrol({ folder, configPath }: Site, ...more: string[]): Promise<Ended> {
  const out = join(folder, "photos/owner");
  return facelatch("enrol", "--camera", "--out", out, "--interval-ms", "0", "--config", configPath, "--json", ...more);
}

const photosOf = ({ folder }: Site) => readdir(join(folder, "photos/owner"));

test("with a bundle in use, photos are kept that show a face, for their owner's eyes alone", async (t) => {
  const site = await makeWorkingSite(t);
  await record(site, owner);
  const { exitCode, stderr, json } = await enrol(site, "--photos", "3");
  assert.equal(exitCode, 0, stderr);
  const { kept, facesChecked } = json();
  assert.deepEqual([kept, facesChecked], [3, true]);
  assert.deepEqual(await photosOf(site), ["0001.jpg", "0002.jpg", "0003.jpg"]);
  const path = join(site.folder, "photos/owner/0001.jpg");
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const bytes = await readFile(path);
  assert.ok(
    owner.some((jpeg) => bytes.equals(jpeg)),
    "a photo is what the camera delivered",
  );
});

test("an empty room is no photo, and where none was kept the command says why and fails", async (t) => {
  const site = await makeWorkingSite(t);
  await record(site, room);
  const { exitCode, stderr } = await enrol(site, "--photos", "2");
  assert.equal(exitCode, 65);
  assert.match(stderr, /6 times: Nobody is in view/);
  assert.deepEqual(await photosOf(site), []);
});

test("without a bundle the faces are left to the training, and photos of before stay", async (t) => {
  const site = await makeSite(t);
  await record(site, room);
  await mkdir(join(site.folder, "photos/owner"), { recursive: true });
  await writeFile(join(site.folder, "photos/owner/0001.jpg"), "of before");
  const { exitCode, stderr, json } = await enrol(site, "--photos", "2");
  assert.equal(exitCode, 0, stderr);
  assert.equal(json()["facesChecked"], false);
  assert.match(stderr, /no bundle that works/);
  assert.deepEqual(await photosOf(site), ["0001.jpg", "0002.jpg", "0003.jpg"]);
  assert.equal(await readFile(join(site.folder, "photos/owner/0001.jpg"), "utf8"), "of before");
});

test("a daemon that runs has the camera to itself", async (t) => {
  const site = await makeSite(t);
  const daemon = RealDaemon.start(t, site);
  const port = Number(new URL(await daemon.url).port);
  const own = { camera: { kind: "replay", path: site.recording }, relay: { kind: "recorded" } };
  const configPath = join(site.folder, "same-port.yaml");
  await writeFile(configPath, stringify({ ...own, stateDir: site.stateDir, api: { host: "127.0.0.1", port } }));
  const { exitCode, stderr } = await enrol({ ...site, configPath }, "--photos", "1");
  assert.equal(exitCode, 69);
  assert.match(stderr, /a daemon that runs here/);
});

test("of a Raspberry Pi's camera stills are taken, of the configured size", async (t) => {
  const site = await makeSite(t);
  const bin = join(site.folder, "bin");
  await mkdir(bin);
  await writeFile(join(site.folder, "still.jpg"), owner[0]!);
  // Stands in for libcamera's program, which needs such a camera.
  const program = `#!/bin/sh
printf '%s ' "$@" >> ${site.folder}/args
while [ "$1" != --output ]; do shift; done
cp ${site.folder}/still.jpg "$2"
`;
  await writeFile(join(bin, "libcamera-still"), program, { mode: 0o755 });
  const camera = { kind: "rpicam", widthPx: 1280, heightPx: 720, rotationDeg: 180 };
  await writeFile(site.configPath, stringify({ camera, stateDir: site.stateDir, api: { host: "127.0.0.1", port: 0 } }));
  const path = process.env["PATH"];
  process.env["PATH"] = `${bin}${delimiter}${path}`;
  t.after(() => {
    process.env["PATH"] = path;
  });
  const { exitCode, stderr } = await enrol(site, "--photos", "2");
  assert.equal(exitCode, 0, stderr);
  assert.match(await readFile(join(site.folder, "args"), "utf8"), /--width 1280 --height 720 --rotation 180/);
  assert.deepEqual(await readFile(join(site.folder, "photos/owner/0002.jpg")), Buffer.from(owner[0]!));
});
