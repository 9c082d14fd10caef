// The licences of what a release carries: one page that names every package, and the texts that came with them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isLicence } from "./package-files.ts";
import { filesBelow } from "./program-files.ts";

interface Described {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** Every package.json below node_modules that describes a package, by its path. Sorted. */
function carriedPackages(tree: string): (Described & { readonly folder: string; readonly texts: string[] })[] {
  const files = filesBelow(tree, "node_modules");
  const folders = files
    .filter((path) => /node_modules\/(?:@[^/]+\/)?[^@/][^/]*\/package\.json$/.test(path))
    .map((path) => path.slice(0, -"/package.json".length));
  return folders.map((folder) => {
    const described = JSON.parse(readFileSync(join(tree, folder, "package.json"), "utf8")) as Described;
    const within = files.filter((path) => path.startsWith(`${folder}/`) && isLicence(path));
    return {
      ...described,
      folder,
      texts: within.filter((path) => !path.slice(folder.length).includes("/node_modules/")),
    };
  });
}

/**
 * The page in the form of Debian's machine-readable copyright files.
 *
 * @param nodeLicence the text of Node.js', which names all that is within it
 */
export function licencePage(tree: string, nodeLicence: string): string {
  const own = readFileSync(join(tree, "LICENSE"), "utf8");
  const copyright = /^Copyright \(c\) (.+)$/m.exec(own)?.[1] ?? "";
  const packages = carriedPackages(tree);
  const paragraphs = packages.map(({ name, version, license, folder, texts }) =>
    [
      `Files: ${folder}/*`,
      `Comment: ${name} ${version}; ${texts.length > 0 ? `texts: ${texts.join(", ")}` : "the package holds no text"}`,
      `Copyright: the authors of ${name}`,
      `License: ${license ?? "see-comment"}`,
      "",
    ].join("\n"),
  );
  return [
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
    "Upstream-Name: facelatch",
    "Comment: what is said of models and programs in NOTICE belongs to this.",
    "",
    "Files: *",
    `Copyright: ${copyright}`,
    "License: Expat",
    "",
    "Files: bin/node",
    "Comment: Node.js with all that is compiled into it; its full text, with every part's, is licences/node.txt",
    `Copyright: ${/^Copyright (.+)$/m.exec(nodeLicence)?.[1] ?? "Node.js contributors"}`,
    "License: Expat",
    "",
    ...paragraphs,
    ...licenceParagraphs(own, packages),
  ].join("\n");
}

/** The texts that every system of Debian's kind has are named by their place. */
function licenceParagraphs(own: string, packages: readonly Described[]): string[] {
  const named = new Set(packages.map(({ license }) => license ?? "see-comment"));
  const paragraphs = [`License: Expat\n${indented(own)}`];
  for (const name of [...named].sort()) paragraphs.push(`License: ${name}\n${indented(textOf(name, own))}`);
  return paragraphs.map((paragraph) => `${paragraph}\n`);
}

function textOf(name: string, own: string): string {
  if (name === "MIT") return own;
  if (name.includes("Apache-2.0"))
    return "On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.";
  if (name.includes("LGPL-3.0"))
    return "On Debian systems the full text is in /usr/share/common-licenses/LGPL-3.\nThe library is a file of its own, which may be replaced by another build of it.";
  return "The text stands beside the package, in the files that are named above.";
}

function indented(text: string): string {
  return text
    .trim()
    .split("\n")
    .map((line) => (line.trim() === "" ? " ." : ` ${line}`))
    .join("\n");
}
