import assert from "node:assert/strict";
import { test } from "node:test";
import { TextTail } from "../../../device/camera/text-tail.ts";

test("the tail is bounded, on one line, and masks an address whose beginning was cut off", () => {
  const tail = new TextTail();
  tail.push("first\n  second\n");
  assert.equal(tail.words(100), "first second");
  tail.push("x".repeat(1_990));
  tail.push(" rtsp://admin:geheim@");
  tail.push("10.0.0.8/h264 refused\n");
  const words = tail.words(60);
  assert.equal(words.length, 60);
  assert.match(words, /\/\/\*\*\*@10\.0\.0\.8\/h264 refused$/);

  const cut = new TextTail();
  cut.push(`rtsp://admin:geheim@10.0.0.8/ ${"y".repeat(2_030)}`);
  assert.doesNotMatch(cut.words(2_048), /geheim/);
});
