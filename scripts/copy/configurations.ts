/** The compiler settings of other people's projects, under which every copy must compile. */
export interface Configuration {
  readonly id: string;
  readonly about: string;
  readonly options: Record<string, unknown>;
  /** The ending of the copies, `ts` unless given. */
  readonly ext?: "mts";
  /** The package's `type`, "module" unless given. */
  readonly package?: "commonjs";
  /** Start from what `tsc --init` writes, with these keys on top; null takes a key out. */
  readonly init?: true;
}

const strict = { strict: true, target: "es2022", module: "esnext", moduleResolution: "bundler", types: [] };
const dom = ["es2022", "dom", "dom.iterable"];

export const CONFIGURATIONS: readonly Configuration[] = [
  { id: "C1", about: "bundler, minimal", options: { module: "esnext", moduleResolution: "bundler" } },
  { id: "C2", about: "what tsc --init writes", init: true, options: {} },
  {
    id: "C3",
    about: "isolated modules, nothing unused, DOM",
    options: {
      ...strict,
      lib: dom,
      isolatedModules: true,
      verbatimModuleSyntax: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      noFallthroughCasesInSwitch: true,
    },
  },
  {
    id: "C4",
    about: "the strictest preset",
    options: {
      ...strict,
      noImplicitReturns: true,
      noImplicitOverride: true,
      noPropertyAccessFromIndexSignature: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noFallthroughCasesInSwitch: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      allowUnreachableCode: false,
      allowUnusedLabels: false,
      noUncheckedSideEffectImports: true,
      isolatedModules: true,
    },
  },
  {
    id: "C5",
    about: "CommonJS package under nodenext",
    package: "commonjs",
    options: { strict: true, module: "nodenext", target: "es2022", types: [] },
  },
  {
    id: "C6",
    about: "the same with verbatimModuleSyntax, as .mts",
    package: "commonjs",
    ext: "mts",
    options: { strict: true, module: "nodenext", target: "es2022", verbatimModuleSyntax: true, types: [] },
  },
  {
    id: "C7",
    about: "module commonjs, target es2020",
    options: { strict: true, module: "commonjs", target: "es2020", types: [] },
  },
  { id: "C8", about: "strict off", options: { ...strict, strict: false } },
  { id: "C9", about: "strictNullChecks off", options: { ...strict, strictNullChecks: false } },
  { id: "C10", about: "target and lib es2015", options: { ...strict, target: "es2015", lib: ["es2015"] } },
  { id: "C11", about: "target and lib es2019", options: { ...strict, target: "es2019", lib: ["es2019"] } },
  {
    id: "C12",
    about: "isolatedDeclarations",
    options: { ...strict, declaration: true, isolatedDeclarations: true },
  },
  { id: "C13", about: "erasableSyntaxOnly", options: { ...strict, erasableSyntaxOnly: true } },
  { id: "C14", about: "JSX, allowJs, DOM", options: { ...strict, lib: dom, jsx: "preserve", allowJs: true } },
  {
    id: "C15",
    about: "C2 with the two index checks off",
    init: true,
    options: { noUncheckedIndexedAccess: false, exactOptionalPropertyTypes: false },
  },
];
