import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { captureStill, stillArguments } from "../../../device/camera/still-camera.ts";
import { type ErrorCode, FacelatchError } from "../../../device/errors/errors.ts";
import { realJpeg } from "./jpegs.ts";

const path = process.env["PATH"];
let folder = "";
let output = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "facelatch-still-"));
  output = join(folder, "photo.jpg");
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "frame.jpg"), await realJpeg(5));
});

after(async () => {
  process.env["PATH"] = path;
  await rm(folder, { recursive: true });
});

/** Puts a shell script in the place of libcamera's program. */
async function install(body: string): Promise<void> {
  await writeFile(join(folder, "bin", "libcamera-still"), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  process.env["PATH"] = `${join(folder, "bin")}:${path}`;
}

function hasCode(code: ErrorCode, pattern: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof FacelatchError && error.code === code && pattern.test(error.message);
}

test("a photo is taken with exactly the options that were asked for", async () => {
  await install(`printf '%s\\n' "$@" > ${folder}/args; cp ${folder}/frame.jpg ${output}`);
  const jpeg = await captureStill({ widthPx: 1280, heightPx: 720, rotationDeg: 180, whiteBalance: "indoor" }, output);
  assert.deepEqual(Buffer.from(jpeg), await readFile(join(folder, "frame.jpg")));
  const args = "--nopreview --encoding jpg --width 1280 --height 720 --rotation 180 --awb indoor --output";
  assert.deepEqual((await readFile(join(folder, "args"), "utf8")).trim().split("\n"), [...args.split(" "), output]);
});

test("a photo from before does not pass for a new one", async () => {
  await install("exit 0");
  await writeFile(output, await realJpeg(9));
  await assert.rejects(captureStill({}, output), hasCode("CAMERA_UNAVAILABLE", /0 bytes/));
});

test("a program that is missing, fails, writes no JPEG or is late is CAMERA_UNAVAILABLE", async () => {
  process.env["PATH"] = join(folder, "nothing-here");
  await assert.rejects(captureStill({}, output), hasCode("CAMERA_UNAVAILABLE", /no program named libcamera-still/));
  await install("echo no cameras available >&2; exit 255");
  await assert.rejects(captureStill({}, output), hasCode("CAMERA_UNAVAILABLE", /no cameras available/));
  await install(`echo no picture > ${output}`);
  await assert.rejects(captureStill({}, output), hasCode("CAMERA_UNAVAILABLE", /that are no JPEG/));
  // Ends as soon as the test removes the file that it waits for.
  await writeFile(join(folder, "late"), "");
  await install(`while [ -e ${folder}/late ]; do :; done`);
  await assert.rejects(captureStill({}, output, 20), hasCode("CAMERA_UNAVAILABLE", /none within 20 ms/));
  await rm(join(folder, "late"));
});

test("unknown keys and values out of range are refused", () => {
  const wrong: object[] = [
    { width: 640 },
    { output: "/tmp/x.jpg" },
    { toString: 1 },
    { "widthPx --post-process-file x": 1 },
    { widthPx: "640; reboot" },
    { widthPx: 640.5 },
    { heightPx: 0 },
    { rotationDeg: 90 },
    { whiteBalance: "custom" },
    { metering: "$(reboot)" },
    { gainRatio: Number.NaN },
    { brightness: undefined },
  ];
  for (const options of wrong) {
    assert.throws(() => stillArguments(options, "/tmp/x.jpg"), hasCode("CONFIG_INVALID", /./), JSON.stringify(options));
  }
});

test("whatever the options and the path, nothing that means something to a shell gets through", () => {
  const value = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.constantFrom("auto", "spot", 0, 180));
  const key = fc.oneof(fc.constantFrom("widthPx", "rotationDeg", "metering", "whiteBalance", "gainRatio"), fc.string());
  const file = fc.oneof(
    fc.constant("/tmp/x.jpg"),
    fc.string(),
    fc.string().map((name) => `/tmp/${name}.jpg`),
  );
  fc.assert(
    fc.property(fc.dictionary(key, value), file, (options, outputPath) => {
      let args: Record<string, string | number | true>;
      try {
        args = stillArguments(options, outputPath);
      } catch (error) {
        assert.ok(error instanceof FacelatchError && error.code === "CONFIG_INVALID");
        return;
      }
      for (const [name, argument] of Object.entries(args)) {
        assert.match(name, /^[a-z]+$/);
        assert.match(String(argument), /^[A-Za-z0-9._/+-]+$/);
      }
      assert.doesNotMatch(String(args["output"]), /\.\./);
    }),
  );
});
