import assert from "node:assert/strict";
import { test } from "node:test";
import { maskCredentials } from "../../../device/camera/mask-credentials.ts";
import { TextTail } from "../../../device/camera/text-tail.ts";

test("user and password of addresses are masked", () => {
  const cases: [string, string][] = [
    ["rtsp://admin:geheim@10.0.0.8:554/h264", "rtsp://***@10.0.0.8:554/h264"],
    ["rtsp://admin:ge@heim@10.0.0.8/h264: refused", "rtsp://***@10.0.0.8/h264: refused"],
    ["rtsp://10.0.0.8/user=admin_password=geheim_channel=1.sdp", "rtsp://10.0.0.8/user=***"],
    ["'rtsp://10.0.0.8/live?token=geheim&n=1'", "'rtsp://10.0.0.8/live?token=***&n=1'"],
    ["rtsp://10.0.0.8/h264", "rtsp://10.0.0.8/h264"],
  ];
  for (const [text, masked] of cases) assert.equal(maskCredentials(text), masked);
});

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
