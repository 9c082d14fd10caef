// The classes of a data set and the splits of each: folder names, in the order of the labels.

/** The folders of a data set, in the order of the labels. */
export const classFolders = ["owner", "others", "objects"] as const;
export type ClassFolder = (typeof classFolders)[number];

export const splitNames = ["train", "validation", "test"] as const;
export type SplitName = (typeof splitNames)[number];
