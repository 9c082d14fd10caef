// What the camera sees: the last frame with the faces marked, the scores, and the decision in words.
import type { LiveReport } from "../../live-report.ts";
import type { StatusReport } from "../../status-report.ts";
import { durationText, percentText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useEffect, useState, type VNode } from "../vendor/standalone.module.js";

/** An older frame is no longer what is before the door. */
const frameAgeMaxMs = 3_000;

/** A report, and when it arrived on this page's clock: a camera that stops sends no report of its stopping. */
export interface ReceivedReport {
  readonly report: LiveReport;
  readonly receivedAtMs: number;
}

export interface PictureProps {
  readonly received: ReceivedReport | null;
  readonly isOpen: boolean;
}

export interface CameraViewProps extends PictureProps {
  readonly status: StatusReport | null;
}

/** The seq of the frame to show: the newest one, once the picture before it has arrived. */
function useFrameSeq(newestSeq: number | null): [shown: number | null, settled: () => void] {
  const [shown, setShown] = useState<number | null>(null);
  const [isLoading, setLoading] = useState(false);
  useEffect(() => {
    if (newestSeq === null || newestSeq === shown || isLoading) return;
    setShown(newestSeq);
    setLoading(true);
  }, [newestSeq, shown, isLoading]);
  return [shown, () => setLoading(false)];
}

/** How old the frame of a report is, looked at anew each second. */
function useFrameAgeMs(received: ReceivedReport | null): number {
  const [nowMs, setNowMs] = useState(performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return received === null ? 0 : received.report.ageMs + Math.max(0, nowMs - received.receivedAtMs);
}

/** Why what the camera sees is not live; null where it is. */
function useStaleness({ received, isOpen }: PictureProps): string | null {
  const ageMs = useFrameAgeMs(received);
  if (!isOpen) return texts().camera.notLive;
  return ageMs > frameAgeMaxMs ? texts().camera.old(durationText(ageMs)) : null;
}

export function CameraView({ received, isOpen, status }: CameraViewProps): VNode {
  const stale = useStaleness({ received, isOpen });
  // What an old frame showed says nothing of who is there now.
  const current = stale === null ? (received?.report ?? null) : null;
  return html`
    <section class="panel" aria-labelledby="camera-title">
      <h2 id="camera-title">${texts().camera.title}</h2>
      <${Picture} received=${received} isOpen=${isOpen} />
      ${decisionText(current)} ${scoreBars(current, status)}
    </section>
  `;
}

/** The last frame with the faces marked, and said to be old when it is. */
export function Picture({ received, isOpen }: PictureProps): VNode {
  const stale = useStaleness({ received, isOpen });
  const live = received?.report ?? null;
  const [seq, settled] = useFrameSeq(live?.seq ?? null);
  const current = stale === null ? live : null;
  return html`
    <figure class="frame ${stale === null ? "" : "frame-stale"}">
      ${
        seq === null
          ? html`<p class="frame-empty">${texts().camera.noPicture}</p>`
          : html`
            <img
              src="/v1/live/frame.jpg?seq=${seq}"
              width=${live?.widthPx ?? 640}
              height=${live?.heightPx ?? 480}
              alt=${pictureText(current)}
              onLoad=${settled}
              onError=${settled}
            />
            ${current === null ? null : faceBoxes(current)}
          `
      }
      ${stale === null ? null : html`<figcaption class="frame-age">${stale}</figcaption>`}
    </figure>
  `;
}

function pictureText(live: LiveReport | null): string {
  return live === null ? texts().camera.lastPicture : texts().camera.picture(live.faces.length);
}

function faceBoxes({ widthPx, heightPx, faces, decision }: LiveReport): VNode | null {
  if (widthPx === null || heightPx === null) return null;
  const subjectLook = decision?.kind === "unlock" ? "face-unlock" : "face-subject";
  return html`
    <svg class="faces" viewBox="0 0 ${widthPx} ${heightPx}" aria-hidden="true">
      ${faces.map(
        (face, i) => html`
          <rect
            class=${i === 0 ? subjectLook : "face-other"}
            x=${face.leftPx}
            y=${face.topPx}
            width=${face.widthPx}
            height=${face.heightPx}
            rx=${widthPx / 80}
          />
        `,
      )}
    </svg>
  `;
}

function decisionText(live: LiveReport | null): VNode {
  const { camera, said } = texts();
  const decision = live?.decision ?? null;
  if (decision === null) return html`<p class="decision note">${camera.noDecision}</p>`;
  const { kind, reason, message } = decision;
  const word = kind === "unlock" || reason === "pulse_active" ? camera.open : camera.stayLocked;
  const why = kind === "unlock" ? camera.ownerRecognised : said.reason(reason, message);
  return html`<p class="decision decision-${kind}"><strong>${word}.</strong> ${why}</p>`;
}

interface Bar {
  readonly label: string;
  readonly score: number;
  /** From here on it speaks for opening; null where nothing depends on it alone. */
  readonly scoreMin: number | null;
  readonly isOwner: boolean;
}

/** Both witnesses: how like the owner's templates the face is, and what the classifier takes it for. */
function scoreBars(live: LiveReport | null, status: StatusReport | null): VNode | null {
  if (live === null || live.scores.length === 0) return null;
  const { camera, said } = texts();
  const { verification } = live;
  const bars: Bar[] = live.scores.map(({ label, score }) => {
    const isOwner = label === status?.ownerLabel;
    return {
      label: isOwner ? label : said.label(label),
      score,
      isOwner,
      scoreMin: isOwner ? (status?.bundle?.ownerScoreMin ?? null) : null,
    };
  });
  if (verification !== null) {
    const scoreMin = status?.bundle?.verifiedScoreMin ?? null;
    bars.unshift({ label: camera.likeness, score: Math.max(0, verification.score), scoreMin, isOwner: true });
  }
  return html`<ul class="scores" aria-label=${camera.scores}>${bars.map(scoreBar)}</ul>`;
}

function scoreBar({ label, score, scoreMin, isOwner }: Bar): VNode {
  return html`
    <li class="score" key=${label}>
      <span class="score-label">${label}</span>
      <svg class="score-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="score-track" width="100" height="8" />
        <rect class=${isOwner ? "score-owner" : "score-other"} width=${score * 100} height="8" />
        ${scoreMin === null ? null : html`<rect class="score-min" x=${scoreMin * 100 - 0.4} width="0.8" height="8" />`}
      </svg>
      <span class="score-value">${percentText(score)}</span>
      ${scoreMin === null ? null : html`<span class="score-note">${texts().camera.needs(percentText(scoreMin))}</span>`}
    </li>
  `;
}
