// The requests and answers that hold a secret, whose schemas mark it for the logger.
import { exportedPersonSchema } from "../people/people.ts";
import { bodySchema as pinSchema } from "./routes-second-step.ts";
import { newSessionSchema, sessionReportSchema } from "./routes-session.ts";
import { madeSchema as madeTokenSchema } from "./routes-tokens.ts";

export const secretBodies = [
  newSessionSchema,
  sessionReportSchema,
  madeTokenSchema,
  pinSchema,
  exportedPersonSchema,
] as const;
