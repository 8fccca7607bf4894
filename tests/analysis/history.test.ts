import { describe, expect, it } from 'vitest';
import { matchHistory, parseHistory } from '../../analysis/history.ts';

describe('parseHistory', () => {
  it('reads plain lines by the operations and kinds they name', () => {
    const entries = parseHistory(
      'Retry storm in draft_reply: merged in #42\nprompt bloat in search closed without merge',
      ['draft_reply', 'search'],
    );
    expect(entries).toMatchObject([
      { operation: 'draft_reply', kind: 'retry_storm', status: 'shipped', pr: '42' },
      { operation: 'search', kind: 'prompt_bloat', status: 'rejected', pr: null },
    ]);
  });

  it('reads a JSON list and refuses a broken one with the field to mend', () => {
    expect(
      parseHistory('[{"operation":"a","kind":"timeouts","status":"merged","pr":7,"baseline":0.1}]', []),
    ).toMatchObject([{ status: 'shipped', pr: '7', baseline: 0.1 }]);
    expect(() => parseHistory('[{"operation":', [])).toThrow(/analysis_history/u);
  });

  it('hands no option or shell text on as a pull request', () => {
    expect(parseHistory('[{"pr":"--repo evil"},{"pr":"1; rm -rf /"}]', []).map((e) => e.pr)).toEqual([null, null]);
  });

  it('is empty without history', () => {
    expect(parseHistory('', ['a'])).toEqual([]);
  });
});

describe('matchHistory', () => {
  it('drops what was shipped or rejected and keeps the rest', () => {
    const list = [
      { title: 'A', kind: 'retry_storm', operation: 'x' },
      { title: 'B', kind: 'retry_storm', operation: 'y' },
    ];
    const { kept, dropped } = matchHistory(list, parseHistory('retry storm in x merged', ['x', 'y']));
    expect(kept.map((item) => item.title)).toEqual(['B']);
    expect(dropped).toEqual([{ title: 'A', reason: 'already shipped' }]);
  });
});
