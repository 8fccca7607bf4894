import { describe, expect, it } from 'vitest';
import { answerText, newestMessage, toolCalls } from '../../analysis/messages.ts';

describe('answers', () => {
  it('reads the shapes that SDKs write', () => {
    expect(answerText('[{"role":"assistant","content":"plain"}]')).toBe('plain');
    expect(answerText('[{"role":"assistant","content":[{"type":"text","text":"part \\"one\\""}]}]')).toBe('part "one"');
    expect(answerText('[{"message":{"role":"assistant","content":"choice"}}]')).toBe('choice');
    expect(answerText('just text')).toBe('just text');
  });

  it('shows a tool call where there is no text', () => {
    const output =
      '[{"role":"assistant","content":[{"type":"function","id":"1","function":{"name":"find","arguments":"{\\"q\\":1}"}}]}]';
    expect(answerText(output)).toBe('→ find({"q":1})');
  });

  it('reads nothing from an empty answer', () => {
    for (const empty of [
      '[]',
      '[{"role":"assistant","content":""}]',
      '[{"role":"assistant","content":[]}]',
      '',
      '[{"role":"assistant","content":"  \\n"}]',
    ]) {
      expect(answerText(empty).trim()).toBe('');
    }
  });
});

describe('tool calls', () => {
  it('reads arguments as text and as objects', () => {
    expect(toolCalls('{"name":"a","arguments":"{\\"x\\":1}"} {"name":"b","input":{"y":{"z":2}}}')).toEqual([
      { name: 'a', arguments: '{"x":1}' },
      { name: 'b', arguments: '{"y":{"z":2}}' },
    ]);
  });
});

describe('newestMessage', () => {
  it('takes the last message even when the head is cut off', () => {
    expect(newestMessage('…ut off"},{"role":"user","content":"last\\nline"}]')).toBe('last\nline');
  });
});
