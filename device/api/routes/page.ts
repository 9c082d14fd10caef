// The page for people: its files and the one library that it uses, all from this device. They hold nothing of the door,
// and everybody may load them: the page asks for the code or the token.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import { packageRoot } from "../../installation/installation.ts";
import type { Api } from "../api-deps.ts";

/** HTML and styles are served as they were written, scripts as they were compiled. */
const sourceFolder = join(packageRoot, "device", "api", "page");
const compiledFolder = join(packageRoot, "dist", "device", "api", "page");

const servedFile = /^\/?(?:(?:texts|views)\/)?[a-z][a-z-]*\.(?:css|html|js|svg)$/;
const vendorFile = "standalone.module.js";

export async function pageRoutes(api: Api): Promise<void> {
  await api.register(async (files: Api) => {
    files.addHook("onRoute", (route) => {
      route.config = { ...route.config, access: "public" };
    });
    await pageFiles(files);
  });
}

async function pageFiles(api: Api): Promise<void> {
  await api.register(fastifyStatic, {
    root: [sourceFolder, compiledFolder],
    prefix: "/page/",
    index: false,
    dotfiles: "ignore",
    allowedPath: (path) => servedFile.test(path) || path === vendorFile,
    cacheControl: false,
    setHeaders: (reply) => {
      reply.setHeader("cache-control", "no-cache");
    },
  });
  const vendorFolder = dirname(fileURLToPath(import.meta.resolve("htm/preact/standalone")));
  api.get("/", { schema: { hide: true } }, (_request, reply) => reply.sendFile("index.html", sourceFolder));
  api.get(`/page/vendor/${vendorFile}`, { schema: { hide: true } }, (_request, reply) =>
    reply.sendFile(vendorFile, vendorFolder),
  );
}
