/** What was computed last, kept for as long as the settings that it depends on stay the same. */
const keptResults = new Map<string, { readonly key: string; readonly result: unknown }>();

/** The result of `make`, or the last one under this name if its key was the same. */
export function kept<T>(name: string, key: readonly unknown[], make: () => T): T {
  const text = JSON.stringify(key);
  const last = keptResults.get(name);
  if (last !== undefined && last.key === text) return last.result as T;
  const result = make();
  keptResults.set(name, { key: text, result });
  return result;
}
