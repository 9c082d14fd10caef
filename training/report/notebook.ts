// The figures of the notebook that this project starts from: M. Ullenbruch, "Face Recognition with Transferlearning" (Keras).

/** Shares from 0 to 1; null where the notebook does not say. */
export interface NotebookModel {
  readonly name: string;
  readonly accuracy: { readonly validation: number; readonly test: number };
  readonly owner: NotebookClass | null;
  /** By validation and test. */
  readonly othersRecall: { readonly validation: number; readonly test: number } | null;
}

export interface NotebookClass {
  readonly precision: { readonly validation: number; readonly test: number };
  readonly recall: { readonly validation: number; readonly test: number };
}

/** In the order of its table. */
export const notebookModels: readonly NotebookModel[] = [
  {
    name: "InceptionResNetV2",
    accuracy: { validation: 0.985, test: 0.986 },
    owner: {
      precision: { validation: 0.969, test: 0.966 },
      recall: { validation: 0.996, test: 1 },
    },
    othersRecall: { validation: 0.965, test: 0.965 },
  },
  { name: "MobileNetV2", accuracy: { validation: 0.984, test: 0.991 }, owner: null, othersRecall: null },
];

export const notebookPhotos = { train: 3129, validation: 615, test: 349 } as const;

/** MobileNetV2 on photos that it was not trained on: how many were classified rightly. */
export const notebookHard = [
  { name: "the brother", right: 13, photos: 17 },
  { name: "the owner with masks", right: 2, photos: 3 },
] as const;
