/**
 * Formulas on the pages: each is an equation of a docstring of lib, in the same letters and order, or stands in the
 * list below with the reason why the page says it more simply. Brackets, dots and spaces do not count, nor does
 * whether an index is written S_{ij} or S[i,j].
 */
import type { Check, Project, Source } from "./project.ts";

/** A formula of a page: where it is, and its plain text. */
export interface Formula {
  readonly page: string;
  readonly line: number;
  readonly plain: string;
}

/** What a page says more simply than a docstring, as plain text, with the reason. */
const SIMPLER: readonly (readonly [string, string])[] = [
  ["A_j = exp S_j / Σ_j' exp S_j'", "softmax of one query; `softmaxRows` takes the largest score off first"],
  ["Attention(q, K, V) = Σ_j A_j v_j", "`Attention` for one query"],
  [
    "S_ij = tanh([q_i ‖ k_j] W) v_a = tanh(q_i W_a + k_j U_a) v_a",
    "`ConcatAttention` and `AdditiveAttention` are equal, W = [W_a; U_a]",
  ],
  [
    "A_ij = exp(q_i k_j / √d_k) / Σ_l∈N(i) exp(q_i k_l / √d_k)",
    "`attendNeighbours`, (1) and (2) put into (3), without a bias",
  ],
  ["A = softmax((tanh(H W_s1) W_s2)ᵀ)", "(2) of `StructuredSelfAttention`, (1) put in"],
  ["W_m^Q = (in_proj[m d_k : (m+1) d_k, :])ᵀ", "`torch-attention`, whose docstring says it in words"],
  ["m = 0 … h − 1", "the heads of the formula above"],
  ["Q = X W_Q", "`CrossAttention` without biases"],
  ["K = M W_K", "`CrossAttention` without biases"],
  ["V = M W_V", "`CrossAttention` without biases"],
  ["y = x'_cls + MCA(LN(x'))", "(5) of `ClassTokenAttention`, u put in"],
  ["O_ℓ = Attention(Q_ℓ, K_ℓ, V_ℓ)", "`attendAlong` for the lines ℓ of one axis"],
  ["Y_·j = MultiHead_lat(Q_0·j)", "`FactorizedAttention`, self-attention with its one input"],
  ["O_i· = MultiHead_lon(Y_i·)", "`FactorizedAttention`, self-attention with its one input"],
  [
    "O_ij = Attention(Q_ij^lat, K_·j^lat, V_·j^lat) + Attention(Q_ij^lon, K_i·^lon, V_i·^lon)",
    "`ParallelFactorizedAttention`, both summands put in",
  ],
  ["FFN(X) = f(X W_1 + b_1) W_2 + b_2", "`FeedForward`, (1) put into (2)"],
  ["f(h) = max(0, h) or h / 2 (1 + erf h / √2)", "`relu` and `gelu`"],
  ["Y = X + MultiHead(LN_1(X))", "`EncoderBlock`, whose attention may be another"],
  ["Y = LN_1(X + MultiHead(X))", "`EncoderBlock`, whose attention may be another"],
  ["dA = dO Vᵀ", "`scaledDotProductGradient` without its mask"],
  ["Attention(Q, K, V) = softmax(Q Kᵀ / √d_k) V", "(1) to (4) of `ScaledDotProductAttention` in one line"],
  ["head_i = Attention(Q W_i^Q, K W_i^K, V W_i^V)", "`MultiHeadAttention` as in the paper, without biases"],
  ["MultiHead(Q, K, V) = Concat(head_1, …, head_h) W^O", "`MultiHeadAttention` as in the paper, without biases"],
  ["e_ij = v_aᵀ tanh(s_i−1 W_a + h_j U_a)", "(3) of `BahdanauDecoder`, R_j put in"],
  ["α_t = softmax(score(h_t, ~h))", "`LuongAttention` in the paper's letters"],
  ["c_t = Σ_s α_ts ~h_s", "`LuongAttention` in the paper's letters"],
  ["~h_t = tanh([c_t ‖ h_t] W_c)", "`LuongAttention` in the paper's letters"],
];

/** Greek letters and signs by their names in LaTeX. */
const SIGNS: Readonly<Record<string, string>> = {
  alpha: "α",
  beta: "β",
  gamma: "γ",
  delta: "δ",
  varepsilon: "ε",
  lambda: "λ",
  mu: "μ",
  sigma: "σ",
  tau: "τ",
  phi: "φ",
  Phi: "Φ",
  ell: "ℓ",
  sqrt: "√",
  sum: "Σ",
  top: "ᵀ",
  Vert: "‖",
  lVert: "‖",
  rVert: "‖",
  odot: "⊙",
  circ: "∘",
  infty: "∞",
  in: "∈",
  cup: "∪",
  le: "≤",
  ge: "≥",
  ne: "≠",
  neq: "≠",
  partial: "∂",
  nabla: "∇",
  forall: "∀",
};

