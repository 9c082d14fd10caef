import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import {
  checkCountry,
  checkHostname,
  checkSsid,
  checkTimezone,
  checkUser,
  readSshKeys,
} from "../../../deploy/provision/settings.ts";
import { wpaPsk } from "../../../deploy/provision/wpa-psk.ts";
import { sshKey } from "./first-boot-example.ts";

test("names that fit are taken as they are", () => {
  assert.equal(checkHostname("front-door-2"), "front-door-2");
  assert.equal(checkUser("anna"), "anna");
  assert.equal(checkTimezone("America/Argentina/Buenos_Aires"), "America/Argentina/Buenos_Aires");
  assert.equal(checkTimezone("UTC"), "UTC");
  assert.equal(checkCountry("DE"), "DE");
  assert.equal(checkSsid("Zuhause 5 GHz é"), "Zuhause 5 GHz é");
});

test("what could break out of a file, or out of a rule, is refused", () => {
  const wrong: readonly [(text: string) => string, readonly string[]][] = [
    [checkHostname, ["", "-a", "a-", "Door", "a.b", "a b", "$(reboot)", "a".repeat(64), "12", "tür"]],
    [checkUser, ["", "root", "facelatch", "Anna", "1a", "a b", "a;b", "a".repeat(33), "a_b"]],
    [checkTimezone, ["", "Nowhere/City", "../../etc/passwd", "Europe/Berlin;x", "/etc/localtime"]],
    [checkCountry, ["", "de", "DEU", "D1", "D;"]],
    [checkSsid, ["", "a".repeat(33), "é".repeat(17), "a\nb", "a\u0000", "\u007f"]],
  ];
  for (const [check, texts] of wrong) {
    for (const text of texts) assert.throws(() => check(text), { code: "USAGE" }, JSON.stringify(text));
  }
});

test("public keys are taken, with comments and empty lines around them", () => {
  assert.deepEqual(readSshKeys(`# mine\r\n\r\n${sshKey}\n`, "keys"), [sshKey]);
});

test("a private key, options, another type's body and anything else are refused", () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const wrong = [
    privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    "",
    `command="x" ${sshKey}`,
    sshKey.replace("ssh-ed25519", "ssh-rsa"),
    "ssh-ed25519 AAAA",
    `${sshKey}\u0007`,
    "ssh-dss AAAAB3NzaC1kc3MAAACBAPY8ZOHY2yFSJA6XYC9HRwNHxaehvx5wOJ0rzZdz",
    `${sshKey}\n`.repeat(51),
  ];
  for (const text of wrong) assert.throws(() => readSshKeys(text, "keys"), { code: "INPUT_INVALID" }, text);
});

test("a network's key follows from its passphrase as the standard's examples say", () => {
  // IEEE 802.11-2012, annex M.4.3.
  assert.equal(wpaPsk("IEEE", "password"), "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e");
  assert.equal(
    wpaPsk("ThisIsASSID", "ThisIsAPassword"),
    "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af",
  );
  assert.equal(
    wpaPsk("Z".repeat(32), "a".repeat(32)),
    "becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62",
  );
});

test("a key is taken for one, and a passphrase that cannot be is refused without being told", () => {
  assert.equal(wpaPsk("x", "AB".repeat(32)), "ab".repeat(32));
  for (const passphrase of ["short", "x".repeat(64), "pässwörter", "tab\tinside"]) {
    assert.throws(
      () => wpaPsk("x", passphrase),
      (error: Error) => {
        assert.ok(!error.message.includes(passphrase));
        return true;
      },
    );
  }
});
