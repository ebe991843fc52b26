import type { Matrix } from "../matrix.ts";
import { adamStep } from "../kernels/adam-step.ts";
import { checkFinite, checkMatrix, checkOptions, matrix } from "../matrix.ts";

/** How AdamW steps. Defaults: β_1 0.9, β_2 0.999, ε 1e-8, decay λ 0. */
export interface AdamWOptions {
  readonly beta1?: number | undefined;
  readonly beta2?: number | undefined;
  readonly eps?: number | undefined;
  readonly decay?: number | undefined;
}

/** The two running means of each matrix, by name: what has to be kept to go on after a pause. */
export interface AdamWState {
  readonly steps: number;
  readonly m: ReadonlyMap<string, Matrix>;
  readonly v: ReadonlyMap<string, Matrix>;
}

/**
 * AdamW (AdamW 最適化): each number of the weights has a step size of its own, from its last gradients.
 *
 *     m ← β_1 m + (1 − β_1) g,  v ← β_2 v + (1 − β_2) g²                      (1)
 *     m̂ = m / (1 − β_1ᵗ),  v̂ = v / (1 − β_2ᵗ)                                 (2)
 *     w ← w − η (m̂ / (√v̂ + ε) + λ w)                                          (3)
 *
 *     parameters: name → w, gradients: name → g of the same shape, η the learning rate of this step t = 1, 2, …
 *
 * `step` writes into the matrices that it was given: the one place in the library that does. βᵗ is a running
 * product, so that the bits are the same on every engine. A parameter without a gradient stays as it is.
 * Errors: RangeError unless each gradient has a parameter of its name and shape.
 * Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", Algorithm 2, arXiv 1711.05101.
 */
export class AdamW {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly decay: number;
  private readonly parameters: ReadonlyMap<string, Matrix>;
  private readonly m: Map<string, Matrix>;
  private readonly v: Map<string, Matrix>;
  private steps: number;
  private power1: number;
  private power2: number;

  constructor(parameters: ReadonlyMap<string, Matrix>, options: AdamWOptions = {}) {
    checkOptions("AdamW", options, ["beta1", "beta2", "eps", "decay"]);
    const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, decay = 0 } = options;
    for (const [name, beta] of [["beta1", beta1], ["beta2", beta2]] as const) {
      checkFinite("AdamW", name, beta);
      if (beta < 0 || beta >= 1) {
        throw new RangeError(`AdamW: ${name} must be in [0, 1); got ${beta}`);
      }
    }
    checkFinite("AdamW", "eps", eps, 0);
    checkFinite("AdamW", "decay", decay);
    if (decay < 0) throw new RangeError(`AdamW: decay must be ≥ 0; got ${decay}`);
    this.parameters = parameters;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.eps = eps;
    this.decay = decay;
    this.m = new Map();
    this.v = new Map();
    parameters.forEach((W, name) => {
      this.m.set(name, matrix(W.rows, W.cols));
      this.v.set(name, matrix(W.rows, W.cols));
    });
    this.steps = 0;
    this.power1 = 1;
    this.power2 = 1;
  }

  /** One step at the given learning rate: writes the new weights into the parameters. */
  step(gradients: ReadonlyMap<string, Matrix>, rate: number): void {
    checkFinite("AdamW.step", "rate", rate);
    gradients.forEach((g, name) => {
      const W = this.parameters.get(name);
      if (W === undefined) {
        throw new RangeError(`AdamW.step: gradients has ${name}, which is no parameter`);
      }
      checkMatrix("AdamW.step", `gradient ${name}`, g, W);
    });
    this.steps++;
    this.power1 *= this.beta1;
    this.power2 *= this.beta2;
    gradients.forEach((g, name) => {
      const w = this.parameters.get(name) as Matrix; //            (3) is written into it
      const m = this.m.get(name) as Matrix; //                     (1) is written into it
      const v = this.v.get(name) as Matrix; //                     (1) is written into it
      const correction1 = 1 - this.power1; //                      (2)
      const correction2 = 1 - this.power2; //                      (2)
      const { beta1, beta2, eps, decay } = this;
      adamStep({ w, m, v }, g, { beta1, beta2, correction1, correction2, eps, decay, rate });
    });
  }

  /** The running means, to be stored; `restore` takes them back. */
  state(): AdamWState {
    return { steps: this.steps, m: this.m, v: this.v };
  }

  /** Goes on from a stored state: as if the steps had been taken here. */
  restore({ steps, m, v }: AdamWState): void {
    this.parameters.forEach((W, name) => {
      for (const [own, stored] of [[this.m, m], [this.v, v]] as const) {
        const M = stored.get(name);
        if (M === undefined) {
          throw new RangeError(`AdamW.restore: the state has no running mean of ${name}`);
        }
        checkMatrix("AdamW.restore", name, M, W);
        (own.get(name) as Matrix).data.set(M.data);
      }
    });
    this.steps = steps;
    this.power1 = 1;
    this.power2 = 1;
    for (let t = 0; t < steps; t++) {
      this.power1 *= this.beta1;
      this.power2 *= this.beta2;
    }
  }
}
