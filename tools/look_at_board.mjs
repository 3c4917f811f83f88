// Takes a picture of each page of a TensorBoard that runs, in headless Chromium, to be looked at.
//
//   npm install playwright-core     (anywhere; run this file from there, or set NODE_PATH)
//   node look_at_board.mjs http://localhost:6006 build/board
import { mkdtempSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { chromium } = createRequire(join(process.cwd(), 'x.js'))('playwright-core');
const [board = 'http://localhost:6006', folder = 'build/board', ...only] = process.argv.slice(2);
const PAGES = ['timeseries', 'scalars', 'images', 'graphs', 'distributions', 'histograms', 'audio', 'text',
  'pr_curves', 'custom_scalars', 'hparams', 'projector', 'mesh'];

mkdirSync(folder, { recursive: true });
const browser = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'board-')), {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  viewport: { width: 1500, height: 1000 },
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--enable-unsafe-swiftshader'],
});
for (const page of only.length ? only : PAGES) {
  const tab = await browser.newPage();
  tab.on('pageerror', error => console.log(`${page}: ${error.message}`));
  await tab.goto(`${board}/?darkMode=false#${page}`);
  await tab.waitForTimeout(Number(process.env.WAIT ?? 6000));
  if (page === 'graphs') await expand(tab);
  await tab.screenshot({ path: join(folder, `${page}.png`) });
  await tab.close();
}
await browser.close();

// Opens the model's box, and the first ones inside of it that hold others.
async function expand(tab) {
  for (const wanted of [/^(?!input|output)[^/]*$/, /\/Sequential[^/]*$/, /\/Sequential[^/]*\/[^/]*\[0\]$/]) {
    const names = await tab.locator('g.node.meta').evaluateAll(boxes => boxes.map(box => box.dataset.name));
    const name = names.find(name => wanted.test(name));
    if (!name) break;
    const place = await tab.locator(`g.node.meta[data-name="${name}"] > text`).first().boundingBox();
    await tab.mouse.dblclick(place.x + place.width / 2, place.y + place.height / 2);
    await tab.waitForTimeout(2000);
  }
  await tab.getByText('Fit to screen').click();
  await tab.waitForTimeout(1500);
}
