// The queue of anomalies: worked by the keyboard alone, handed over, followed while others work in it, and set up.
import { expect, test, type Locator, type Page } from '@playwright/test';
import { accessible, complaints, enter, settled } from './support';

const rows = (page: Page): Locator => page.locator('.table tbody tr.line');

/** The row of the keyboard, once a row has it. */
async function line(page: Page): Promise<string> {
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('TR');
  return page.evaluate(() => document.activeElement?.id ?? '');
}

/** What a row is known by, whatever table it stands in. */
const known = (id: string): string => id.replace(/^table-\d+-/, '');

/** The queue of what has to be handled, with the keyboard on its first row. */
async function queue(page: Page, query = 'state=new,assigned,in_progress'): Promise<void> {
  await page.goto(`/anomalies?${query}`);
  await expect(rows(page).first()).toBeVisible();
  await settled(page);
  await page.keyboard.press('j');
  await line(page);
}

/** Presses S and the digit of a way that the state of the row may go. */
async function way(page: Page, label: string): Promise<Locator> {
  await page.keyboard.press('s');
  const dialog = page.getByRole('dialog', { name: 'Changer l’état de 1 anomalie' });
  const ways = dialog.locator('label.radio');
  await expect(ways.first()).toBeVisible();
  const all = await ways.allTextContents();
  const at = all.findIndex((text) => text.startsWith(label));
  expect(at, `${label} among ${all.join(', ')}`).toBeGreaterThanOrEqual(0);
  await page.keyboard.press(String(at + 1));
  return dialog;
}

test('the queue is worked by the keyboard alone, from row to row, and the last act is taken back', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  // What nobody has: whatever is done to one, it leaves.
  await queue(page, 'state=new');
  await accessible(page);

  // Resolved without waiting for the look before: the next one has the keyboard.
  const first = await line(page);
  await way(page, 'Résoudre');
  await page.keyboard.press('Enter');
  await expect(page.locator(`[id="${first}"]`)).toHaveCount(0);
  const second = await line(page);
  expect(second).not.toBe(first);

  // Waiting for the client leaves this queue, too.
  let dialog = await way(page, 'Attendre le client');
  await accessible(page);
  await dialog.getByLabel('Note').fill('Demandé par téléphone');
  await page.keyboard.press('Enter');
  await expect(page.locator(`[id="${second}"]`)).toHaveCount(0);
  const third = await line(page);
  expect(third).not.toBe(second);

  // What is ignored wants its reason, and the keyboard is there.
  dialog = await way(page, 'Ignorer');
  await expect(dialog.getByLabel('Motif')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('Dites pourquoi', { exact: false })).toBeVisible();
  await page.keyboard.type('Doublon d’un essai');
  await page.keyboard.press('Enter');
  await expect(page.locator(`[id="${third}"]`)).toHaveCount(0);
  await line(page);

  // Assigned to somebody by name.
  await page.keyboard.press('a');
  dialog = page.getByRole('dialog', { name: 'Attribuer 1 anomalie' });
  await expect(dialog.getByRole('combobox', { name: 'Personne' })).toBeFocused();
  await page.keyboard.type('Marc');
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('1 anomalie changera')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  await line(page);

  // Z takes the last act back.
  const last = await line(page);
  await way(page, 'Résoudre');
  await page.keyboard.press('Enter');
  await expect(page.locator(`[id="${last}"]`)).toHaveCount(0);
  await line(page);
  await page.keyboard.press('z');
  await expect(page.getByText('C’est annulé.').first()).toBeVisible();
  await expect(page.locator(`[id="${last}"]`)).toHaveCount(1);
  await settled(page);
  expect(said).toEqual([]);
});

