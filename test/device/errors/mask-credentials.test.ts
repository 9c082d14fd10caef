import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTokenText } from "../../../device/access/token-text.ts";
import { maskCredentials } from "../../../device/errors/mask-credentials.ts";

test("user and password of addresses are masked", () => {
  const cases: [string, string][] = [
    ["rtsp://admin:geheim@10.0.0.8:554/h264", "rtsp://***@10.0.0.8:554/h264"],
    ["rtsp://admin:ge@heim@10.0.0.8/h264: refused", "rtsp://***@10.0.0.8/h264: refused"],
    ["rtsp://10.0.0.8/user=admin_password=geheim_channel=1.sdp", "rtsp://10.0.0.8/user=***"],
    ["'rtsp://10.0.0.8/live?token=geheim&n=1'", "'rtsp://10.0.0.8/live?token=***&n=1'"],
    ["rtsp://10.0.0.8/h264", "rtsp://10.0.0.8/h264"],
    ["mqtt://door:geheim@broker.local:1883 refused", "mqtt://***@broker.local:1883 refused"],
    ["wpa psk=geheim12 passphrase='' ", "wpa psk=*** passphrase='' "],
    ['{"password": "ge heim", "pin":"1234"}', '{"password": "***", "pin":"***"}'],
    [JSON.stringify({ password: 'ge"heim\\', pin: "1234" }), '{"password":"***","pin":"***"}'],
    ['{"password":"ge\\"heim', '{"password":"***"'],
  ];
  for (const [text, masked] of cases) assert.equal(maskCredentials(text), masked);
});

test("tokens are masked by their shape, wherever they stand, and their id is left", () => {
  const { text, id } = makeTokenText("token");
  const session = makeTokenText("session");
  for (const told of [`found ${text}.`, `authorization: Bearer ${text}`, `x${text}`, `?t=${text}&n=1`]) {
    const masked = maskCredentials(told);
    assert.ok(!masked.includes(text.slice(-43)), masked);
  }
  assert.equal(maskCredentials(`${text} ended`), `fl_${id}_*** ended`);
  assert.equal(maskCredentials(`cookie facelatch=${session.text}; a=b`), `cookie facelatch=fs_${session.id}_***; a=b`);
  assert.equal(maskCredentials("Basic ZG9vcjpnZWhlaW0xMjM0NTY="), "Basic ***");
  assert.equal(maskCredentials("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"), "whsec_***");
});

test("what the device says otherwise is left as it is", () => {
  for (const text of [
    "Expected a token for admin; found one for read. Make one with this scope.",
    "The camera delivers no frames: ffmpeg ended with 1: Connection refused // later",
    'token 0123456789ab was made by "Anna"',
    "the API cannot listen on 127.0.0.1:8780; it is tried again",
  ]) {
    assert.equal(maskCredentials(text), text);
  }
});
