import { describe, expect, it } from 'vitest';
import { type ReadCall, readTrace } from '../../analysis/reading.ts';

function call(over: Partial<ReadCall> = {}): ReadCall {
  const input = over.input_head ?? '[{"role":"user","content":"hello"}]';
  return {
    at: '2026-01-01 00:00:00',
    model: 'm',
    context_tokens: 100,
    out_tokens: 10,
    cost: 0.1,
    latency: 1,
    is_error: false,
    http_status: 200,
    stop_reason: 'stop',
    error_text: '',
    input_hash: input,
    input_head: input,
    input_tail: input,
    output: '[{"role":"assistant","content":"Fine."}]',
    output_cut: false,
    has_output: true,
    ...over,
  };
}
const norms = { usual_prompt_tokens: 100 };
const tool =
  '[{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"find","arguments":"{}"}}]}]';

describe('readTrace', () => {
  it('never calls a stored answer empty whose end it has not read', () => {
    const long = `[{"role":"assistant","content":"${'word '.repeat(40)}`;
    const calls = `[{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"find","arguments":"{${'x'.repeat(40)}`;
    expect(readTrace([call({ output: long, output_cut: true })], norms)).toMatchObject({
      abnormality: 'clean',
      output_excerpt: expect.stringContaining('word word') as string,
    });
    expect(readTrace([call({ output: calls, output_cut: true })], norms).abnormality).toBe('clean');
    expect(readTrace([call({ output: '[{"role":"assistant","content":""}]' })], norms).abnormality).toBe(
      'empty_output',
    );
  });

  it('leaves out the keys that users typed', () => {
    const typed = 'use sk-ant-REDACTED-not-a-real-key-123456 or AKIAABCDEFGHIJKLMNOP please';
    const reading = readTrace([call({ output: `[{"role":"assistant","content":"${typed}"}]` })], norms);
    expect(reading.output_excerpt).toBe('use … or … please');
  });

  it('takes a status that is asked again after each change for no loop', () => {
    const asks = (name: string) =>
      `[{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"${name}","arguments":"{}"}}]}]`;
    const names = ['status', 'reset', 'status', 'toggle', 'status', 'reboot', 'status'];
    const polling = names.map((name) => call({ input_hash: name + Math.random(), output: asks(name) }));
    const loop = ['status', 'status', 'status'].map((name) =>
      call({ input_hash: name + Math.random(), output: asks(name) }),
    );
    expect(readTrace(polling, norms).abnormality).toBe('clean');
    expect(readTrace(loop, norms).abnormality).toBe('tool_abuse');
  });

  it('calls an ordinary trace clean and quotes its dearest call', () => {
    const reading = readTrace(
      [call(), call({ cost: 5, input_hash: 'x', output: '[{"role":"assistant","content":"Dear."}]' })],
      norms,
    );
    expect(reading).toMatchObject({ abnormality: 'clean', input_excerpt: 'hello', output_excerpt: 'Dear.', call: 1 });
  });

  it.each([
    ['retry_storm', [call(), call(), call()]],
    ['tool_abuse', ['a', 'b', 'c'].map((hash) => call({ input_hash: hash, output: tool }))],
    ['response_truncation', [call({ stop_reason: 'length' })]],
    [
      'response_truncation',
      [call({ stop_reason: '', output: '[{"finish_reason":"length","message":{"content":"cut"}}]' })],
    ],
    ['empty_output', [call({ output: '[]' })]],
    ['empty_output', [call({ output: '[{"role":"assistant","content":""}]' })]],
    ['model_confusion', [call({ input_head: '[{"role":"system","content":"Respond with valid JSON."}]' })]],
    ['prompt_stuffing', [call({ context_tokens: 5000 })]],
    [
      'prompt_stuffing',
      [1000, 2000, 3000, 4000, 5000, 6000].map((tokens, i) => call({ context_tokens: tokens, input_hash: String(i) })),
    ],
  ] as [string, ReadCall[]][])('tags %s', (tag, calls) => {
    expect(readTrace(calls, { usual_prompt_tokens: 1000 }).abnormality).toBe(tag);
  });

  it('never calls missing content an empty output', () => {
    const reading = readTrace([call({ has_output: false, output: '', input_head: '', input_tail: '' })], norms);
    expect(reading).toMatchObject({
      abnormality: 'clean',
      input_excerpt: 'content unavailable',
      output_excerpt: 'content unavailable',
    });
    expect(reading.note).toContain('content unavailable');
  });

  it('does not take a tool call without text for an empty output', () => {
    expect(readTrace([call({ output: tool })], norms).abnormality).toBe('clean');
  });
});
