// The figures of the notebook that this project starts from: M. Ullenbruch, "Face Recognition with Transferlearning" (Keras).

/** A share from 0 to 1 of each split that the notebook tells of. */
interface SplitShares {
  readonly validation: number;
  readonly test: number;
}

export type NotebookFigure = "accuracy" | "ownerPrecision" | "ownerRecall" | "othersRecall" | "objectsPrecision";

export type NotebookModel = { readonly name: string } & Partial<Readonly<Record<NotebookFigure, SplitShares>>>;

/** In the order of its table. Figures that it does not state are left out. */
export const notebookModels: readonly NotebookModel[] = [
  {
    name: "InceptionResNetV2",
    accuracy: { validation: 0.985, test: 0.986 },
    ownerPrecision: { validation: 0.969, test: 0.966 },
    ownerRecall: { validation: 0.996, test: 1 },
    othersRecall: { validation: 0.965, test: 0.965 },
    objectsPrecision: { validation: 1, test: 1 },
  },
  { name: "MobileNetV2", accuracy: { validation: 0.984, test: 0.991 } },
];

export const notebookPhotos = { train: 3129, validation: 615, test: 349 } as const;

/** MobileNetV2 on photos that it was not trained on. */
export const notebookHard = [
  { name: "the author's brother", right: 13, photos: 17 },
  { name: "the author with masks", right: 2, photos: 3 },
] as const;