/** Commands of LaTeX for space and size, which say nothing. */
const SILENT =
  /\\(?:left|right|[bB]igg?[lr]?|quad|qquad|displaystyle|begin\{\w+\}|end\{\w+\}|[,;:!. ])|(?<!\\)&/g;

/** A formula of LaTeX as plain text: \frac{a}{b} is a / b, x^{l}_{cls} is x_cls^l. */
export function plainOf(latex: string): string {
  let text = latex
    .replace(/\\(?:mathrm|mathtt|text|operatorname|mathbf)\{([^{}]*)\}/g, "$1")
    .replace(/\\(?:tilde|bar|hat|vec)\s*/g, "~")
    .replace(SILENT, " ")
    .replace(/\\(?:cdot|[lc]?dots|times)(?![a-z])/g, " ")
    .replace(/\\\|/g, "‖")
    .replace(/\\_/g, "_")
    .replace(/\^\s*(?:\\top|\{\s*\\top\s*\})/g, "ᵀ")
    .replace(/\\([A-Za-z]+)/g, (command, name: string) => SIGNS[name] ?? (name === "frac" ? command : name));
  for (let before = ""; before !== text; ) {
    before = text;
    text = text
      .replace(/([√~])\s*\{([^{}]*)\}/g, "$1$2")
      .replace(/([_^])\s*\{([^{}]*)\}/g, (_, mark: string, index: string) => mark + index.replace(/[\s,]+/g, ""))
      .replace(/\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "$1 / $2");
  }
  return text
    .replace(/[{}]/g, "")
    .replace(/\^([^\s_^()[\]+=‖ᵀ]+)_([^\s_^()[\]+=‖ᵀ]+)/g, "_$2^$1") // the lower index first, as in a docstring
    .replace(/-/g, "−")
    .replace(/\s+/g, " ")
    .trim();
}

/** The equations of a block: one a line, or several parted by \qquad. */
export function formulasOf({ file, text }: Source): Formula[] {
  return [...text.matchAll(/^```math\n([\s\S]*?)^```$/gm)].flatMap((match) => {
    const line = text.slice(0, match.index).split("\n").length;
    return match[1]!
      .split(/\\qquad|\\quad|\\\\/)
      .map(plainOf)
      .filter((plain) => plain.includes("="))
      .map((plain) => ({ page: file, line, plain: plain.replace(/[,.]$/, "") }));
  });
}

/** The equations of docstrings, whole and in their parts. */
export function equationsOf(lib: readonly Source[]): string[] {
  const lines = lib.flatMap(({ text }) => {
    const docstrings = [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].map(([docstring]) => docstring);
    return docstrings.flatMap((docstring) => docstring.match(/^ +\* {5}.*$/gm) ?? []);
  });
  const equations = lines.map((line) => line.replace(/^ +\* */, "").replace(/\s{2,}\(\w+\)$/, ""));
  return equations.flatMap((equation) => [equation, ...equation.split(/,\s{2,}|;\s+|\s{3,}/)]);
}

/** What counts of an equation: its letters and signs in order. */
export function signsOf(equation: string): string {
  return equation
    .replace(/^"[^"]*": */, "")
    .replace(/²(_\w+)/g, "$1²")
    .replace(/²/g, "2")
    .replace(/[\s()[\]{},.·…_^~]/g, "");
}

/** The formulas that no docstring has and no reason excuses, and the reasons that nothing needs. */
export function formulaProblems(pages: Project["pages"], lib: readonly Source[]): string[] {
  const known = new Set(equationsOf(lib).map(signsOf));
  const simpler = new Set(SIMPLER.map(([plain]) => signsOf(plain)));
  const formulas = pages.filter(({ file }) => !file.endsWith(".ja.md")).flatMap(formulasOf);
  const unknown = formulas.filter(({ plain }) => !known.has(signsOf(plain)) && !simpler.has(signsOf(plain)));
  const used = new Set(formulas.map(({ plain }) => signsOf(plain)));
  return [
    ...unknown.map(({ page, line, plain }) => `${page}:${line} ${plain}: no docstring has this equation`),
    ...SIMPLER.filter(([plain]) => !used.has(signsOf(plain))).map(([plain]) => `${plain} stands on no page any more`),
  ];
}

export const formulas: Check = {
  name: "formulas on pages",
  run: ({ pages, lib }) => {
    const count = pages.filter(({ file }) => !file.endsWith(".ja.md")).flatMap(formulasOf).length;
    return { problems: formulaProblems(pages, lib), figures: [`${count} formulas, ${SIMPLER.length} simpler ones`] };
  },
};
