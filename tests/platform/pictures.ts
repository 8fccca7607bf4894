import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';

/** Where pictures of pages go, for people to look at; nowhere without it. */
const PICTURES = process.env.PAGE_PICTURES;

/** Keeps a picture of the whole page, where pictures are kept. */
export async function picture(tab: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await tab.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true });
}

/** Shows a page narrow and dark, then wide and light. @param check is told the width, px */
export async function inBothLooks(tab: Page, name: string, check: (width: number) => Promise<void>): Promise<void> {
  for (const [width, colorScheme] of [
    [390, 'dark'],
    [1280, 'light'],
  ] as const) {
    await tab.setViewportSize({ width, height: 900 });
    await tab.emulateMedia({ colorScheme });
    await check(width);
    await picture(tab, `${name}-${width}`);
  }
}
