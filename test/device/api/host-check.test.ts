// The Host header: which names pass, and that nothing else does.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hostCheck, hostOf } from "../../../device/api/host-check.ts";

describe("hostOf", () => {
  it("gives the host without its port, in lower case", () => {
    assert.equal(hostOf("Door.Local:8080"), "door.local");
    assert.equal(hostOf("door.local"), "door.local");
    assert.equal(hostOf("[::1]:80"), "[::1]");
    assert.equal(hostOf("[FE80::A]"), "[fe80::a]");
    assert.equal(hostOf("192.168.1.9:8080"), "192.168.1.9");
  });

  it("gives null for what is no host", () => {
    for (const header of [
      undefined,
      "",
      ":80",
      "a:b",
      "a:80:80",
      "a b",
      "user@localhost",
      "localhost/x",
      "[::1",
      "::1",
      "localhost:",
    ]) {
      assert.equal(hostOf(header), null, header);
    }
  });
});

describe("hostCheck", () => {
  it("lets configured names pass, with any port, IPv6 with or without brackets", () => {
    const check = hostCheck(["Door.local", "192.168.1.9", "fe80::a", "[fe80::b]"]);
    for (const header of ["door.local:1", "DOOR.LOCAL", "192.168.1.9:8080", "[fe80::a]:80", "[fe80::b]", "localhost:3"])
      check(header);
  });

  it("refuses every other name", () => {
    const allowed = ["127.0.0.1", "localhost", "[::1]", "door.local"];
    const check = hostCheck(["door.local"]);
    const nearly = fc
      .tuple(fc.constantFrom(...allowed), fc.constantFrom(".", "x", ".evil", "@evil", "/", "%00", " "))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.domain(), fc.ipV4(), nearly), (host) => {
        fc.pre(!allowed.includes(host.toLowerCase().replace(/:\d{1,5}$/, "")));
        assert.throws(() => check(host), { code: "HOST_REFUSED" });
      }),
    );
  });
});
