import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { signIn } from '../environment';

/** Signs in as a partner of the demo firm and waits for the cockpit. */
export async function enter(page: Page, path = '/'): Promise<void> {
  await page.goto('/connexion');
  await page.getByLabel('E-mail').fill(signIn.email);
  await page.getByLabel('Mot de passe', { exact: true }).fill(signIn.password);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await expect(page.getByRole('heading', { name: 'Cockpit', level: 1 })).toBeVisible();
  // A part of the screen that is on its way when the page is left would be a complaint of the browser.
  await expect(page.getByRole('region', { name: 'Évolution' })).toBeVisible();
  await settled(page);
  if (path !== '/') {
    await page.goto(path);
  }
}

/** Nothing is on its way any more, and nothing failed on its way. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator('[aria-busy=true], .skeleton')).toHaveCount(0);
  await expect(page.locator('.empty-failed')).toHaveCount(0);
}

/** Opens the page of one of the dossiers that moved lately, and answers its path. */
export async function openMoved(page: Page, place = 0): Promise<string> {
  await page.goto('/cockpit/mouvements?days=90');
  await page.getByRole('table').getByRole('link').nth(place).click();
  await expect(page.getByRole('tab', { name: 'Fiche' })).toBeVisible();
  return new URL(page.url()).pathname;
}

/** Nothing serious for people who see, hear or move differently. */
export async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
  expect(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`)).toEqual([]);
}

/** What the browser complains of while a test runs. */
export function complaints(page: Page): string[] {
  const said: string[] = [];
  const heard = (text: string) => {
    // A part of the client that is still arriving when the page is left or reloaded is given up: its loader says so in
    // the words of the browser. A part that does not come while the page stands is an error on the page; see `settled`.
    const leaving = text.includes('Response body loading was aborted') || (text.includes('Failed to fetch') && text.includes('__wasm_split'));
    if (!leaving) said.push(text);
  };
  page.on('pageerror', (error) => heard(String(error)));
  page.on('console', (message) => {
    // A refused request is the server's answer, shown on the page; a blocked script or style is not.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) heard(message.text());
  });
  return said;
}
