// How readiness moves, and what is recorded of the advice given, on the demo firm.
import { expect, test } from '@playwright/test';
import { accessible, complaints, enter, openMoved } from './support';

test('the cockpit tells the trend, the moves and the pace, and keeps its choices in the address', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  const trend = page.getByRole('region', { name: 'Évolution' });
  const chart = trend.getByRole('slider', { name: 'Score moyen' });
  await expect(chart).toHaveAttribute('aria-valuetext', /Score : \d/);
  await expect(trend.getByText(/depuis le \d\d\/\d\d\/\d{4}/)).toBeVisible();

  // Every day is read by keys, too.
  const last = await chart.getAttribute('aria-valuetext');
  await chart.focus();
  await page.keyboard.press('Home');
  expect(await chart.getAttribute('aria-valuetext')).not.toEqual(last);

  await trend.getByText('30 jours').click();
  await expect(page).toHaveURL(/days=30/);
  await trend.getByText('Voir le tableau').first().click();
  await expect(trend.getByRole('table').first().getByRole('row')).toHaveCount(32);

  const pace = page.getByRole('region', { name: 'Vers l’échéance' });
  await pace.getByText('Réception', { exact: true }).click();
  await expect(page).toHaveURL(/obligation=reception/);
  await expect(pace.getByText('Préparés', { exact: true }).first()).toBeVisible();
  await accessible(page);

  await page.reload();
  await expect(page.getByRole('radio', { name: '30 jours' })).toBeChecked();
  await expect(page.getByRole('radio', { name: 'Réception' })).toBeChecked();

  const moves = page.getByRole('region', { name: 'Depuis la semaine dernière' });
  await expect(moves.getByText('en hausse')).toBeVisible();
  await moves.getByRole('link', { name: 'Tout voir' }).click();
  await expect(page.getByRole('heading', { name: 'Mouvements', level: 1 })).toBeVisible();
  await page.getByLabel('Période').selectOption('90');
  await page.getByText('En baisse', { exact: true }).click();
  await expect(page).toHaveURL(/direction=down/);
  await accessible(page);
  await page.getByText('Tous', { exact: true }).click();
  await page.getByRole('table').getByRole('link').first().click();
  await expect(page.getByRole('tab', { name: 'Échanges' })).toBeVisible();
  expect(said).toEqual([]);
});

test('an exchange is recorded with the hash of a file that stays here, cancelled, and shown in the file of advice', async ({ page }) => {
  test.setTimeout(120_000);
  const said = complaints(page);
  await enter(page);
  await openMoved(page, 1);
  await page.getByRole('tab', { name: 'Échanges' }).click();
  const subject = `Point sur la réforme ${Date.now()}`;
  await page.getByRole('button', { name: 'Consigner un échange' }).first().click();
  const dialog = page.getByRole('dialog');
  await accessible(page);
  await dialog.getByRole('button', { name: 'Consigner', exact: true }).click();
  await expect(dialog.getByLabel('Objet')).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByLabel('Objet').fill(subject);
  await dialog.getByLabel('Canal').selectOption('meeting');
  const requests: number[] = [];
  page.on('request', (r) => requests.push(r.postDataBuffer()?.length ?? 0));
  const content = Buffer.from('test'.padEnd(100_000, '.'));
  await dialog.getByLabel(/Pièce/).setInputFiles({ name: 'lettre.pdf', mimeType: 'application/pdf', buffer: content });
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256').update(content).digest('hex');
  await expect(dialog.getByText(hash)).toBeVisible();
  await dialog.getByRole('button', { name: 'Consigner', exact: true }).click();
  await expect(page.locator('.exchange-subject', { hasText: subject })).toBeVisible();
  // The file was not sent.
  expect(Math.max(0, ...requests)).toBeLessThan(10_000);
  await accessible(page);

  await page.getByRole('button', { name: `Annuler l’échange : ${subject}` }).click();
  await page.getByRole('dialog').getByLabel('Motif').fill('Saisi sur le mauvais dossier');
  await page.getByRole('dialog').getByRole('button', { name: 'Annuler l’échange' }).click();
  await expect(page.getByText('Saisi sur le mauvais dossier', { exact: false })).toBeVisible();
  await expect(page.locator('.exchange-subject', { hasText: subject })).toBeVisible();

  await page.getByRole('link', { name: 'Dossier de conseil' }).click();
  await expect(page.getByRole('heading', { name: 'Dossier de conseil', level: 1 })).toBeVisible();
  await expect(page.getByText(hash)).toBeVisible();
  await accessible(page);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Télécharger (ZIP)' }).click();
  expect((await download).suggestedFilename()).toMatch(/^cabready-dossier-de-conseil-\d{9}-.*\.zip$/);
  expect(said).toEqual([]);
});

test('the firm states an obligation with its reason, and a voluntary start', async ({ page }) => {
  const said = complaints(page);
  await enter(page);
  // The first whose invoices are to be electronic in 2027: not every client's are.
  const emission = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Émission des factures électroniques' }) });
  let place = 1;
  do {
    place += 1;
    await openMoved(page, place);
    await page.getByRole('tab', { name: 'Obligations' }).click();
    await expect(emission).toBeVisible();
  } while (place < 12 && (await emission.getByText('S’applique à compter du 1er septembre 2027').count()) === 0);
  await page.getByRole('button', { name: 'Fixer la position du cabinet : Émission des factures électroniques' }).click();
  await page.getByLabel('Selon le cabinet, cette obligation').selectOption('no');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByLabel('Raison')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Raison').fill('Rescrit du 12/01/2026');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByText('Position du cabinet :')).toBeVisible();
  await expect(page.getByText('Raison : Rescrit du 12/01/2026')).toBeVisible();
  await accessible(page);
  await page.getByRole('button', { name: 'Revenir au calcul : Émission des factures électroniques' }).click();
  await expect(page.getByText('Position du cabinet :')).toHaveCount(0);

  await page.getByRole('button', { name: 'Ajouter un départ volontaire' }).click();
  await page.getByLabel('Obligation', { exact: true }).selectOption('emission');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByLabel('Premier jour')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Premier jour').fill('2027-01-01');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByText('Départ volontaire : à compter du 01/01/2027')).toBeVisible();
  await page.getByRole('button', { name: /^Retirer le départ/ }).click();
  await expect(page.getByText('Départ volontaire : à compter du 01/01/2027')).toHaveCount(0);
  expect(said).toEqual([]);
});
