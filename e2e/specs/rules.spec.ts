// The firm's rules of the score: seen before they are saved, taken back; and facts that are only supposed.
import { expect, test } from '@playwright/test';
import { accessible, complaints, enter } from './support';

test('a weight is previewed, saved with its reason, and taken back', async ({ page }) => {
  const said = complaints(page);
  await enter(page, '/parametres?tab=rules');
  const weight = page.getByRole('textbox', { name: 'Poids : Contact joignable' });
  await expect(weight).toHaveValue('12');
  const effect = page.locator('.rules-outlook');
  await expect(effect).toContainText('Changez un poids');
  await expect(page.getByRole('button', { name: 'Enregistrer la version 1' })).toBeDisabled();

  await weight.fill('quatre');
  await expect(effect).toContainText('Corrigez d’abord');
  await weight.fill('60');
  await expect(effect).toContainText(/dossiers? change/);
  await expect(effect).toContainText('→');
  await accessible(page);
  await page.getByRole('button', { name: 'Enregistrer la version 1' }).click();
  await expect(effect).toContainText('Dites pourquoi les règles changent');
  await page.getByLabel('Pourquoi ce changement').fill('Joindre le client d’abord');
  await page.getByRole('button', { name: 'Enregistrer la version 1' }).click();
  await expect(page.getByText('Version 1 en vigueur')).toBeVisible();
  await expect(page.getByText('Joindre le client d’abord')).toBeVisible();

  await page.getByRole('button', { name: 'Valeurs du produit' }).click();
  await expect(weight).toHaveValue('12');
  await page.getByRole('button', { name: 'Enregistrer la version 2' }).click();
  await expect(page.getByText('Version 2 en vigueur')).toBeVisible();
  await page.getByRole('button', { name: 'Revenir à la version 1' }).click();
  await expect(weight).toHaveValue('60');
  await expect(page.getByLabel('Pourquoi ce changement')).toHaveValue('Retour à la version 1');
  await page.getByRole('button', { name: 'Abandonner les changements' }).click();
  await expect(weight).toHaveValue('12');
  expect(said).toEqual([]);
});

test('facts are supposed of a selection without being written', async ({ page }) => {
  const said = complaints(page);
  await enter(page, '/dossiers?missing=reception_platform');
  const first = page.getByRole('row').nth(1);
  await first.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Et si…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('rien n’est écrit');
  await dialog.getByLabel('Plateforme').first().fill('PENNYLANE');
  await expect(dialog).toContainText('1 dossier bougerait');
  await expect(dialog.getByRole('button', { name: 'Appliquer à 1 dossier' })).toBeEnabled();
  await accessible(page);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.reload();
  await expect(page.getByRole('row').nth(1)).toBeVisible();
  expect(said).toEqual([]);
});

test('what was supposed is applied as far as a bulk act can, and taken back as one', async ({ page }) => {
  const said = complaints(page);
  await enter(page, '/dossiers?missing=reception_platform');
  await page.getByRole('row').nth(1).getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Et si…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Plateforme').first().fill('PENNYLANE');
  await dialog.getByRole('combobox', { name: 'Preuves obtenues' }).fill('Client informé');
  await page.keyboard.press('Enter');
  // Closes the list of proofs, not the dialog.
  await page.keyboard.press('Escape');
  await dialog.getByText('Autres faits').click();
  await dialog.getByLabel('Effectif').fill('12');
  await expect(dialog).toContainText('Ne s’applique pas : Effectif.');
  await expect(dialog).toContainText('Ne s’appliquent pas : les preuves');
  await dialog.getByLabel('Ce qui le prouve').fill('Courriel du jour');
  await expect(dialog).toContainText('S’applique : plateforme PENNYLANE, Client informé.');
  await accessible(page);
  await dialog.getByRole('button', { name: 'Appliquer à 1 dossier' }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('button', { name: 'Annuler' }).first().click();
  await expect(page.getByText('1 dossier rétabli.').first()).toBeVisible();
  expect(said).toEqual([]);
});
