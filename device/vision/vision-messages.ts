// The messages between the daemon and its vision process.
import type { FrameAnalysis, LoadedBundle, OwnerTemplates } from "./vision.ts";

export type VisionRequest =
  | {
      readonly type: "start";
      readonly bundleFolder: string;
      readonly threads: number;
      readonly delegate: "auto" | "none";
    }
  | { readonly type: "analyse"; readonly id: number; readonly jpeg: Uint8Array }
  | { readonly type: "owner"; readonly owner: OwnerTemplates };

export type VisionReply =
  | {
      readonly type: "ready";
      readonly engine: "xnnpack" | "plain";
      readonly warning: string | null;
      readonly bundle: LoadedBundle;
    }
  | { readonly type: "refused"; readonly code: string; readonly message: string }
  | { readonly type: "analysis"; readonly id: number; readonly analysis: FrameAnalysis; readonly rssBytes: number }
  | { readonly type: "failed"; readonly id: number; readonly code: string; readonly message: string };
