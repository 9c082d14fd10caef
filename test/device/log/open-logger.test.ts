// The daemon's logger: every mark of the schemas, every header, every error and every picture goes through a real pino.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type Type from "typebox";
import { makeTokenText } from "../../../device/access/token-text.ts";
import { secretBodies } from "../../../device/api/secret-bodies.ts";
import { configSchema, parseConfig } from "../../../device/config/config.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { openLogger, redactedPaths } from "../../../device/log/open-logger.ts";

const canary = "kanarienvogel";

function openLog(url = `rtsp://door:${canary}@camera.local/live`) {
  const lines: string[] = [];
  const value = parseConfig(`camera: { kind: rtsp, url: "${url}" }\n`, "the test");
  const logger = openLogger({
    level: "trace",
    config: { schema: configSchema as Type.TSchema, value },
    bodies: secretBodies,
    write: (fields, line) => {
      assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(fields)));
      lines.push(line);
    },
  });
  return { logger, lines, value };
}

/** An object that holds a value at a path of pino's. */
function holding(path: string, value: unknown): Record<string, unknown> {
  const steps = path.match(/\["[^"]+"\]|\[\*\]|[^.[\]]+/g)!;
  return steps.reduceRight<unknown>((inner, step) => {
    if (step === "[*]") return [inner];
    return { [step.replace(/^\["(.*)"\]$/, "$1")]: inner };
  }, value) as Record<string, unknown>;
}

describe("the daemon's logger", () => {
  it("writes no header that lets somebody in, and nothing that a schema marks", () => {
    const { logger, lines } = openLog();
    const paths = redactedPaths(configSchema, secretBodies);
    assert.ok(paths.length > 20, `found ${paths.length}`);
    for (const path of paths) {
      logger.info(holding(path, "an unknown value"), "a line");
      assert.match(lines.at(-1)!, /\[secret\]/, path);
      assert.doesNotMatch(lines.at(-1)!, /an unknown value/, path);
    }
  });

  it("writes no secret of the configuration, wherever it stands in a line", () => {
    const { logger, lines, value } = openLog();
    logger.info(`connecting to rtsp://door:${canary}@camera.local/live`);
    logger.info({ config: value, deep: { a: [`x${canary}x`] } }, `${canary}`);
    logger.child({ camera: `by ${canary}` }).warn("a child's line");
    logger.error({ err: new Error(`no ${canary}`, { cause: new Error(`as ${canary}`) }) }, "failed");
    logger.error(new Error(canary));
    assert.equal(lines.length, 5);
    assert.doesNotMatch(lines.join(""), new RegExp(canary));
    assert.match(lines[0]!, /connecting to rtsp:\/\/\*\*\*@camera\.local/);
  });

  it("writes of an error its type, code, message, causes and stack, and nothing that it carries", () => {
    const { logger, lines } = openLog();
    const cause = Object.assign(new Error("the disk is gone"), { code: "EIO", buffer: Buffer.from(canary) });
    const detail = { expected: "a disk", found: "none", next: "Mend it.", cause };
    const error = Object.assign(new FacelatchError("INTERNAL", detail), { request: { token: canary } });
    logger.error({ err: error }, "failed");
    const { err } = JSON.parse(lines[0]!) as { err: Record<string, string> };
    assert.deepEqual(Object.keys(err), ["type", "code", "message", "stack"]);
    assert.deepEqual([err["type"], err["code"]], ["FacelatchError", "INTERNAL"]);
    assert.match(err["message"]!, /found none\. Mend it\.: the disk is gone$/);
    assert.match(err["stack"]!, /open-logger\.test/);
  });

  it("writes of pictures, embeddings and long lists only how long they are", () => {
    const { logger, lines } = openLog();
    const bytes = Buffer.alloc(5_000, 7);
    const embedding = Float32Array.from({ length: 128 }, (_, i) => i / 128);
    logger.info({ bytes, embedding, list: [...embedding], inner: { bytes } }, "fields");
    const fields = JSON.parse(lines[0]!) as Record<string, unknown>;
    assert.equal(fields["bytes"], "[5000 bytes]");
    assert.equal(fields["embedding"], "[512 bytes]");
    assert.equal(fields["list"], "[128 values]");
    assert.deepEqual(fields["inner"], { bytes: "[5000 bytes]" });
    logger.info(`a template: ${JSON.stringify([...embedding])}`);
    assert.match(lines[1]!, /a template: \[\[numbers\]\]/);
    const some = bytes.subarray(0, 1_000);
    logger.info(`a picture: ${some.toString("base64")}, ${some.toString("hex")}`);
    assert.match(lines[2]!, /a picture: \[bytes\], \[bytes\]/);
    logger.info(`the bundle ${"a1".repeat(32)}`);
    assert.match(lines[3]!, /(a1){32}/);
  });

  it("writes no token of any text, whatever surrounds it", () => {
    const { logger, lines } = openLog();
    fc.assert(
      fc.property(
        fc.string({ maxLength: 40 }),
        fc.string({ maxLength: 40 }),
        fc.boolean(),
        (before, after, isToken) => {
          const { text } = makeTokenText(isToken ? "token" : "session");
          logger.info({ field: `${before}${text}${after}` }, `${before}${text}${after}`);
          assert.ok(!lines.at(-1)!.includes(text.slice(-43)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("leaves no half of a secret where a text is cut", () => {
    const { logger, lines } = openLog();
    for (let before = 7_980; before < 8_020; before++)
      logger.info(`${"a ".repeat(before / 2)}${canary} and more of it`);
    logger.info(`${"a".repeat(7_995)}${canary}`);
    assert.doesNotMatch(lines.join(""), /kana/);
    assert.match(lines.join(""), /a \[of \d+ characters\]/);
  });

  it("writes of a line as a whole no more than that, however many fields it has", () => {
    const { logger, lines } = openLog();
    const branching = (depth: number): unknown =>
      depth === 0
        ? "some text"
        : Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`k${i}`, branching(depth - 1)]));
    const texts = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`text${i}`, "a b ".repeat(1_900)]));
    for (const fields of [{ tree: branching(5) }, texts]) {
      logger.warn(fields, "the message ".repeat(600));
      assert.ok(lines.at(-1)!.length < 60_000, `${lines.at(-1)!.length} characters`);
      assert.ok(/"\[more\]".*"msg":"the message the message/.test(lines.at(-1)!), "left out, and the message is there");
    }
  });

  it("takes little time for a text that is made to take much", () => {
    const { logger, lines } = openLog();
    const texts = ["1", "1,", "1.1, ", "/", "//", "a=", "token", '"pin"', "A", "fl_", "Bearer ", "-", "e1", "://x:y@"];
    for (const text of texts) {
      const fromMs = performance.now();
      logger.info({ text: text.repeat(100_000) }, text.repeat(100_000));
      assert.ok(lines.at(-1)!.length < 40_000, text);
      assert.ok(performance.now() - fromMs < 2_000, `${text} took ${performance.now() - fromMs} ms`);
    }
  });
});
