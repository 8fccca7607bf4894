import { generation, type Message, messages, type SampleEvent, toolCall } from './event.ts';
import { REFUNDS, SUPPORT } from './instructions.ts';
import type { Operation } from './operation.ts';
import { question, records, reply } from './prose.ts';
import type { Random } from './random.ts';
import { COMPANIES, NAMES, SUBJECTS } from './words.ts';

/** Every attempt lacks the currency, so that the caller's check refuses it and asks again. */
function extractOrder(random: Random, at: number): SampleEvent[] {
  const trace = random.uuid();
  const input = messages(
    'Extract the order as JSON with the keys id, currency, contact and lines (article, quantity, price, note). No other text.',
    question(random, random.around(420, 0.25)),
  );
  const order = {
    id: random.integer(1000, 9999),
    contact: { name: random.pick(NAMES), company: random.pick(COMPANIES) },
    lines: Array.from({ length: random.integer(5, 9) }, () => ({
      article: `FH-${random.integer(100, 999)}`,
      quantity: random.integer(1, 40),
      price: random.integer(5, 900),
      note: random.pick(SUBJECTS),
    })),
  };
  const tries = random.chance(0.18) ? random.integer(4, 8) : 1;
  return Array.from({ length: tries }, (_, i) =>
    generation(random, {
      operation: 'extract_order',
      model: 'gpt-4o',
      trace,
      at: at + i * 2500,
      input,
      output: JSON.stringify(tries > 1 ? order : { ...order, currency: random.pick(['EUR', 'USD', 'GBP']) }),
      parameters: { temperature: 0 },
    }),
  );
}

function supportChat(random: Random, at: number): SampleEvent[] {
  const trace = random.uuid();
  const long = random.chance(0.35);
  const turns = long ? random.integer(10, 16) : random.integer(2, 4);
  const history: Message[] = [{ role: 'system', content: SUPPORT }];
  return Array.from({ length: turns }, (_, i) => {
    history.push({ role: 'user', content: question(random, random.around(long ? 230 : 70, 0.3)) });
    const output = reply(random, random.around(long ? 210 : 110, 0.25));
    const input = [...history];
    history.push({ role: 'assistant', content: output });
    return generation(random, {
      operation: 'support_chat',
      model: 'claude-sonnet-4-5',
      trace,
      at: at + i * 45_000,
      input,
      output,
    });
  });
}

function refundAgent(random: Random, at: number): SampleEvent[] {
  const trace = random.uuid();
  const loops = random.chance(0.25);
  const order = random.integer(1000, 9999);
  const names = loops
    ? Array.from({ length: random.integer(5, 9) }, () => 'get_order')
    : ['get_order', 'list_payments', 'get_customer', 'check_refund_rules'].slice(0, random.integer(2, 4));
  const history = messages(REFUNDS, question(random, 80));
  const steps = names.map((name, i) => {
    const output = toolCall(random, name, { id: order });
    const input = [...history];
    const [call] = output.tool_calls;
    history.push(output, {
      role: 'tool',
      tool_call_id: call?.id,
      content: loops ? 'Order not found.' : records(random, 30),
    });
    return generation(random, {
      operation: 'refund_agent',
      model: 'gpt-4.1',
      trace,
      at: at + i * 6000,
      input,
      output,
      stop: 'tool_calls',
    });
  });
  const closing = generation(random, {
    operation: 'refund_agent',
    model: 'gpt-4.1',
    trace,
    at: at + names.length * 6000,
    input: [...history],
    output: reply(random, random.around(90, 0.3)),
  });
  return [...steps, closing];
}

/** Operations of several calls a trace. */
export const CONVERSING: readonly Operation[] = [
  {
    name: 'extract_order',
    perDay: 12,
    problem: 'retry_storm',
    note: 'an answer without a currency is asked for again, 4 to 8 times, with the same prompt',
    visit: extractOrder,
  },
  {
    name: 'support_chat',
    perDay: 5,
    problem: 'context_stuffing',
    note: 'a third of the chats have 10 to 16 turns and send the whole history each time',
    visit: supportChat,
  },
  {
    name: 'refund_agent',
    perDay: 5,
    problem: 'tool_abuse',
    note: 'a quarter of the traces look up the same missing order again and again',
    visit: refundAgent,
  },
];
