// Relances as a firm begins with them: texts and steps are proposed, what would leave is read, the sequence is activated in
// test mode, and each step says why it leaves or does not.
import { expect, test, type Page } from '@playwright/test';
import { accessible, complaints, enter, settled } from './support';

test.describe.configure({ mode: 'serial' });

const pages = ['/relances', '/relances/etapes', '/relances/previsions', '/relances/sequences', '/relances/modeles', '/relances/reglages'];

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
  await settled(page);
}

/** The page of the sequence that these tests write. */
async function openSequence(page: Page): Promise<void> {
  await open(page, '/relances/sequences?state=all');
  await page.getByRole('link', { name: 'Essai des relances', exact: true }).first().click();
  await expect(page.getByRole('heading', { name: 'Essai des relances', level: 1 })).toBeVisible();
  await settled(page);
}

test('rules of sending are set: test mode says so on every page', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  await open(page, '/relances/reglages');
  await accessible(page);
  await page.getByRole('radio', { name: 'Mode test' }).check();
  const address = page.getByRole('textbox', { name: 'Adresse d’essai' });
  await address.fill('essai@cabinet.exemple');
  // What does not fit is said at its field, and what was typed stays.
  const minimum = page.getByLabel('Jours entre deux messages à un contact');
  await minimum.fill('90');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByText('Un nombre entier de 1 à 60')).toBeVisible();
  await expect(minimum).toHaveValue('90');
  await minimum.fill('5');
  await page.getByRole('button', { name: 'Ajouter une pause' }).click();
  await page.getByLabel('Motif').last().fill('Fermeture d’essai');
  await page.getByLabel('Du', { exact: true }).last().fill('2027-08-02');
  await page.getByRole('region', { name: 'Pauses du cabinet' }).locator('input[type=date]').last().fill('2027-08-20');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByText('Réglages enregistrés', { exact: false }).first()).toBeVisible();
  for (const path of pages) {
    await open(page, path);
    await expect(page.getByRole('note')).toContainText('Mode test.');
    await expect(page.getByRole('note')).toContainText('essai@cabinet.exemple');
    await accessible(page);
  }
  expect(said).toEqual([]);
});

test('a sequence is written from what is proposed, its outlook is read, and it is activated', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  await open(page, '/relances/sequences/nouvelle?purpose=choose_platform');
  const take = page.getByRole('button', { name: 'Prendre les trois textes' });
  // The firm has no texts at first, or has them already when the test runs again.
  if (await take.isVisible()) {
    await take.click();
  }
  await expect(page.getByRole('heading', { name: 'Étape 4', level: 3 })).toBeVisible();
  await settled(page);
  await accessible(page);

  // Without a name it is not saved, and everything else stays.
  const name = page.getByLabel('Nom', { exact: true });
  await name.fill('');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.locator('.field-error', { hasText: 'Donnez un nom à la séquence.' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Étape 4', level: 3 })).toBeVisible();
  await name.fill('Essai des relances');
  await expect(page.getByRole('complementary', { name: 'Ce qui partirait' })).toContainText('Public');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByRole('heading', { name: 'Essai des relances', level: 1 })).toBeVisible();
  await expect(page).toHaveURL(/\/relances\/sequences\/[0-9a-f-]{36}/);
  await settled(page);
  await accessible(page);

  await page.getByRole('button', { name: 'Activer' }).click();
  const dialog = page.getByRole('dialog', { name: 'Activer la séquence' });
  await expect(dialog.locator('.outlook strong, .outlook .strong').first()).not.toBeEmpty();
  await accessible(page);
  await dialog.getByRole('button', { name: 'Activer' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.locator('.page-head').getByText('Active', { exact: true })).toBeVisible();
  for (const tab of ['Public', 'Effet', 'Prévisions']) {
    await page.getByRole('tab', { name: tab }).click();
    await settled(page);
    await accessible(page);
  }
  expect(said).toEqual([]);
});

test('each step says why, on its list, in its panel and on its dossier', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  await openSequence(page);
  const id = new URL(page.url()).pathname.split('/').pop() ?? '';
  await open(page, `/relances/etapes?stage=open&sequence_id=${id}`);
  const rows = page.locator('.table tbody tr.line');
  await expect(rows.first()).toBeVisible();
  await accessible(page);

  // The panel tells the whole story of the dossier of the row.
  await rows.first().focus();
  await page.keyboard.press('Enter');
  const panel = page.locator('.panel');
  await expect(panel.getByRole('heading', { name: 'Essai des relances' })).toBeVisible();
  await settled(page);
  await accessible(page);
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);

  // One has answered: it leaves, and says so.
  const before = await rows.first().getAttribute('id');
  await rows.first().focus();
  await page.keyboard.press('r');
  const dialog = page.getByRole('dialog', { name: 'A répondu : 1 dossier' });
  await expect(dialog.getByText('1 étape changera')).toBeVisible();
  await accessible(page);
  await dialog.getByLabel('Note').fill('Répondu au téléphone');
  await dialog.getByRole('button', { name: 'A répondu' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.locator(`[id="${before}"]`)).toHaveCount(0);

  // Another one rests: the dossier says until when, and for what.
  await rows.first().focus();
  await page.keyboard.press('Enter');
  await panel.getByRole('button', { name: 'Mettre en pause…' }).click();
  const pause = page.getByRole('dialog', { name: 'Mettre en pause les relances : 1 dossier' });
  await expect(pause.getByText('1 dossier changera')).toBeVisible();
  await accessible(page);
  await pause.getByRole('button', { name: 'Appliquer' }).click();
  await expect(panel.getByText('Relances en pause depuis le', { exact: false })).toBeVisible();
  expect(said).toEqual([]);
});

test('a text tells its faults at their place and shows itself on real dossiers', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  await open(page, '/relances/modeles');
  const section = page.getByRole('region', { name: 'Choix de la plateforme' });
  await section.locator('.lines a').first().click();
  const body = page.getByRole('textbox', { name: 'Message', exact: true });
  await expect(body).toBeVisible();
  await settled(page);
  await expect(page.locator('.sample').first()).toBeVisible();
  await accessible(page);

  const words = await body.inputValue();
  await body.fill(`{{ contact.nom }}\n\n${words}`);
  const fault = page.locator('.fault').first();
  await expect(fault).toContainText('contact.nom');
  await expect(page.getByRole('button', { name: 'Enregistrer' })).toBeDisabled();
  await accessible(page);
  await fault.getByRole('button', { name: 'Écrire', exact: false }).click();
  await expect(body).not.toHaveValue(/contact\.nom /);
  await body.fill(`${words}\n\nMerci de votre réponse.`);
  await page.getByLabel('Pourquoi ce changement', { exact: false }).fill('Plus poli');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByText('Enregistré : version', { exact: false }).first()).toBeVisible();

  await page.getByRole('tab', { name: 'Versions' }).click();
  await page.getByRole('button', { name: 'Comparer à l’actuelle' }).first().click();
  await expect(page.locator('.diff ins').first()).toContainText('Merci');
  await settled(page);
  await accessible(page);
  await page.getByRole('button', { name: 'Restaurer' }).first().click();
  await expect(page.getByText('est de nouveau en usage', { exact: false }).first()).toBeVisible();
  expect(said).toEqual([]);
});

test('relances fit a phone without scrolling sideways', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await enter(page);
  for (const path of [...pages, '/relances/sequences/nouvelle?purpose=sign_mandate']) {
    await open(page, path);
    const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    expect(inner, path).toBeLessThanOrEqual(outer);
  }
});
