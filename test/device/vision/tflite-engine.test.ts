// The engine: what it loads, what it refuses, and what it says where the delegate is missing.
import assert from "node:assert/strict";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import fc from "fast-check";
import { packageRoot } from "../../../device/installation/installation.ts";
import { floatTensor } from "../../../device/vision/float-tensor.ts";
import { openTfliteEngine } from "../../../device/vision/tflite-engine.ts";
import type { VisionProcess } from "../../../device/vision/vision-process.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { portrait } from "../../fixtures/portraits.ts";
import { classifierFile, makeSmallBundle, type SmallBundle, writeFiles } from "../../fixtures/small-bundle.ts";

let bundle: SmallBundle;
let model: Uint8Array;

before(async () => {
  bundle = await makeSmallBundle();
  model = bundle.files.get(classifierFile)!;
});

describe("the engine", () => {
  it("gives a model's tensors with their shapes, and the same answer with the delegate and without", () => {
    const answers = (["auto", "none"] as const).map((delegate) => {
      const engine = openTfliteEngine({ threads: 1, delegate });
      assert.deepEqual([engine.name, engine.warning], [delegate === "auto" ? "xnnpack" : "plain", null]);
      const { inputs, outputs, infer } = engine.load(model);
      assert.deepEqual([inputs[0]!.shape, inputs[0]!.dtype], [[1, 240, 240, 3], "float32"]);
      floatTensor(inputs, [1, 240, 240, 3]).fill(0.25);
      infer();
      return [...floatTensor(outputs, [1, 3])];
    });
    const [fast, plain] = answers;
    for (const [i, score] of fast!.entries()) assert.ok(Math.abs(score - plain![i]!) < 1e-5);
  });

  it("refuses bytes that are no model, whatever they are", () => {
    const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
    const identifier = new TextEncoder().encode("TFL3");
    const bytes = fc.uint8Array({ maxLength: 400 }).chain((random) =>
      fc.boolean().map((marked) => {
        if (marked && random.length >= 8) random.set(identifier, 4);
        return random;
      }),
    );
    fc.assert(
      fc.property(bytes, (garbage) => assert.throws(() => engine.load(garbage), { code: "MODEL_INVALID" })),
      { numRuns: 100 },
    );
  });

  it("keeps its own copy of the bytes", () => {
    const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
    const bytes = Uint8Array.from(model);
    const loaded = engine.load(bytes);
    bytes.fill(0);
    loaded.infer();
    assert.ok(floatTensor(loaded.outputs, [1, 3]).every((score) => score >= 0 && score <= 1));
  });
});

describe("a tensor that is asked for by its shape", () => {
  it("must be there, and of float32", () => {
    const tensors = [
      { name: "a", shape: [1, 3], dtype: "int8" as const, data: new Int8Array(3) },
      { name: "b", shape: [1, 2], dtype: "float32" as const, data: new Float32Array(2) },
    ];
    assert.equal(floatTensor(tensors, [1, 2]), tensors[1]!.data);
    assert.throws(() => floatTensor(tensors, [1, 3]), { code: "MODEL_INVALID", message: /int8 1x3, float32 1x2/ });
    assert.throws(() => floatTensor([], [1]), { code: "MODEL_INVALID", message: /no tensor/ });
  });
});

describe("an installation without the delegate", () => {
  it("works with the plain engine, and says that it is slow and what to do", async (t) => {
    const root = await mkdtemp(join(tmpdir(), "facelatch-plain-"));
    t.after(() => rm(root, { recursive: true, force: true }));
    // The same program, installed where the delegate was never built.
    await cp(join(packageRoot, "dist/device"), join(root, "dist/device"), { recursive: true });
    await cp(join(packageRoot, "package.json"), join(root, "package.json"));
    await symlink(join(packageRoot, "node_modules"), join(root, "node_modules"));
    const bundleFolder = join(root, "bundle");
    await writeFiles(bundleFolder, bundle.files);
    const module = (await import(join(root, "dist/device/vision/vision-process.js"))) as {
      VisionProcess: typeof VisionProcess;
    };
    const vision = new module.VisionProcess({
      bundleFolder: () => bundleFolder,
      threads: 1,
      delegate: "auto",
      frameTimeoutMs: 5_000,
      startTimeoutMs: 20_000,
      backoffFirstMs: 20,
      backoffMaxMs: 20,
    });
    t.after(() => vision.stop());
    vision.start();
    const { engine, warning } = await eventually(
      "a vision process that is ready",
      () => vision.status(),
      ({ state }) => state === "ready",
    );
    assert.equal(engine, "plain");
    assert.match(warning ?? "", /XNNPACK delegate is missing.*npm run install/);
    assert.equal((await vision.analyse(await portrait("owner"))).faces.length, 1);
  });
});
