// Sources and licences, counted from the list of a data set.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { countSources, readSources } from "../../../training/report/sources.ts";

const folders = ["owner", "others"];
const list = [
  "path\tsource repo\tidentity\tlicence",
  "owner/1.jpg\tcamera\tme\tmine",
  "others/a/1.jpg\tLFW\tA\tresearch",
  "others/a/2.jpg\tLFW\tA\tresearch",
  "others/b.jpg\tLFW\tB\t",
  "spoof/1.jpg\tLFW\tA\tresearch",
];

describe("the sources of a data set", () => {
  it("are counted by licence, of the photos that were trained on", () => {
    assert.deepEqual(countSources(list.join("\r\n"), folders), [
      { source: "LFW", licence: "research", photos: 2 },
      { source: "LFW", licence: "not stated", photos: 1 },
      { source: "camera", licence: "mine", photos: 1 },
    ]);
  });

  it("are unknown without a list, or one that does not tell them", async (t) => {
    assert.equal(countSources("path\tidentity\nowner/1.jpg\tme", folders), null);
    assert.equal(countSources("", folders), null);
    const folder = await mkdtemp(join(tmpdir(), "facelatch-sources-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    assert.equal(await readSources(folder, folders), null);
    await writeFile(join(folder, "manifest.tsv"), list.join("\n"));
    assert.equal((await readSources(folder, folders))!.length, 3);
  });
});
