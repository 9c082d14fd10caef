// gpio-sim, which Debian's kernels leave out: built from Debian's own kernel source against its own headers.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { runCommand } from "./host-command.ts";

const minute = 60_000;

/** The folder that holds irq_sim.ko and gpio-sim.ko. */
export async function gpioSim(kernel: string): Promise<string> {
  return cached(`gpio-sim-2-${kernel}`, async (folder) => {
    const release = `${kernel}-amd64`;
    const headers = ["amd64", "common"].map((part) => `linux-headers-${kernel}-${part}`);
    const names = ["linux-source-6.12", ...headers, `linux-kbuild-${kernel}`];
    const work = join(folder, "work");
    await mkdir(work);
    await runCommand("apt-get", ["download", "-o", "APT::Sandbox::User=root", ...names], {
      timeoutMs: 5 * minute,
      cwd: work,
    });
    await unpack(work);
    const built = join(work, `usr/src/linux-headers-${release}`);
    await replaceIn(join(built, "Makefile"), "/usr/src/", join(work, "usr/src/"));
    const modules = join(work, "modules");
    await prepareModules(work, modules);
    // Without pahole there is no type information for tracers, which nobody asks for here.
    const args = ["-C", built, `M=${modules}`, "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"];
    await runCommand("make", args, { timeoutMs: 5 * minute });
    for (const name of ["irq_sim.ko", "gpio-sim.ko"]) {
      await runCommand("strip", ["--strip-debug", "-o", join(folder, name), join(modules, name)], {
        timeoutMs: minute,
      });
    }
    await rm(work, { recursive: true });
  });
}

const sources = ["drivers/gpio/gpio-sim.c", "kernel/irq/irq_sim.c"];

async function unpack(work: string): Promise<void> {
  for (const file of (await readdir(work)).filter((name) => name.endsWith(".deb"))) {
    await runCommand("dpkg-deb", ["-x", file, "."], { timeoutMs: 2 * minute, cwd: work });
    await rm(join(work, file));
  }
  const wanted = sources.map((path) => `linux-source-6.12/${path}`);
  await runCommand("tar", ["-xf", "usr/src/linux-source-6.12.tar.xz", ...wanted], { timeoutMs: 5 * minute, cwd: work });
}

async function prepareModules(work: string, modules: string): Promise<void> {
  await mkdir(modules);
  for (const path of sources) {
    await writeFile(join(modules, path.split("/").at(-1)!), await readFile(join(work, "linux-source-6.12", path)));
  }
  await writeFile(join(modules, "Makefile"), "obj-m := irq_sim.o gpio-sim.o\n");
  // As a module it lacks a licence, and one function that the kernel keeps to itself has a public way around.
  const irqSim = join(modules, "irq_sim.c");
  await replaceIn(irqSim, "irq_to_desc(irqnum)", "irq_data_to_desc(irq_get_irq_data(irqnum))");
  const licence = '\n#include <linux/irqdesc.h>\n#include <linux/module.h>\nMODULE_LICENSE("GPL");\n';
  await writeFile(irqSim, (await readFile(irqSim, "utf8")) + licence);
}

async function replaceIn(file: string, found: string, by: string): Promise<void> {
  const text = await readFile(file, "utf8");
  if (!text.includes(found)) throw new Error(`${file} does not hold ${found}`);
  await writeFile(file, text.replaceAll(found, by));
}
