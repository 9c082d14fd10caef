// How patient the guard and its daemon in small are, as the configuration's defaults are.
export const guardTimings = {
  ...{ heartbeatTimeoutMs: 700, answerTimeoutMs: 400, startTimeoutMs: 10_000 },
  ...{ backoffFirstMs: 250, backoffMaxMs: 5_000 },
} as const;
