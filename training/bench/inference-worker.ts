// One engine with one model in a process of its own: memory is counted apart, and a crash ends nothing else.
import { messageOf } from "../../device/errors/errors.ts";
import { type Infer, openInEngine } from "./engines.ts";
import type { InferenceReply, InferenceRequest } from "./inference-messages.ts";

const warmUps = 3;
let infer: Infer | null = null;

async function open({ engine, path }: Extract<InferenceRequest, { type: "open" }>): Promise<InferenceReply> {
  try {
    const opened = await openInEngine(engine, path);
    for (let i = 0; i < warmUps; i++) await opened();
    infer = opened;
    return { type: "opened" };
  } catch (error) {
    return { type: "unable", reason: messageOf(error).split("\n")[0] ?? "an error" };
  }
}

async function run(count: number): Promise<InferenceReply> {
  if (infer === null) throw new Error("run before open");
  const ms: number[] = [];
  for (let i = 0; i < count; i++) {
    const startMs = performance.now();
    await infer();
    ms.push(performance.now() - startMs);
  }
  return { type: "ran", ms, rssBytes: process.memoryUsage.rss() };
}

process.on("message", (request: InferenceRequest) => {
  const reply = request.type === "open" ? open(request) : run(request.count);
  // A failed run ends the process; the benchmark reports its exit.
  void reply.then((message) => process.send?.(message));
});
process.on("disconnect", () => process.exit(0));
