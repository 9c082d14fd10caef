// The vision process: it holds the models, answers one frame at a time, and may be killed at any moment.
import { codeOf, messageOf } from "../errors/errors.ts";
import { openBundle } from "../slots/open-bundle.ts";
import { FrameAnalyser } from "./frame-analyser.ts";
import { type Analyser, MotionGate } from "./motion-gate.ts";
import { openTfliteEngine } from "./tflite-engine.ts";
import type { VisionReply, VisionRequest } from "./vision-messages.ts";

let analyser: Analyser | null = null;
let opened: FrameAnalyser | null = null;

function reply(message: VisionReply): void {
  process.send?.(message);
}

async function start(request: Extract<VisionRequest, { type: "start" }>): Promise<void> {
  try {
    const { manifest, files, sha256 } = await openBundle(request.bundleFolder);
    const engine = openTfliteEngine(request);
    opened = new FrameAnalyser(engine, manifest, files);
    await opened.checkGolden(files);
    analyser = new MotionGate(opened);
    const { name, createdAt, labels, ownerLabel, thresholds, verifier } = manifest;
    const { ownerScoreMin, verifiedScoreMin, householdMarginMin, spoofScoreMin } = thresholds;
    const bundle = {
      name,
      sha256,
      createdAt,
      labels,
      ownerLabel,
      thresholds: { ownerScoreMin, verifiedScoreMin, householdMarginMin, spoofScoreMin },
      embeddingSpace: verifier.embeddingSpace,
      gallery: opened.gallery,
    };
    reply({ type: "ready", engine: engine.name, warning: engine.warning, bundle });
  } catch (error) {
    reply({ type: "refused", code: codeOf(error), message: messageOf(error) });
  }
}

async function analyse({ id, jpeg }: Extract<VisionRequest, { type: "analyse" }>): Promise<void> {
  try {
    if (analyser === null) throw new Error("a frame came before the models were ready");
    const analysis = await analyser.analyse(jpeg);
    reply({ type: "analysis", id, analysis, rssBytes: process.memoryUsage.rss() });
  } catch (error) {
    reply({ type: "failed", id, code: codeOf(error), message: messageOf(error) });
  }
}

process.on("message", (request: VisionRequest) => {
  if (request.type === "owner") opened?.knowOwner(request.owner);
  else void (request.type === "start" ? start(request) : analyse(request));
});

// Without its daemon this process has no purpose, and must not hold the models' memory.
process.on("disconnect", () => process.exit(0));
// The daemon decides when to stop: a terminal's Ctrl-C reaches the whole group.
process.on("SIGINT", () => {});
