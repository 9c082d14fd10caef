// The device's own certificate: made once, for all its names, and read by a real TLS client.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { connect, createServer } from "node:tls";
import { deviceCertificate, readDeviceCertificate } from "../../../device/tls/tls.ts";
import { stateFolder } from "../delivery/small-delivery.ts";

const names = ["door.local", "door", "192.168.1.9", "localhost", "::1"];

describe("the device's certificate", () => {
  it("is made once, holds every name, and lasts longer than the board", async (t) => {
    const state = stateFolder(t);
    assert.equal(await readDeviceCertificate(state), null);
    const { pem, fingerprint } = await deviceCertificate(state, names);
    const certificate = new X509Certificate(pem);
    assert.equal(certificate.fingerprint256, fingerprint);
    for (const name of ["door.local", "door", "localhost"]) assert.equal(certificate.checkHost(name), name);
    for (const address of ["192.168.1.9", "::1"]) assert.ok(certificate.checkIP(address), address);
    assert.equal(certificate.checkHost("evil.example"), undefined);
    assert.equal(certificate.ca, false);
    assert.ok(certificate.verify(certificate.publicKey));
    assert.ok(new Date(certificate.validFrom) < new Date("2021-01-01"));
    assert.ok(new Date(certificate.validTo) > new Date("2049-01-01"));
    assert.equal((await deviceCertificate(state, ["other"])).fingerprint, fingerprint);
    const path = join(state, "tls", "device.pem");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(state, "tls")).mode & 0o777, 0o700);
    assert.notEqual((await deviceCertificate(stateFolder(t), names)).fingerprint, fingerprint);
  });

  it("is taken by a client that trusts it, and by no other", { timeout: 10_000 }, async (t) => {
    const { pem } = await deviceCertificate(stateFolder(t), names);
    const server = createServer({ cert: pem, key: pem }, (socket) => socket.end());
    server.on("tlsClientError", () => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const open = { host: "127.0.0.1", port, servername: "door.local" };
    const trusting = connect({ ...open, ca: pem });
    await once(trusting, "secureConnect");
    assert.equal(trusting.authorized, true);
    trusting.destroy();
    const [error] = (await once(connect(open), "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "DEPTH_ZERO_SELF_SIGNED_CERT");
  });

  it("that is damaged is told of, and never replaced unasked", async (t) => {
    const state = stateFolder(t);
    mkdirSync(join(state, "tls"));
    for (const damage of ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x".repeat(10_000)]) {
      writeFileSync(join(state, "tls", "device.pem"), damage);
      await assert.rejects(deviceCertificate(state, names), { code: "TLS_UNAVAILABLE" });
    }
  });
});
