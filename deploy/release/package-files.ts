// Which files of a package a board needs: what runs, what is read, and the licence; not tests, sources or maps.
import { basename } from "node:path";

const foldersLeftOut = /^(?:\.|(?:tests?|__tests__|docs?|examples?|bench(?:mark)?s?|integration(?:-test)?|coverage)\/)/;
const namesLeftOut =
  /(?:^|\/)(?:\.[^/]+|(?:readme|changelog|history|contributing|security|changes|code_of_conduct|governance|yarn-error|makefile|eslint\.config|tsconfig|tslint|jasmine|rollup\.config|vite\.config|package-lock|bower|karma\.conf|gruntfile|gulpfile)[^/]*)$/i;
const endingsLeftOut =
  /\.(?:map|[cm]?ts|tsx|flow|md|markdown|mkd|c|cc|cpp|cxx|h|hpp|gyp|gypi|o|a|d|mk|yml|yaml|sh|bat|cmd|ps1|html|css|png|svg|gif|lock|tgz|log|txt)$/i;
const licenceName = /^(?:licen[cs]e|copying|notice|copyright|third[-_]party)/i;

/** Packages of which only these are used, besides package.json and licences. */
const onlyThese: Readonly<Record<string, RegExp>> = {
  "better-sqlite3": /^(?:lib\/.+\.js|build\/Release\/better_sqlite3\.node)$/,
  epoll: /^(?:epoll\.js|build\/Release\/epoll\.node)$/,
  "tfjs-tflite-node": /^(?:build\/Release\/node_tflite_binding\.node|cc_deps\/linux_[a-z0-9]+\/[^/]+\.so)$/,
  htm: /^preact\/(?:standalone\.module\.js|package\.json)$/,
};

/** Whether the name, at any depth, is a licence or a notice, which goes with what it is about. */
export function isLicence(path: string): boolean {
  return licenceName.test(basename(path));
}

/**
 * Whether a board needs the file.
 *
 * @param name the package's
 * @param path the file's, within the package
 * @param tfliteArch the one architecture whose TensorFlow Lite libraries are kept
 */
export function isNeeded(name: string, path: string, tfliteArch: string): boolean {
  if (path === "package.json" || isLicence(path)) return true;
  // It names the libraries within, and the licence of each.
  if (name.startsWith("@img/sharp-libvips-") && path === "README.md") return true;
  const only = onlyThese[name];
  if (only !== undefined) return only.test(path) && !isForeign(path, tfliteArch);
  return !foldersLeftOut.test(path) && !namesLeftOut.test(path) && !endingsLeftOut.test(path);
}

function isForeign(path: string, tfliteArch: string): boolean {
  return path.startsWith("cc_deps/") && !path.startsWith(`cc_deps/linux_${tfliteArch}/`);
}
