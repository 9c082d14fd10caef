// A section of a training's report: its plots are files as well.
import type { Plot, Section } from "../report-page/report-page.ts";
import type { ReportData } from "./report-data.ts";

export interface FiledPlot extends Plot {
  /** The PNG's name without its extension. */
  readonly file: string;
}

export interface ReportSection extends Section {
  readonly plots?: readonly FiledPlot[];
}

/** The data, and what every section needs to know of it. */
export interface ReportSubject extends ReportData {
  readonly labels: readonly string[];
  /** Index of the owner's label. */
  readonly owner: number;
  readonly runDir: string;
}
