import assert from "node:assert/strict";
import { test } from "node:test";
import {
  assertLoadable,
  compareVersions,
  debianDependencies,
  faultsOf,
  type NativeFile,
  parseReadelf,
  readNativeFile,
} from "../../../deploy/release/native-check.ts";
import { targets } from "../../../deploy/release/target.ts";

const sound: NativeFile = {
  path: "addon.node",
  machine: "AArch64",
  needed: ["libc.so.6", "libstdc++.so.6"],
  soname: null,
  versions: { GLIBC: "2.34", GLIBCXX: "3.4.21" },
  nodeAbi: "127",
};

test("versions are compared number by number", () => {
  assert.ok(compareVersions("2.4", "2.36") < 0);
  assert.ok(compareVersions("3.4.30", "3.4.9") > 0);
  assert.equal(compareVersions("2.17", "2.17.0"), 0);
});

test("only versions that are asked for count, and the newest of each family is kept", () => {
  const text = `
ELF Header:
  Machine:                           AArch64
Dynamic section at offset 0xfd18 contains 30 entries:
 0x0000000000000001 (NEEDED)             Shared library: [libstdc++.so.6]
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x000000000000000e (SONAME)             Library soname: [libown.so.1]
Version definition section '.gnu.version_d' contains 2 entries:
  0x0000: Rev: 1  Flags: BASE  Index: 1  Cnt: 1  Name: GLIBC_9.9
Version needs section '.gnu.version_r' contains 2 entries:
  000000: Version: 1  File: libc.so.6  Cnt: 2
  0x0010:   Name: GLIBC_2.17  Flags: none  Version: 5
  0x0020:   Name: GLIBC_2.4  Flags: none  Version: 6
  0x0030: Version: 1  File: libstdc++.so.6  Cnt: 1
  0x0040:   Name: GLIBCXX_3.4.21  Flags: none  Version: 4
Symbol table '.dynsym' contains 1 entry:
     1: 000000000001a450  1451 FUNC    GLOBAL DEFAULT   11 node_register_module_v115
`;
  assert.deepEqual(parseReadelf(text, "x.so"), {
    path: "x.so",
    machine: "AArch64",
    needed: ["libstdc++.so.6", "libc.so.6"],
    soname: "libown.so.1",
    versions: { GLIBC: "2.17", GLIBCXX: "3.4.21" },
    nodeAbi: "115",
  });
});

test("this machine's own Node.js is read as what it is", async () => {
  const own = await readNativeFile(process.execPath, "bin/node");
  const target = Object.values(targets).find(({ arch }) => arch === process.arch);
  assert.equal(own.machine, target?.elfMachine);
  assert.ok(own.needed.includes("libc.so.6"));
  assert.match(own.versions["GLIBC"] ?? "", /^2\.\d+$/);
});

test("a file for another machine, of a newer system, or without its library is named with its fault", () => {
  assert.deepEqual(faultsOf([sound], targets.arm64), []);
  const faults = faultsOf(
    [
      { ...sound, machine: "Advanced Micro Devices X86-64" },
      { ...sound, versions: { GLIBC: "2.37" } },
      { ...sound, versions: { GLIBCXX: "3.4.31" } },
      { ...sound, needed: ["libvips-cpp.so.42"] },
      { ...sound, needed: ["/build/libtensorflowlite_c.so"] },
      { ...sound, versions: { OPENSSL: "3.0.0" } },
      { ...sound, nodeAbi: "115" },
    ],
    targets.arm64,
  );
  assert.deepEqual(faults, [
    "addon.node is for Advanced Micro Devices X86-64, not AArch64",
    "addon.node asks for GLIBC_2.37, newer than 2.36",
    "addon.node asks for GLIBCXX_3.4.31, newer than 3.4.30",
    "addon.node asks for libvips-cpp.so.42, which neither the system nor the release has",
    "addon.node asks for /build/libtensorflowlite_c.so, which neither the system nor the release has",
    "addon.node asks for OPENSSL_3.0.0, which is unknown",
    "addon.node is compiled for modules 115 of Node.js, not 127",
  ]);
  assert.throws(() => assertLoadable([{ ...sound, machine: "ARM" }], targets.arm64), { code: "RELEASE_UNSOUND" });
});

test("a library that the release carries may be asked for by its name", () => {
  const library = { ...sound, path: "libvips-cpp.so.42", soname: "libvips-cpp.so.42" };
  assert.deepEqual(faultsOf([library, { ...sound, needed: ["libvips-cpp.so.42"] }], targets.arm64), []);
});

test("Debian's packages follow from what is asked for, with the least version of the C library", () => {
  const other = { ...sound, needed: ["libm.so.6", "libatomic.so.1"], versions: { GLIBC: "2.4" } };
  assert.deepEqual(debianDependencies([sound, other]), ["libatomic1", "libc6 (>= 2.34)", "libstdc++6"]);
});
