/** Reasons that say that all is well: they explain a good score, never a bad one. */
const PRAISE =
  /agree with the data$|are there$|^\d+ of \d+ .*(?:are whole|name traces)|traces read$|were read$|^judge: [45] of 5/u;

/** The reasons in the order in which someone who mends the report needs them: what is wrong first, what is well last. */
export function faultsFirst(reasons: readonly string[]): string[] {
  const isFault = (reason: string) => !PRAISE.test(reason);
  return [...reasons.filter(isFault), ...reasons.filter((reason) => !isFault(reason))];
}
