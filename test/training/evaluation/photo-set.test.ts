// Listing photos with their identities, from real folders with links and lists.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { listByFolder, listKnownPhotos, listSequences, requirePhotos } from "../../../training/evaluation/photo-set.ts";

describe("listing known photos", () => {
  let root: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "facelatch-photos-"));
    const put = async (path: string, text = "") => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    };
    for (const path of [
      "plain/anna/1.jpg",
      "plain/anna/2.PNG",
      "plain/3.jpg",
      "plain/home/ben/4.webp",
      "plain/note.txt",
    ])
      await put(path);
    for (const path of ["set/others/lfw/1.jpg", "set/others/lfw/2.jpg", "set/others/web/3.jpg", "set/others/web/4.jpg"])
      await put(path);
    await put(
      "set/manifest.tsv",
      "path\tsource\tidentity\nothers/lfw/1.jpg\tx\tCarla\nothers/lfw/2.jpg\tx\tunknown\nothers/web/3.jpg\tx\tstar (one of 14)\n",
    );
    await put("set/others/web/deep/manifest.tsv", "name\tvalue\nx\ty\n");
    await symlink(join(root, "set/others/lfw/1.jpg"), join(root, "plain/linked.jpg"));
    await symlink(join(root, "set/others/lfw"), join(root, "plain/linked"));
    await symlink(root, join(root, "set/others/lfw/loop"));
    await symlink(join(root, "nothing"), join(root, "plain/broken.jpg"));
  });

  after(() => rm(root, { recursive: true }));

  const known = async (folder: string) =>
    (await listKnownPhotos(join(root, folder)))
      .filter(({ path }) => !path.includes("/loop/"))
      .map(({ path, identity, group }) => [relative(join(root, folder), path), identity, group]);

  it("takes folders for persons, and a photo by itself for a person of its own", async () => {
    const photos = (await known("plain")).filter(([path]) => !String(path).startsWith("linked"));
    assert.deepEqual(photos, [
      ["3.jpg", "3.jpg", ""],
      ["anna/1.jpg", "anna", ""],
      ["anna/2.PNG", "anna", ""],
      ["home/ben/4.webp", "home/ben", "home"],
    ]);
  });

  it("believes the list of a folder above, also through a link; who is not named there is unknown", async () => {
    assert.deepEqual(await known("set/others"), [
      ["lfw/1.jpg", "Carla", "lfw"],
      ["lfw/2.jpg", null, "lfw"],
      ["web/3.jpg", null, "web"],
      ["web/4.jpg", "web", ""],
    ]);
    const linked = (await known("plain")).filter(([path]) => String(path).startsWith("linked"));
    assert.deepEqual(linked, [
      ["linked.jpg", "Carla", ""],
      ["linked/1.jpg", "Carla", "linked"],
      ["linked/2.jpg", null, "linked"],
    ]);
  });

  it("gives the photos of each folder directly below, and of each folder that holds frames", async () => {
    const members = await listByFolder(join(root, "plain"));
    assert.deepEqual([...members.keys()], ["anna", "home", "linked"]);
    assert.equal(members.get("anna")!.length, 2);
    const sequences = await listSequences(join(root, "plain"));
    assert.deepEqual(
      [...sequences.keys()].filter((name) => !name.startsWith("linked")),
      [".", "anna", "home/ben"],
    );
  });

  it("refuses a folder without photos, and one that is not there", async () => {
    for (const folder of ["set/others/web/deep", "nowhere"]) {
      await assert.rejects(requirePhotos(join(root, folder), "photos of the cohort"), {
        code: "INPUT_MISSING",
        message: /photos of the cohort/,
      });
    }
  });
});
