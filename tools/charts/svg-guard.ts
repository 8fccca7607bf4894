import { RunbookError } from '../../lib/errors.ts';

/** What Vega draws with. Anything else (script, a, image, foreignObject, style, animation) has no place in a figure. */
const ELEMENTS = new Set([
  ...['svg', 'g', 'path', 'rect', 'line', 'circle', 'text', 'tspan', 'title', 'desc'],
  ...['defs', 'clipPath', 'linearGradient', 'radialGradient', 'stop'],
]);
const TAG = /<(\/?)([A-Za-z]+)((?:\s+[A-Za-z][\w:-]*="[^"<]*")*)\s*\/?>/gy;
const ATTRIBUTE = /\s+([A-Za-z][\w:-]*)="([^"<]*)"/g;
const LOCAL_URL = /^url\((?:&quot;|['"])?#[\w-]+(?:&quot;|['"])?\)$/u;

/**
 * Refuses an SVG that could do more than draw: only the elements that charts need, no event handler, no link, no
 * reference outside the file, no comment, declaration or CDATA.
 * @throws RunbookError `bad_response` naming the offending part
 */
export function assertPlainSvg(svg: string, name: string): void {
  if (!/^\s*<svg[\s>]/u.test(svg)) throw refuse(name, 'it does not begin with <svg');
  let at = svg.indexOf('<');
  while (at >= 0) {
    TAG.lastIndex = at;
    const match = TAG.exec(svg);
    if (!match) throw refuse(name, `markup that no chart needs: ${JSON.stringify(svg.slice(at, at + 40))}`);
    const [tag, , element = '', attributes = ''] = match;
    if (!ELEMENTS.has(element)) throw refuse(name, `the element <${element}>`);
    for (const [, attribute = '', value = ''] of attributes.matchAll(ATTRIBUTE)) {
      checkAttribute(name, attribute, value);
    }
    at = svg.indexOf('<', at + tag.length);
  }
}

function checkAttribute(name: string, attribute: string, value: string): void {
  if (/^on|href$/iu.test(attribute)) throw refuse(name, `the attribute ${attribute}`);
  const draws = !/^(aria-|xmlns)/u.test(attribute);
  if (draws && /url\(|javascript:|@import|expression\(/iu.test(value) && !LOCAL_URL.test(value)) {
    throw refuse(name, `the attribute ${attribute}="${value.slice(0, 60)}"`);
  }
}

function refuse(name: string, what: string): RunbookError {
  return new RunbookError('bad_response', `${name} is no plain drawing: ${what}.`, {
    at: name,
    hint: 'Draw the figure with render_chart.',
  });
}
