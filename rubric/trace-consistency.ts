import type { Artifacts } from './artifacts.ts';
import { dataFile, near, objectsOf } from './data-files.ts';

/** What the files say of single traces and calls against each other: an outlier's cost is one cost, a fact has a file. */
export function traceFaults(artifacts: Artifacts): string[] {
  return [...outlierFaults(artifacts), ...spreadFaults(artifacts), ...factSourceFaults(artifacts)];
}

function outlierFaults(artifacts: Artifacts): string[] {
  const file = 'data/outlier_traces.json';
  const costs = new Map(
    Object.values(artifacts.variance.value ?? {}).flatMap(({ outliers }) =>
      objectsOf(outliers).map(({ trace_id, cost_usd }) => [trace_id, cost_usd]),
    ),
  );
  return objectsOf(dataFile(artifacts, file)).flatMap(({ trace_id: id, cost_usd: cost }) => {
    const known = costs.get(id);
    if (typeof cost !== 'number' || typeof known !== 'number' || near(cost, known)) return [];
    return [`${file}: trace ${id} cost ${cost}, data/cost_variance.json says ${known}`];
  });
}

/** Mean and standard deviation stand in other figures of the same file. */
function spreadFaults({ variance }: Artifacts): string[] {
  return Object.entries(variance.value ?? {}).flatMap(
    ([operation, { n, mean, std, total_usd: total, threshold_2std: limit }]) => {
      const wrong =
        (typeof total === 'number' && !near(mean * n, total, 1e-6)) ||
        (typeof limit === 'number' && !near(mean + 2 * std, limit, 1e-6));
      return wrong ? [`data/cost_variance.json: mean and spread of ${operation} do not give its totals`] : [];
    },
  );
}

/** A fact that is from no file was made up. */
function factSourceFaults({ facts, data }: Artifacts): string[] {
  const files = new Set(data.map(({ file }) => file));
  return Object.entries(facts.value ?? {}).flatMap(([id, { source }]) =>
    typeof source !== 'string' || !source.startsWith('data/') || files.has(source)
      ? []
      : [`data/facts.json: ${id} is from ${source}, which is not there`],
  );
}
