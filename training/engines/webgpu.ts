// WebGPU for Node: Dawn out of the npm package webgpu, put where TensorFlow.js looks for a browser's.
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { unavailable } from "./engine.ts";

export interface WebGpuAdapter {
  readonly description: string;
  /** A program that pretends to be a GPU, such as SwiftShader or llvmpipe. */
  readonly isEmulated: boolean;
}

interface Gpu {
  requestAdapter(options: { readonly powerPreference: "high-performance" }): Promise<{
    readonly info: {
      readonly vendor: string;
      readonly architecture: string;
      readonly description: string;
      readonly isFallbackAdapter?: boolean;
    };
  } | null>;
}

interface Dawn {
  create(options: readonly string[]): Gpu;
  readonly globals: object;
}

interface Device {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  addEventListener(type: "uncapturederror", listener: (event: DeviceError) => void): void;
}

interface DeviceError {
  readonly error: { readonly message: string };
  preventDefault(): void;
}

const emulators = /swiftshader|llvmpipe|lavapipe|software/i;
let started: WebGpuAdapter | null = null;
let fault: string | null = null;
const watched = new WeakSet<Device>();

/**
 * Starts Dawn once for this process; it stays for as long as the process runs.
 *
 * @throws FacelatchError ENGINE_UNAVAILABLE without the package, Vulkan or an adapter
 */
export async function startWebGpu(): Promise<WebGpuAdapter> {
  if (started !== null) return started;
  const { create, globals } = await loadDawn();
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) {
    throw unavailable(
      "webgpu",
      "no adapter",
      "Install the GPU's Vulkan driver and libvulkan1 (Debian: mesa-vulkan-drivers), or choose another engine.",
    );
  }
  provide(gpu);
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const name = [vendor, architecture, description].filter((part) => part !== "").join(" ");
  started = { description: name, isEmulated: isFallbackAdapter === true || emulators.test(name) };
  return started;
}

async function loadDawn(): Promise<Dawn> {
  // Optional: it has no binary for some platforms. A variable keeps the compiler from asking for it.
  const name = "webgpu";
  return import(name).catch((cause: unknown) => {
    const found = messageOf(cause).split("\n")[0]!;
    throw unavailable("webgpu", found, "Install it with `npm install webgpu`.", cause);
  }) as Promise<Dawn>;
}

/** Newer Nodes have a navigator already. */
function provide(gpu: Gpu): void {
  const scope = globalThis as unknown as { navigator?: object };
  if (scope.navigator === undefined) Object.defineProperty(scope, "navigator", { value: {}, configurable: true });
  Object.defineProperty(scope.navigator, "gpu", { value: gpu, configurable: true });
}

/** WebGPU reports what it could not compute by an event, and goes on with zeros: the first such report is kept. */
export function watchDevice(device: Device): void {
  if (watched.has(device)) return;
  watched.add(device);
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    fault ??= event.error.message.split("\n")[0]!;
  });
  void device.lost.then(({ reason, message }) => {
    fault ??= `the device was lost (${reason}): ${message}`;
  });
}

/**
 * To be called after results were read: without it, wrong ones would pass for right.
 *
 * @throws FacelatchError TRAINING_FAILED once the device has reported a fault
 */
export function throwOnDeviceFault(): void {
  if (fault === null) return;
  throw new FacelatchError("TRAINING_FAILED", {
    expected: "a GPU that computes all it is given",
    found: fault,
    next: "Update the GPU's driver, or choose another engine with --engine.",
  });
}
