// Every page of the frame on the demo firm: it opens, says no error, and axe finds nothing serious, in both themes.
import { expect, test } from '@playwright/test';
import { accessible, complaints, enter, openMoved, settled } from './support';

const pages = ['/', '/cockpit/mouvements', '/dossiers', '/flux', '/flux?tab=words', '/flux?tab=platforms', '/flux?tab=connections', '/imports?subject=flows', '/echeancier', '/echeancier?view=month', '/imports', '/journal', '/parametres', '/parametres?tab=rules', '/referentiel', '/relances', '/relances/etapes', '/relances/previsions', '/relances/sequences', '/relances/sequences/nouvelle', '/relances/modeles', '/relances/reglages', '/styleguide'];

for (const scheme of ['light', 'dark'] as const) {
  test(`pages are accessible in ${scheme}`, async ({ page }) => {
    test.setTimeout(300_000);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    const said = complaints(page);
    await enter(page);
    for (const path of pages) {
      await test.step(path, async () => {
        await page.goto(path);
        await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
        // The styleguide shows busy parts on purpose; everywhere else the data has come.
        if (path !== '/styleguide') await settled(page);
        await accessible(page);
      });
    }
    const dossier = await openMoved(page);
    for (const path of [...['facts', 'obligations', 'relances', 'calendar', 'exposure', 'exchanges', 'journal'].map((part) => `${dossier}?part=${part}`), `${dossier}/conseil`]) {
      await test.step(path, async () => {
        await page.goto(path);
        await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
        await settled(page);
        await accessible(page);
      });
    }
    expect(said).toEqual([]);
  });
}

test('a phone reaches every place and shows the score as a tab', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const said = complaints(page);
  await enter(page);
  const bar = page.getByRole('navigation', { name: 'Navigation principale' });
  await bar.getByRole('button', { name: 'Plus' }).click();
  await accessible(page);
  await page.getByRole('menuitem', { name: 'Paramètres' }).click();
  await expect(page.getByRole('heading', { name: 'Paramètres', level: 1 })).toBeVisible();
  const dossier = await openMoved(page);
  for (const part of ['score', 'calendar', 'exposure']) {
    await page.goto(`${dossier}?part=${part}`);
    await expect(page.getByRole('tab', { selected: true })).toBeInViewport();
    await settled(page);
    await accessible(page);
  }
  expect(said).toEqual([]);
});

test('the page fits a phone without scrolling sideways', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await enter(page);
  for (const path of ['/', '/cockpit/mouvements', '/dossiers', '/flux', '/flux?tab=platforms', '/echeancier', '/echeancier?view=month', '/imports', '/journal', '/parametres', '/parametres?tab=rules', '/referentiel']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
    const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    expect(inner, path).toBeLessThanOrEqual(outer);
  }
});

test('a reload keeps the person and the filters', async ({ page }) => {
  await enter(page, '/dossiers?state=late');
  await expect(page.getByRole('row').nth(1)).toBeVisible();
  await page.reload();
  await expect(page).toHaveURL(/state=late/);
  await expect(page.getByRole('row').nth(1)).toBeVisible();
});

test('a part of the screen that does not come is said, and comes when asked again', async ({ page }) => {
  await enter(page);
  let reachable = false;
  await page.route('**/split_journal.wasm', (route) => (reachable ? route.continue() : route.abort()));
  await page.getByRole('link', { name: 'Journal' }).click();
  await expect(page.getByRole('alert')).toContainText('Cette page n’a pas pu être chargée');
  reachable = true;
  await page.getByRole('button', { name: 'Réessayer' }).click();
  await expect(page.getByRole('heading', { name: 'Journal', level: 1 })).toBeVisible();
});
