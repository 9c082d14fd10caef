// The documents: each link in them leads somewhere.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../device/installation/installation.ts";

const documents = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md"],
  ...readdirSync(join(packageRoot, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(path: string): Set<string> {
  const prose = read(path).replace(/^ *```[\s\S]*?^ *```/gm, "");
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, text]) => text!);
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
}

for (const document of documents) {
  test(`each link of ${document} leads to a file, and to a heading of it`, () => {
    const links = [...read(document).matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
    for (const link of links.filter((each) => !/^https?:/.test(each))) {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? document : normalize(join(dirname(document), path));
      assert.ok(existsSync(join(packageRoot, target)), `${link} leads nowhere`);
      if (anchor !== undefined) assert.ok(anchorsOf(target).has(anchor), `${link} has no such heading`);
    }
  });
}

test("each document in docs/ is linked from the README", () => {
  const readme = read("README.md");
  for (const document of documents.slice(3)) assert.ok(readme.includes(`](${document})`), document);
});
