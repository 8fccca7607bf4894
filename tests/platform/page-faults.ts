import type { Page } from 'playwright-core';

/** What keeps people from reading or using a page: names and labels that are missing, ids twice, faint text, what sticks out. */
export async function pageFaults(page: Page): Promise<string[]> {
  return page.evaluate(
    `(${String.raw`() => {
    const faults = [];
    const say = (what, node) => faults.push(what + ': ' + node.outerHTML.slice(0, 120));
    const isShown = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length > 0;
    const all = (selector) => [...document.querySelectorAll(selector)].filter(isShown);
    const name = (node) => (node.getAttribute('aria-label') ?? node.textContent ?? '').trim();
    for (const node of all('a, button, summary, [role="group"]')) if (name(node) === '') say('no name', node);
    for (const node of all('input:not([type=hidden]), select, textarea'))
      if (node.labels.length === 0 && !node.getAttribute('aria-label')) say('no label', node);
    for (const node of all('img')) if (!node.alt) say('no alternative text', node);
    for (const node of all('nav, section')) if (node.tagName === 'NAV' && !node.getAttribute('aria-label')) say('no name', node);
    for (const node of all('[aria-describedby]'))
      if (!document.getElementById(node.getAttribute('aria-describedby'))) say('not described', node);
    const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
    for (const id of new Set(ids.filter((each, index) => ids.indexOf(each) !== index))) faults.push('id twice: ' + id);
    if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
    if (document.documentElement.lang === '') faults.push('no language');
    if (document.documentElement.scrollWidth > window.innerWidth)
      faults.push('sticks out: ' + document.documentElement.scrollWidth + ' of ' + window.innerWidth);

    const parse = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
    const behind = (node) => {
      for (let at = node; at; at = at.parentElement) {
        const [r, g, b, a = 1] = parse(getComputedStyle(at).backgroundColor);
        if (a === 1) return [r, g, b];
      }
      return [255, 255, 255];
    };
    const light = (rgb) => {
      const [r, g, b] = rgb.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    for (const node of all('body *')) {
      if (![...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== '')) continue;
      if (node.closest('.unseen, .skip')) continue;
      const [a, b] = [light(parse(getComputedStyle(node).color).slice(0, 3)), light(behind(node))];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      // WCAG 2.2, 1.4.3.
      if (contrast < 4.5) say('faint (' + contrast.toFixed(1) + ')', node);
    }
    return faults;
  }`})()`,
  );
}
