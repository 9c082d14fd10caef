// The requests and answers that hold a secret, whose schemas mark it for the logger.
import { exportedPersonSchema } from "../people/people.ts";
import { knockSchema } from "./routes/button-pairing.ts";
import { bodySchema as pinSchema } from "./routes/second-step.ts";
import { newSessionSchema, sessionReportSchema } from "./routes/session.ts";
import { madeSchema as madeTokenSchema } from "./routes/tokens.ts";

export const secretBodies = [
  newSessionSchema,
  sessionReportSchema,
  madeTokenSchema,
  knockSchema,
  pinSchema,
  exportedPersonSchema,
] as const;
