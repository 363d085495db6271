// Mandates: requested in bulk, seen on the board, acted on in the register, and set up.
import { expect, test, type Page } from '@playwright/test';
import { accessible, complaints, enter, settled } from './support';

/** Drafts of a kind for the first two dossiers that have none; answers the number made. */
async function draft(page: Page, kind: string): Promise<number> {
  await page.goto('/dossiers?missing=mandate');
  const boxes = page.locator('.table tbody tr.line').getByRole('checkbox');
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await page.getByRole('button', { name: 'Demander un mandat…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Demander un mandat à 2 dossiers' });
  await dialog.getByText('Autres mandats').click();
  await dialog.getByRole('checkbox', { name: 'Délégation' }).uncheck();
  await expect(dialog.getByText('Choisissez au moins un mandat.')).toBeVisible();
  await dialog.getByRole('checkbox', { name: new RegExp(`^${kind}`) }).check();
  await dialog.getByRole('radio', { name: 'Garder en brouillon' }).check();
  const apply = dialog.getByRole('button', { name: /^Créer \d+ brouillons?$/ });
  await expect(apply).toBeEnabled();
  await accessible(page);
  const made = Number((await apply.textContent())?.replace(/\D/g, ''));
  await apply.click();
  await expect(page.getByText(made === 1 ? '1 brouillon créé.' : `${made} brouillons créés.`).first()).toBeVisible();
  return made;
}

test('mandates are requested for several dossiers, and stand in the register and on the board', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  const made = await draft(page, 'Procuration d’e-reporting');
  expect(made).toBeGreaterThan(0);

  await page.goto('/mandats');
  const board = page.getByRole('region', { name: 'Mandats par type et par état' }).or(page.getByRole('table', { name: 'Mandats par type et par état' }));
  await expect(board.first()).toBeVisible();
  // A number opens exactly its rows.
  const cell = page.getByRole('link', { name: new RegExp(`^${made} Procuration d’e-reporting, Brouillon$`) });
  await cell.click();
  await expect(page).toHaveURL(/kind=e_reporting_power/);
  await expect(page.getByText(new RegExp(`^${made} affichés? sur ${made}$`))).toBeVisible();
  await settled(page);
  await accessible(page);
  expect(said).toEqual([]);
});

test('where the registration stands is said of several dossiers by the keyboard, and taken back', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  await page.goto('/dossiers?sort=-name');
  const rows = page.locator('.table tbody tr.line');
  await rows.first().focus();
  for (const key of ['x', 'j', 'x']) await page.keyboard.press(key);
  const bar = page.getByRole('region', { name: '2 sélectionnés' });
  await bar.getByRole('button', { name: 'Autres actions' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Inscription…' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Dire où en est l’inscription de 2 dossiers' });
  await dialog.getByLabel('Étape').selectOption('Refusée');
  // A denial without its reason is no wish yet.
  await expect(dialog.getByRole('button', { name: 'Appliquer' })).toBeDisabled();
  await dialog.getByLabel('Motif du refus').fill('Pièce d’identité illisible');
  await expect(dialog.getByText('2 dossiers seront modifiés.')).toBeVisible();
  await accessible(page);
  await dialog.getByLabel('Motif du refus').press('Enter');
  await expect(page.getByText('2 dossiers modifiés.').first()).toBeVisible();
  // The keyboard goes on where it was, although its row was drawn again.
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('TR');
  await page.getByRole('button', { name: 'Annuler' }).first().click();
  await expect(page.getByText('2 dossiers rétablis.').first()).toBeVisible();
  expect(said).toEqual([]);
});

test('a draft is completed, and deleted after a look at what happens', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  await draft(page, 'Mandat de facturation');
  await page.goto('/mandats?kind=invoicing&mandate=draft');
  const row = page.locator('.table tbody tr.line').filter({ hasText: 'Brouillon' }).first();
  await row.click();
  const panel = page.getByRole('complementary').filter({ has: page.getByRole('heading', { name: 'Vie du mandat' }) });
  await panel.getByLabel('Série de numéros de facture').fill('CAB-2027-');
  await panel.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByText('Termes enregistrés.').first()).toBeVisible();
  await page.reload();
  await expect(panel.getByLabel('Série de numéros de facture')).toHaveValue('CAB-2027-');
  await accessible(page);

  await panel.getByRole('button', { name: 'Plus d’actions' }).or(panel.locator('[aria-haspopup=menu]')).first().click();
  await page.getByRole('menuitem', { name: 'Supprimer le brouillon' }).click();
  const dialog = page.getByRole('dialog', { name: 'Supprimer 1 brouillon' });
  await expect(dialog.getByText('1 mandat concerné.')).toBeVisible();
  await accessible(page);
  await dialog.getByRole('button', { name: 'Supprimer le brouillon (1)' }).click();
  await expect(page.getByText('Fait pour 1 mandat.').first()).toBeVisible();
  expect(said).toEqual([]);
});

