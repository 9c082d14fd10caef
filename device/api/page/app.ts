// The page: the lock's state, what the camera sees, what happened, and how the device is.
import type { LiveReport } from "../live-report.ts";
import { CameraView, type ReceivedReport } from "./camera-view.ts";
import { useStatus, useStream } from "./connection.ts";
import { EventList } from "./event-list.ts";
import { causes, health } from "./health.ts";
import { lockState, lockWording } from "./lock-state.ts";
import { html, render, useEffect, useState, type VNode } from "./vendor/standalone.module.js";
import { durationText } from "./wording.ts";

function App(): VNode {
  const { status, knowledge, refresh } = useStatus();
  const isKnown = knowledge === "known";
  const [live, setLive] = useState<ReceivedReport | null>(null);
  const isLive = useStream({
    isWanted: true,
    urlOf: () => "/v1/live/stream",
    types: ["live"],
    onMessage: (_type, data) => setLive({ report: data as LiveReport, receivedAtMs: performance.now() }),
  });
  const { word } = lockWording(status, knowledge);
  useEffect(() => {
    document.title = `${word} \u2013 Facelatch`;
  }, [word]);
  return html`
    <header class="bar">
      <h1>Facelatch</h1>
      ${knowledge === "silent" ? html`<p class="offline">No connection</p>` : null}
    </header>
    <main>
      <div class="area-door">
        ${lockState(status, knowledge)} ${isKnown ? causes(status) : null}
        <${CameraView} received=${live} isOpen=${isLive && isKnown} status=${status} />
      </div>
      <${EventList} onEvent=${refresh} />
      ${isKnown ? health(status) : null}
    </main>
    <footer>
      ${status === null ? null : `Version ${status.version}, up for ${durationText(status.uptimeMs)}`}
    </footer>
  `;
}

const root = document.getElementById("app");
if (root === null) throw new Error("the page lacks its root element");
root.replaceChildren();
render(html`<${App} />`, root);
