// Flows come in: an export of a platform is imported, a word that nobody knew is read, a platform is connected.
import { expect, test, type Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { bareUrl, platform } from '../environment';
import { accessible, complaints, settled } from './support';

test.use({ baseURL: bareUrl });

/** A firm of its own for each test: what one imports, another does not see. */
async function found(page: Page, name: string): Promise<void> {
  await page.goto('/inscription');
  await page.getByLabel('Nom du cabinet').fill(name);
  await page.getByLabel('Votre prénom et votre nom').fill('Jeanne Petit');
  await page.getByLabel('E-mail').fill(`jeanne.${Date.now()}@essai.example`);
  await page.getByLabel('Mot de passe', { exact: true }).fill('quatre mots faciles à retenir');
  await page.getByRole('button', { name: 'Créer le cabinet' }).click();
  await expect(page.getByText('Importez votre liste de clients').first()).toBeVisible();
}

test('an export is imported, its unknown word is read, its flows are seen, and it is taken back', async ({ page }) => {
  test.setTimeout(180_000);
  const said = complaints(page);
  await found(page, 'Cabinet des flux');

  // One place takes everything: it is found from the flows.
  await page.goto('/flux');
  await page.getByRole('link', { name: 'Importer' }).first().click();
  await expect(page.getByRole('radio', { name: 'Flux d’une plateforme' })).toBeChecked();
  await settled(page);
  await accessible(page);
  await page.locator('input[type=file]').first().setInputFiles(fileURLToPath(new URL('../fixtures/flux.csv', import.meta.url)));

  // The first export of a platform: which one, the file does not tell.
  await expect(page.getByLabel('Ce que contient le fichier')).toHaveValue('flows');
  await page.getByRole('button', { name: 'Continuer vers les colonnes' }).click();
  await expect(page.getByRole('button', { name: 'Lancer la vérification' })).toBeDisabled();
  await page.getByLabel('Plateforme', { exact: true }).fill('Plateforme des essais');
  await page.getByLabel('Plateforme', { exact: true }).press('Tab');
  await expect(page.getByLabel('Signification de la colonne Statut')).toHaveValue('status');
  await accessible(page);
  await page.getByRole('button', { name: 'Lancer la vérification' }).click();

  await expect(page.getByRole('tab', { name: /Nouveaux flux/ })).toContainText('3');
  await page.getByRole('tab', { name: /Erreurs/ }).click();
  await expect(page.getByText('12345', { exact: false }).first()).toBeVisible();
  await page.getByRole('tab', { name: /À rapprocher/ }).click();
  await expect(page.getByText('« En attente de routage », à rapprocher')).toBeVisible();
  await page.getByRole('button', { name: 'Continuer vers la validation' }).click();
  await page.getByRole('button', { name: 'Valider l’import de 4 lignes' }).click();
  await expect(page.getByText('3 nouveaux flux').first()).toBeVisible();
  const imported = new URL(page.url()).pathname;

  await page.getByRole('link', { name: 'Rapprocher les mots' }).click();
  await page.getByLabel('Statut officiel de « En attente de routage »').selectOption('202');
  await expect(page.getByText('1 flux changera de statut')).toBeVisible();
  await accessible(page);
  await page.getByRole('button', { name: 'Rapprocher' }).click();
  await expect(page.getByText('Tout est rapproché')).toBeVisible();

  await page.getByRole('tab', { name: 'Flux', exact: true }).click();
  await page.getByRole('rowheader', { name: 'F2026-000103' }).click();
  const panel = page.getByRole('complementary', { name: 'F2026-000103' });
  await expect(panel.getByText('Lecture du cabinet', { exact: false })).toBeVisible();
  await expect(panel.getByText('actuel')).toBeVisible();
  await settled(page);
  await accessible(page);
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);

  // The same file again: it is recognised, and says nothing new.
  await page.goto('/imports?subject=flows');
  await settled(page);
  await page.locator('input[type=file]').first().setInputFiles(fileURLToPath(new URL('../fixtures/flux.csv', import.meta.url)));
  await expect(page.getByText('Export reconnu : Plateforme des essais')).toBeVisible();

  // Read by a person meanwhile, one flow stays when the import is taken back.
  await page.goto(imported);
  await page.getByRole('button', { name: 'Annuler l’import' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Annuler l’import' }).click();
  await expect(page.getByText('Import annulé').first()).toBeVisible();
  await page.goto('/flux');
  await settled(page);
  await expect(page.getByText('F2026-000101')).toHaveCount(0);
  expect(said).toEqual([]);
});

test('a platform is connected, tried, read, and its secret is never shown again', async ({ page }) => {
  test.setTimeout(180_000);
  const said = complaints(page);
  await found(page, 'Cabinet des connexions');
  await page.goto('/flux?tab=connections');
  await page.getByRole('button', { name: 'Connecter une plateforme' }).first().click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Nom de la connexion').fill('Essai, tous nos clients');
  await form.getByLabel('Plateforme', { exact: true }).fill(platform.platform);
  await form.getByLabel('Adresse du service de flux').fill('pas une adresse');
  await form.getByLabel('Adresse des jetons (OAuth2)').fill(platform.token_url);
  await form.getByLabel('Identifiant client (client_id)').fill(platform.client_id);
  await form.getByLabel('Secret client (client_secret)').fill(platform.client_secret);
  await form.getByRole('button', { name: 'Connecter et tester' }).click();
  // What is wrong is said at its field, and the keyboard is led there.
  await expect(form.getByLabel('Adresse du service de flux')).toBeFocused();
  await form.getByLabel('Adresse du service de flux').fill(platform.flow_url);
  await form.getByLabel('Adresse de l’annuaire').fill(platform.directory_url);
  await accessible(page);
  await form.getByRole('button', { name: 'Connecter et tester' }).click();

  const panel = page.getByRole('complementary', { name: 'Essai, tous nos clients' });
  await expect(panel.getByText('La connexion fonctionne')).toBeVisible();
  await panel.getByRole('button', { name: 'Lire maintenant' }).click();
  // The first reading takes all that the platform has.
  await expect(panel.getByText('Fonctionne', { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(panel.getByText('/token', { exact: false }).first()).toBeVisible();
  await expect(page.locator('body')).not.toContainText(platform.client_secret);
  await settled(page);
  await accessible(page);

  await panel.getByRole('button', { name: 'Mettre en pause' }).click();
  await expect(panel.getByText('En pause', { exact: true })).toBeVisible();
  await panel.getByRole('button', { name: 'Reprendre' }).click();
  await expect(panel.getByText('En pause', { exact: true })).toHaveCount(0);

  // Statuses have arrived by themselves.
  await page.goto('/flux');
  await expect(page.getByText(platform.platform).first()).toBeVisible();

  await page.goto('/flux?tab=connections');
  await page.getByText('Essai, tous nos clients').first().click();
  await panel.getByRole('button', { name: 'Autres actions' }).click();
  await page.getByRole('menuitem', { name: 'Supprimer la connexion' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Supprimer la connexion' }).click();
  await expect(page.getByText('Aucune plateforme connectée')).toBeVisible();
  expect(said).toEqual([]);
});