test('what others do arrives while one writes, and an act that was overtaken says so', async ({ browser, page }) => {
  const said = complaints(page);
  await enter(page);
  await queue(page);
  const own = known(await line(page));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`panel=${own}`));
  const panel = page.locator('.panel');
  const field = panel.getByLabel('Votre commentaire');
  await field.fill('Je suis en train d’écrire');

  const context = await browser.newContext({ locale: 'fr-FR', timezoneId: 'Europe/Paris', viewport: { width: 1440, height: 900 } });
  const other = await context.newPage();
  await enter(other, `/anomalies/${own}`);
  await other.getByLabel('Votre commentaire').fill('Vu avec la plateforme');
  await other.keyboard.press('Control+Enter');
  await expect(panel.getByText('Vu avec la plateforme')).toBeVisible();
  await expect(field).toHaveValue('Je suis en train d’écrire');
  await expect(field).toBeFocused();

  // The other one assigns it while this one is about to change its state.
  await page.locator(`tr[id$="${own}"]`).focus();
  const dialog = await way(page, 'Attendre le client');
  await dialog.getByLabel('Note').fill('Une note qui reste');
  await expect(dialog.getByText('1 anomalie changera')).toBeVisible();
  await other.getByRole('button', { name: 'M’attribuer' }).click();
  await expect(other.getByText('1 anomalie changée', { exact: false }).first()).toBeVisible();
  await expect(dialog.getByText('Quelqu’un vient de modifier cette anomalie.')).toBeVisible();
  await expect(dialog.getByText('Modifiée entre-temps', { exact: false })).toBeVisible();
  await accessible(page);
  await dialog.getByRole('button', { name: 'L’appliquer à l’état actuel' }).click();
  await expect(dialog.getByLabel('Note')).toHaveValue('Une note qui reste');
  await dialog.getByLabel('Note').press('Enter');
  await expect(dialog).toHaveCount(0);
  await expect(other.getByText('En attente du client').first()).toBeVisible();
  await expect(other.getByText('Une note qui reste').first()).toBeVisible();
  await context.close();
  expect(said).toEqual([]);
});

test('a colleague’s whole work is handed over, told, and taken back', async ({ page }) => {
  const said = complaints(page);
  await enter(page, '/anomalies?whose=nobody&state=new,assigned,in_progress');
  await expect(rows(page).first()).toBeVisible();
  await settled(page);
  await page.keyboard.press('j');
  await line(page);
  // Somebody has work.
  for (let n = 0; n < 2; n += 1) {
    await page.keyboard.press('a');
    const dialog = page.getByRole('dialog', { name: 'Attribuer 1 anomalie' });
    await expect(dialog.getByRole('combobox', { name: 'Personne' })).toBeFocused();
    await page.keyboard.type('Marc');
    await page.keyboard.press('Enter');
    await expect(dialog.getByText('1 anomalie changera')).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(dialog).toHaveCount(0);
    await line(page);
  }
  await page.getByRole('button', { name: 'Transmettre un travail…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Transmettre tout le travail d’une personne' });
  await dialog.getByRole('combobox', { name: 'De' }).fill('Marc');
  await page.keyboard.press('Enter');
  await dialog.getByRole('combobox', { name: 'À', exact: true }).fill('file');
  await page.keyboard.press('Enter');
  await expect(dialog.getByText(/anomalies? .*transmis/)).toBeVisible();
  await accessible(page);
  await dialog.getByRole('button', { name: 'Transmettre', exact: true }).click();
  await expect(page.getByText('Travail transmis.').first()).toBeVisible();
  await expect(dialog).toHaveCount(0);
  await page.keyboard.press('z');
  await expect(page.getByText('C’est annulé.').first()).toBeVisible();
  await settled(page);
  expect(said).toEqual([]);
});

test('the rules are set, and two people who change them at once lose nothing', async ({ browser, page }) => {
  const said = complaints(page);
  await enter(page, '/parametres?tab=anomalies');
  const warn = page.getByLabel('Prévenir après (% du délai)');
  await expect(warn).toBeVisible();
  await accessible(page);

  const context = await browser.newContext({ locale: 'fr-FR', timezoneId: 'Europe/Paris', viewport: { width: 1440, height: 900 } });
  const other = await context.newPage();
  await enter(other, '/parametres?tab=anomalies');
  const own = Number(await warn.inputValue()) === 70 ? '60' : '70';
  await other.getByRole('switch', { name: 'Volume inhabituel' }).uncheck();
  await other.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(other.getByText('Réglages enregistrés', { exact: false }).first()).toBeVisible();

  await warn.fill(own);
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  const conflict = page.getByRole('alert').filter({ hasText: 'Volume inhabituel' });
  await expect(conflict).toBeVisible();
  await expect(conflict).toContainText(`Prévenir après ${own} %`);
  await conflict.getByRole('button').first().click();
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByText('Réglages enregistrés', { exact: false }).first()).toBeVisible();
  await page.reload();
  await expect(warn).toHaveValue(own);
  await expect(page.getByRole('switch', { name: 'Volume inhabituel' })).not.toBeChecked();
  await context.close();
  expect(said).toEqual([]);
});
