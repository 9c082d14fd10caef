// The page: every file that it asks for comes from this device, and nothing else of the folders does.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { packageRoot } from "../../../device/installation/installation.ts";
import { fakeDevice } from "./fake-device.ts";

const pageFolder = join(packageRoot, "device", "api", "page");
const compiledFolder = join(packageRoot, "dist", "device", "api", "page");

/** By their paths in the folder; the types of the library beside them are none of the page's own. */
function filesOf(folder: string, extension: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(extension) && !name.startsWith("vendor"));
}

describe("the page", () => {
  it("was built: run npm run build", () => {
    for (const name of filesOf(pageFolder, ".ts")) {
      assert.ok(
        existsSync(join(compiledFolder, name.replace(/\.ts$/, ".js"))),
        `${name} has no script beside it in dist`,
      );
    }
  });

  it("is HTML at the root, with everything it needs at our own address", async (t) => {
    const { api } = fakeDevice(t);
    const answer = await api.inject("/");
    assert.equal(answer.statusCode, 200);
    assert.match(String(answer.headers["content-type"]), /^text\/html/);
    assert.equal(answer.headers["cache-control"], "no-cache");
    const wanted = [...answer.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    assert.ok(wanted.length >= 4);
    for (const url of wanted) assert.equal((await api.inject(url)).statusCode, 200, url);
    assert.doesNotMatch(answer.body, /<script(?![^>]* src=)|<style|style="|\son\w+="/);
  });

  it("has scripts whose every import is served as a script", async (t) => {
    const { api } = fakeDevice(t);
    const queue = ["/page/app.js"];
    const seen = new Set<string>();
    let compressedBytes = 0;
    for (let url = queue.pop(); url !== undefined; url = queue.pop()) {
      if (seen.has(url)) continue;
      seen.add(url);
      const answer = await api.inject(url);
      assert.equal(answer.statusCode, 200, url);
      assert.match(String(answer.headers["content-type"]), /^(text|application)\/javascript/, url);
      compressedBytes += gzipSync(answer.body).byteLength;
      for (const [, target] of answer.body.matchAll(/^import\s.*?from\s*"([^"]+)"/gm)) {
        queue.push(new URL(target!, `http://door${url}`).pathname);
      }
    }
    t.diagnostic(`${compressedBytes} bytes of script, compressed`);
    assert.ok(compressedBytes < 150_000, `${compressedBytes} bytes of script, compressed`);
    const expected = filesOf(compiledFolder, ".js").map((name) => `/page/${name}`);
    assert.deepEqual([...seen].sort(), [...expected, "/page/vendor/standalone.module.js"].sort());
  });

  it("names no other host in any of its files", () => {
    const files = [".ts", ".css", ".html"].flatMap((extension) => filesOf(pageFolder, extension));
    for (const name of files) {
      const text = readFileSync(join(pageFolder, name), "utf8");
      assert.doesNotMatch(text, /https?:\/\/|url\(|@import|innerHTML|eval\(/, name);
    }
  });

  it("is all that the folders give away", async (t) => {
    const { api } = fakeDevice(t);
    const urls = [
      "/page/",
      "/page/app.ts",
      "/page/app.js.map",
      "/page/tsconfig.json",
      "/page/vendor/standalone.module.d.ts",
      "/page/vendor/package.json",
      "/page/views/people.ts",
      "/page/texts/",
      "/page/vendor/../../api.ts",
      "/page/..%2fapi.js",
      "/page/%2e%2e/api.js",
      "/page/..\\api.js",
      "/page/.hidden.html",
    ];
    for (const url of urls) {
      const answer = await api.inject(url);
      assert.ok(answer.statusCode === 404 || answer.statusCode === 400, `${url} ${answer.statusCode}`);
      assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/, url);
    }
  });
});
