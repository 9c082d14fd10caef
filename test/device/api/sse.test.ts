// Streams: what is written, and that a slow client cannot hold the device's memory.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SseStream, sseText } from "../../../device/api/sse.ts";

describe("sseText", () => {
  it("keeps any data on one line, so that no text can forge a message", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (message) => {
        const lines = sseText({ id: 7, event: "unlock.refused", data: { message } }).split(/\r\n|\r|\n/);
        assert.deepEqual(
          [lines.length, lines[0], lines[1], lines[3], lines[4]],
          [5, "id: 7", "event: unlock.refused", "", ""],
        );
        assert.deepEqual(JSON.parse(lines[2]!.slice("data: ".length)), JSON.parse(JSON.stringify({ message })));
      }),
    );
  });
});

describe("SseStream", () => {
  it("drops a client once more waits for it than the buffer may hold", async () => {
    const stream = new SseStream(1_000);
    const closed = once(stream.body, "close");
    stream.write("x".repeat(1_000));
    assert.equal(stream.body.destroyed, false);
    assert.equal(stream.waitingBytes, 1_000);
    stream.write("x");
    await closed;
    stream.write("after its end");
    stream.end();
    assert.equal(stream.body.destroyed, true);
  });

  it("gives all that was written to a client that reads, and then ends", async () => {
    const stream = new SseStream(1_000);
    stream.send({ event: "a", data: 1 });
    stream.write(": note\n\n");
    stream.end();
    stream.write("after its end");
    stream.end();
    let text = "";
    for await (const chunk of stream.body) text += String(chunk);
    assert.equal(text, "event: a\ndata: 1\n\n: note\n\n");
  });
});
