// Sizes by which a training's plots can be read on a phone, where they are drawn at about four fifths.

export const plotWidthPx = 330;
export const textPx = 12;

/** Spread into an axis of shares. */
export const shareAxis = { format: ".1~%" } as const;