test('a signed copy is uploaded, read beside the facts, accepted by the keyboard and counts', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  await draft(page, 'Lettre de mission');
  await page.goto('/mandats?kind=engagement_letter&mandate=draft');
  const name = await page.locator('.table tbody tr.line .cell-main').first().textContent();
  await page.locator('.table tbody tr.line').first().click();
  const drop = page.locator('.panel input[type=file]');
  // A page of markup under another ending is refused, in words.
  await drop.setInputFiles({ name: 'mandat.pdf', mimeType: 'application/pdf', buffer: Buffer.from('<html><script>alert(1)</script></html>') });
  await expect(page.getByRole('alert').filter({ hasText: 'mandat.pdf' })).toContainText('n’a pas été accepté');
  await drop.setInputFiles('fixtures/mandat-signe.png');
  await expect(page.getByText('Exemplaire déposé : il reste à le vérifier.').first()).toBeVisible();

  await page.goto('/mandats?tab=decide');
  const row = page.locator('.table tbody tr.line').filter({ hasText: name ?? '' }).filter({ hasText: 'Lettre de mission' }).first();
  // What is to be judged stands beside the facts; a photograph has a size once the browser shows it.
  await row.click();
  const sheet = page.locator('.panel img[alt="Le document à vérifier"]');
  await expect(sheet).toHaveAttribute('src', /^blob:/);
  await expect.poll(() => sheet.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  await page.locator('.table tbody tr.line').filter({ hasNotText: name ?? '' }).first().click();
  const frame = page.locator('.panel iframe[title="Le document à vérifier"]');
  await expect(frame).toHaveAttribute('src', /^blob:/);
  // The browser reads it as a document: a frame that the policy refuses has no such content.
  await expect.poll(() => page.frames().some((f) => f.url().startsWith('blob:') && f.parentFrame() !== null)).toBe(true);
  await row.focus();
  await page.keyboard.press('a');
  const dialog = page.getByRole('dialog', { name: 'Accepter 1 mandat' });
  await expect(dialog.getByRole('button', { name: 'Accepter (1)' })).toBeEnabled();
  await page.keyboard.press('Enter');
  await expect(page.getByText('Fait pour 1 mandat.').first()).toBeVisible();
  await page.goto('/mandats?kind=engagement_letter&in_force=true');
  await expect(page.locator('.table tbody tr.line').filter({ hasText: name ?? '' }).first()).toContainText('Accepté');
  expect(said).toEqual([]);
});

test('the settings of collection say what is wrong at its field, and are kept', async ({ page }) => {
  const said = complaints(page);
  await enter(page, '/parametres?tab=collection');
  const days = page.getByLabel('Durée des liens, en jours');
  await days.fill('0');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByText('un entier de 1 à 365 est attendu', { exact: false })).toBeVisible();
  await accessible(page);
  await days.fill('45');
  await page.getByLabel('Nom de l’expéditeur').fill('Cabinet de l’essai');
  await expect(page.getByText('De : Cabinet de l’essai')).toBeVisible();
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByText('Réglages de collecte enregistrés.').first()).toBeVisible();
  await page.reload();
  await expect(days).toHaveValue('45');
  expect(said).toEqual([]);
});

test('a link for the client is told once and revoked', async ({ page }) => {
  await enter(page);
  await page.goto('/dossiers?missing=mandate');
  await page.locator('.table tbody tr.line').first().click();
  await page.getByRole('link', { name: 'Ouvrir en pleine page' }).click();
  await page.getByRole('tab', { name: 'Mandats' }).click();
  await page.getByRole('button', { name: 'Créer un lien' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Créer un lien' }).click();
  await expect(dialog.getByLabel('Lien du client')).toHaveValue(/\/l\/lnk_/);
  await accessible(page);
  await dialog.getByRole('button', { name: 'Fermer' }).last().click();
  await page.getByRole('button', { name: 'Révoquer', exact: true }).first().click();
  await page.getByRole('button', { name: 'Confirmer la révocation' }).click();
  await expect(page.getByText('Lien révoqué', { exact: false }).first()).toBeVisible();
});

const pages = [
  '/mandats',
  '/mandats?tab=decide',
  '/mandats?tab=answers',
  '/mandats?tab=unreachable',
  '/mandats?tab=eligibility',
  '/mandats?tab=campaigns',
  '/envois',
  '/parametres?tab=collection',
];

for (const scheme of ['light', 'dark'] as const) {
  test(`pages of mandates are accessible in ${scheme}`, async ({ page }) => {
    test.setTimeout(180_000);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    const said = complaints(page);
    await enter(page);
    for (const path of pages) {
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

test('pages of mandates fit a phone without scrolling sideways', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await enter(page);
  for (const path of pages) {
    await page.goto(path);
    await settled(page);
    const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    expect(inner, path).toBeLessThanOrEqual(outer);
  }
});
