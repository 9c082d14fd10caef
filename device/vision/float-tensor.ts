// Finds a model's float tensor by its shape, so that a model of another shape is refused when it is loaded.
import { FacelatchError } from "../errors/errors.ts";
import type { Tensor } from "./engine.ts";

/**
 * The memory of the one float32 tensor of this shape.
 *
 * @throws FacelatchError MODEL_INVALID
 */
export function floatTensor(tensors: readonly Tensor[], shape: readonly number[]): Float32Array {
  const wanted = shape.join("x");
  const found = tensors.find((tensor) => tensor.shape.join("x") === wanted);
  if (found?.data instanceof Float32Array) return found.data;
  throw new FacelatchError("MODEL_INVALID", {
    expected: `a float32 tensor of shape ${wanted}`,
    found: tensors.map((tensor) => `${tensor.dtype} ${tensor.shape.join("x")}`).join(", ") || "no tensor",
    next: "Make the bundle again with models that match its manifest.",
  });
}
