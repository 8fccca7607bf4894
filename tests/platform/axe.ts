import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What keeps people out of a page, by axe-core: every violation that is serious or critical, with what it is of. */
export async function axeFaults(page: Page): Promise<string[]> {
  // Through the debugger: a script tag would be against the policy of our pages.
  await page.evaluate(axe.source);
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, failureSummary, html.slice(0, 160)].join('\\n'))),
  )`);
}
