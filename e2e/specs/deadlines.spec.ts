// The deadlines: what is due is seen, declared with evidence, taken back, and read by a calendar program.
import { expect, test } from '@playwright/test';
import { accessible, complaints, enter } from './support';

test('deadlines are listed, declared with evidence and taken back', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  await page.goto('/echeancier?due=missed&kind=sales');
  await expect(page.getByRole('heading', { name: 'Échéancier', level: 1 })).toBeVisible();
  const rows = page.locator('.table tbody tr[data-id], .table tbody tr').filter({ hasText: 'En retard' });
  await expect(rows.first()).toBeVisible();
  await accessible(page);
  const lead = await page.locator('.page-head p').first().textContent();

  await rows.first().getByRole('checkbox').check();
  await page.getByRole('region', { name: '1 échéance choisie' }).getByRole('button', { name: 'Déclarer fait…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('1 échéance serait déclarée.')).toBeVisible();
  await accessible(page);
  // Without evidence nothing is declared, and the field says what is expected.
  await dialog.getByRole('button', { name: 'Déclarer 1 échéance' }).click();
  await expect(dialog.getByText('Vide', { exact: false }).first()).toBeVisible();
  await dialog.getByLabel('Preuve', { exact: true }).fill('Accusé n° 7');
  await dialog.getByLabel('Source de la preuve').fill('Portail de la plateforme');
  await dialog.getByRole('button', { name: 'Déclarer 1 échéance' }).click();
  await expect(page.getByText('1 échéance déclarée.').first()).toBeVisible();
  await expect(page.locator('.page-head p').first()).not.toHaveText(lead ?? '');
  await page.getByRole('button', { name: 'Annuler' }).first().click();
  await expect(page.getByText('Annulé pour 1 dossier.').first()).toBeVisible();
  await expect(page.locator('.page-head p').first()).toHaveText(lead ?? '');
  expect(said).toEqual([]);
});

test('a month shows counts that open their rows', async ({ page }) => {
  await enter(page);
  await page.goto('/echeancier?view=month&month=2027-01');
  await expect(page.getByRole('heading', { name: 'janvier 2027' })).toBeVisible();
  await accessible(page);
  const count = page.locator('.month-count').first();
  const number = Number((await count.textContent())?.replace(/\D/g, ''));
  expect(number).toBeGreaterThan(0);
  await count.click();
  await expect(page).toHaveURL(/from=2027-01-\d\d&to=2027-01-\d\d|from=2027-01-\d\d.*to=2027-01-\d\d/);
  await expect(page.locator('.page-head p').first()).toContainText(`${number} échéance`);
});

test('a calendar program reads the address until it is revoked', async ({ page, request, baseURL }) => {
  await enter(page);
  await page.goto('/echeancier');
  await page.getByRole('button', { name: 'S’abonner' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Créer l’adresse' }).click();
  const address = await dialog.getByLabel('Adresse secrète').inputValue();
  expect(address).toContain('/api/v1/calendar/cal_');
  await accessible(page);
  const path = new URL(address).pathname;
  const feed = await request.get(`${baseURL}${path}`);
  expect(feed.status()).toBe(200);
  expect(feed.headers()['content-type']).toContain('text/calendar');
  const text = await feed.text();
  expect(text.startsWith('BEGIN:VCALENDAR\r\n')).toBe(true);
  expect(text).toContain('BEGIN:VEVENT');
  await dialog.getByRole('button', { name: 'Révoquer', exact: true }).first().click();
  await dialog.getByRole('button', { name: 'Confirmer la révocation' }).click();
  await expect(page.getByText('Abonnement révoqué', { exact: false }).first()).toBeVisible();
  expect((await request.get(`${baseURL}${path}`)).status()).toBe(404);
});

test('the keyboard walks the rows and closes the panel from anywhere', async ({ page }) => {
  const said = complaints(page);
  await enter(page, '/echeancier');
  await expect(page.locator('.table tbody tr.line').first()).toBeVisible();
  await page.keyboard.press('j');
  await expect(page.locator('.table tbody tr.line').first()).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  const panel = page.locator('aside.panel');
  await expect(panel.getByRole('tab', { name: 'Calendrier' })).toBeVisible();
  await accessible(page);
  await page.locator('#page-title').focus();
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  expect(said).toEqual([]);
});
