import { describe, expect, test } from 'vitest';
import { assertPlainSvg } from '../../../tools/charts/svg-guard.ts';

const wrap = (inside: string, attributes = '') =>
  `<svg xmlns="http://www.w3.org/2000/svg"${attributes}>${inside}</svg>`;

describe('plain drawings', () => {
  test.each([
    wrap('<g><path d="M0,0"/><text x="1">a &lt;b&gt;</text></g>'),
    wrap('<rect fill="url(#g1)"/><rect clip-path="url(#c)"/>'),
    wrap('<title>on load</title><text aria-label="javascript: url(x)">url(http://x)</text>'),
  ])('%s', (svg) => {
    expect(() => assertPlainSvg(svg, 'figure')).not.toThrow();
  });
});

describe('anything else is refused', () => {
  test.each([
    wrap('<script>alert(1)</script>'),
    wrap('<SCRIPT>alert(1)</SCRIPT>'),
    wrap('<foreignObject><body/></foreignObject>'),
    wrap('<a href="x"><text>y</text></a>'),
    wrap('<image width="1"/>'),
    wrap('<use xlink:href="#x"/>'),
    wrap('<path xlink:href="http://x"/>'),
    wrap('<style>@import url(x)</style>'),
    wrap('<animate attributeName="x"/>'),
    wrap('', ' onload="alert(1)"'),
    wrap('<rect onclick="x"/>'),
    wrap("<rect onclick='x'/>"),
    wrap('<rect onclick=x/>'),
    wrap('<rect fill="url(http://127.0.0.1/x)"/>'),
    wrap('<rect style="background:url(http://x)"/>'),
    wrap('<!-- comment -->'),
    wrap('<![CDATA[x]]>'),
    `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${wrap('')}`,
    `<?xml-stylesheet href="x"?>${wrap('')}`,
    '<html></html>',
    '',
  ])('%s', (svg) => {
    expect(() => assertPlainSvg(svg, 'figure')).toThrow(/no plain drawing/u);
  });
});
