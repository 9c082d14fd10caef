// The page: who may look, the lock's state, what the camera sees, what happened, and how the device is.
import type { LiveReport } from "../live-report.ts";
import { type SessionState, useSession, useStatus, useStream } from "./connection.ts";
import { durationText } from "./format.ts";
import { texts, useLanguage } from "./language.ts";
import { html, render, useEffect, useState, type VNode } from "./vendor/standalone.module.js";
import { CameraView, type ReceivedReport } from "./views/camera-view.ts";
import { DoorControls } from "./views/door-controls.ts";
import { Enrol, useEnrolment } from "./views/enrol.ts";
import { EventList } from "./views/event-list.ts";
import { causes, health } from "./views/health.ts";
import { LanguageSwitch } from "./views/language-switch.ts";
import { LetIn } from "./views/let-in.ts";
import { lockState, lockWording } from "./views/lock-state.ts";
import { Passkeys } from "./views/passkeys.ts";
import { People } from "./views/people.ts";
import { ScheduleView } from "./views/schedule.ts";
import { Updates } from "./views/updates.ts";
import { mayDo } from "./wording.ts";

function App(): VNode {
  const { language, choose } = useLanguage();
  const state = useSession();
  // Made anew in another language: what was said of an answer in one stays in none.
  return html`
    <div key=${language}>${view(state)}</div>
    <${LanguageSwitch} language=${language} choose=${choose} />
  `;
}

function view(state: SessionState): VNode {
  if (state.session !== null) return html`<${Door} ...${state} />`;
  if (state.isAsked) return html`<${LetIn} begin=${state.begin} />`;
  return html`<p class="plain">${texts().app.asking}</p>`;
}

function Door({ session, end }: SessionState): VNode {
  const words = texts().app;
  const { status, knowledge, refresh } = useStatus();
  const isKnown = knowledge === "known";
  const [live, setLive] = useState<ReceivedReport | null>(null);
  const [lastScore, setLastScore] = useState<number | null>(null);
  const isLive = useStream({
    isWanted: true,
    urlOf: () => "/v1/live/stream",
    types: ["live"],
    onMessage: (_type, data) => {
      const report = data as LiveReport;
      setLive({ report, receivedAtMs: performance.now() });
      if (report.verification !== null) setLastScore(report.verification.score);
    },
  });
  const camera = { received: live, isOpen: isLive && isKnown };
  const mayEnrol = mayDo(session, "people");
  const [isFollowing, setFollowing] = useState(false);
  const enrolling = useEnrolment(mayEnrol && (isFollowing || (status?.enrolment ?? null) !== null));
  const enrolment = enrolling.state?.enrolment ?? null;
  // From the answer that it began to the one that it ended, whatever an older status said.
  useEffect(() => {
    setFollowing(enrolment !== null);
    refresh();
  }, [enrolment === null]);
  const { word } = lockWording(status, knowledge);
  useEffect(() => {
    document.title = `${word} \u2013 Facelatch`;
  }, [word]);
  return html`
    <header class="bar">
      <h1>Facelatch</h1>
      ${knowledge === "silent" ? html`<p class="offline">${words.noConnection}</p>` : null}
      ${session?.kind === "session" ? html`<button type="button" onClick=${end}>${words.signOut}</button>` : null}
    </header>
    <main>
      <div class="area-door">
        ${lockState(status, knowledge)}
        <${DoorControls} session=${session} status=${isKnown ? status : null} onDone=${refresh} />
        ${isKnown ? causes(status) : null}
        ${
          enrolment === null
            ? html`<${CameraView} ...${camera} status=${status} />`
            : html`<${Enrol} enrolment=${enrolment} enrolling=${enrolling} camera=${camera} />`
        }
      </div>
      <${EventList}
        onEvent=${refresh}
        canSay=${mayDo(session, "feedback")}
        canSee=${mayDo(session, "snapshots")}
        snapshots=${status?.snapshots ?? null}
      />
      <div class="area-health">
        ${
          mayEnrol
            ? html`<${People} enrolling=${enrolling} ownerLabel=${status?.ownerLabel ?? null} onDone=${refresh} />`
            : null
        }
        <${ScheduleView} session=${session} status=${isKnown ? status : null} onDone=${refresh} />
        ${mayDo(session, "admin") ? html`<${Passkeys} />` : null}
        <${Updates} mayUpdate=${mayDo(session, "update")} lastScore=${lastScore} />
        ${isKnown ? health(status) : null}
      </div>
    </main>
    <footer>
      ${status === null ? null : words.versionAndUptime(status.version, durationText(status.uptimeMs))}
    </footer>
  `;
}

const root = document.getElementById("app");
if (root === null) throw new Error("the page lacks its root element");
render(html`<${App} />`, root);
