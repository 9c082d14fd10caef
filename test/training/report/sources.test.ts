// Sources and licences, counted from the list of a data set.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSourceList } from "../../../training/dataset/source-list.ts";
import { countSources } from "../../../training/report/sources.ts";

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
    assert.deepEqual(countSources(parseSourceList(list.join("\r\n"), "list"), folders), [
      { origin: "LFW", licence: "research", photos: 2 },
      { origin: "LFW", licence: "not stated", photos: 1 },
      { origin: "camera", licence: "mine", photos: 1 },
    ]);
  });

  it("are unknown without a list, or with one that does not tell them", () => {
    assert.deepEqual(countSources(new Map(), folders), []);
    assert.deepEqual(countSources(parseSourceList("path\tidentity\nowner/1.jpg\tme", "list"), folders), []);
  });
});
