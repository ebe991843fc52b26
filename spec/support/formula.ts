/**
 * A formula as a docstring writes it ("h·n_q·n_k·(d_k + d_v)", "4nD²"), evaluated at the sizes of its letters.
 * Letters side by side are multiplied; of two letters that begin alike the longer is read (`n_q` before `n`).
 */
export function evaluate(formula: string, sizes: Readonly<Record<string, number>>): number {
  const letters = Object.keys(sizes).sort((a, b) => b.length - a.length);
  let rest = formula.replace(/ /g, "");
  const take = (start: string): boolean => {
    if (!rest.startsWith(start)) return false;
    rest = rest.slice(start.length);
    return true;
  };

  const sum = (): number => {
    let value = product();
    while (rest !== "" && !rest.startsWith(")")) {
      if (take("+")) value += product();
      else if (take("−")) value -= product();
      else throw new Error(`${JSON.stringify(formula)} cannot be read from ${JSON.stringify(rest)} on`);
    }
    return value;
  };
  const product = (): number => {
    let value = power();
    while (rest !== "" && !/^[)+−]/.test(rest)) {
      if (take("/")) {
        value /= power();
      } else {
        take("·");
        value *= power();
      }
    }
    return value;
  };
  const power = (): number => {
    const value = factor();
    return take("²") ? value * value : value;
  };
  const factor = (): number => {
    if (take("(")) {
      const value = sum();
      if (!take(")")) throw new Error(`${JSON.stringify(formula)} lacks a ")" before ${JSON.stringify(rest)}`);
      return value;
    }
    const digits = /^\d+/.exec(rest)?.[0];
    if (digits !== undefined && take(digits)) return Number(digits);
    const letter = letters.find((name) => rest.startsWith(name));
    if (letter !== undefined && take(letter)) return sizes[letter]!;
    throw new Error(`${JSON.stringify(formula)} has no size for ${JSON.stringify(rest)}`);
  };

  const value = sum();
  if (rest !== "") throw new Error(`${JSON.stringify(formula)} ends before ${JSON.stringify(rest)}`);
  return value;
}
