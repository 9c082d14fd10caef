// Which camera a V4L2 device file leads to: the driver's name for it, and its numbers on the USB.
import { readFileSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * In words, such as "HD Webcam, 046d:0825, serial 200901010001"; null where the kernel knows no such device.
 *
 * @param device such as "/dev/video0", or a link to it
 */
export function videoIdentityOf(device: string, sysRoot = "/sys"): string | null {
  try {
    const folder = join(sysRoot, "class/video4linux", basename(realpathSync(device)));
    const name = readWord(join(folder, "name"));
    if (name === null) return null;
    // The device is one interface of what is plugged in, which has the numbers.
    const plugged = join(realpathSync(join(folder, "device")), "..");
    const [vendor, product, serial] = ["idVendor", "idProduct", "serial"].map((file) => readWord(join(plugged, file)));
    const numbers = vendor == null || product == null ? [] : [`${vendor}:${product}`];
    return [name, ...numbers, ...(serial == null ? [] : [`serial ${serial}`])].join(", ");
  } catch {
    return null;
  }
}

function readWord(path: string): string | null {
  try {
    const text = readFileSync(path, "utf8").trim().slice(0, 64);
    return text === "" ? null : text;
  } catch {
    return null;
  }
}
