// The client's link on a telephone, without an account and without a script: from the message to the sealed copy, and
// every link that does not open.
import { expect, test, type APIRequestContext, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bareDatabase, bareMails, bareUrl } from '../environment';
import { accessible } from './support';

test.use({ baseURL: bareUrl, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });

interface Firm {
  api: APIRequestContext;
  token: string;
}

/** A number of nine digits whose check digit is right. */
function siren(stem: number): string {
  const digits = String(stem).padStart(8, '0');
  for (let last = 0; last < 10; last += 1) {
    const sum = [...`${digits}${last}`].reverse().reduce((sum, digit, place) => {
      const value = Number(digit) * (place % 2 ? 2 : 1);
      return sum + (value > 9 ? value - 9 : value);
    }, 0);
    if (sum % 10 === 0) return `${digits}${last}`;
  }
  throw new Error('one of ten check digits is right');
}

async function call<T>(firm: Firm, method: string, path: string, data?: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${firm.token}` };
  const reply = await firm.api.fetch(`${bareUrl}/api/v1${path}`, { method, headers, data });
  const text = await reply.text();
  expect(reply.ok(), `${method} ${path}: ${text}`).toBe(true);
  return (text ? JSON.parse(text) : undefined) as T;
}

let firms = 0;

/** A new firm, with a client who is asked for a delegation; answers where the message leads. */
async function asked(api: APIRequestContext): Promise<{ firm: Firm; dossier: string; email: string; link: string }> {
  firms += 1;
  const unique = `${Date.now()}${firms}`;
  const signUp = {
    cabinet_name: 'Cabinet des liens',
    name: 'Claire Martin',
    email: `claire.${unique}@essai.example`,
    password: 'quatre mots faciles à retenir',
  };
  const reply = await api.post(`${bareUrl}/api/v1/cabinets`, { data: signUp });
  expect(reply.ok(), await reply.text()).toBe(true);
  const firm = { api, token: ((await reply.json()) as { access_token: string }).access_token };
  const email = `paul.${unique}@exemple.example`;
  const facts = {
    siren: siren(40_000_000 + firms),
    name: 'Boulangerie du Port SARL',
    // Reached by the reform for certain: its mandate counts.
    vat_regimes: [{ regime: 'real_monthly', from: null }],
    contacts: [{ name: 'Paul Durand', email, phone: '+33320000000' }],
  };
  const { id } = await call<{ id: string }>(firm, 'POST', '/dossiers', facts);
  await call(firm, 'POST', '/mandates/bulk', { ids: [id], kinds: ['delegation'], send: true, preview: false });
  const { text } = await message(email, /\/l\/lnk_/);
  return { firm, dossier: id, email, link: text.match(/\/l\/lnk_[^\s]+/)?.[0] ?? '' };
}

/** The text of a part, out of the form in which it travels. */
function plain(head: string, body: string): string {
  if (/content-transfer-encoding:\s*base64/i.test(head)) return Buffer.from(body, 'base64').toString('utf8');
  if (!/content-transfer-encoding:\s*quoted-printable/i.test(head)) return body;
  const bytes = body
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The newest message to an address whose text has what is looked for, and the form in which it travelled. */
async function message(to: string, wanted: RegExp): Promise<{ text: string; raw: string }> {
  let found: { text: string; raw: string } | undefined;
  const look = () => {
    let names: string[] = [];
    try {
      names = readdirSync(bareMails).filter((name) => name.endsWith('.eml')).sort().reverse();
    } catch {
      // No message has left yet.
    }
    for (const name of names) {
      const raw = readFileSync(join(bareMails, name), 'utf8');
      if (!new RegExp(`^To:.*${to.replace(/[.+]/g, '\\$&')}`, 'im').test(raw.split(/\r?\n\r?\n/)[0].replace(/\r?\n\s+/g, ' '))) continue;
      const boundary = raw.match(/boundary="?([^"\r\n;]+)/i)?.[1];
      const parts = boundary ? raw.split(`--${boundary}`) : [raw];
      for (const part of parts) {
        const end = part.search(/\r?\n\r?\n/);
        const [head, body] = [part.slice(0, end), part.slice(end).trimStart()];
        if (end < 0 || (boundary && !/content-type:\s*text\/plain/i.test(head))) continue;
        const text = plain(head, body);
        if (wanted.test(text)) {
          found = { text, raw };
          return true;
        }
      }
    }
    return false;
  };
  await expect.poll(look, { timeout: 30_000, message: `a message to ${to} with ${wanted}` }).toBe(true);
  return found as { text: string; raw: string };
}

/** Right for everybody, on a narrow screen. */
async function right(page: Page): Promise<void> {
  await accessible(page);
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  expect(inner, page.url()).toBeLessThanOrEqual(outer);
  await expect(page.locator('script')).toHaveCount(0);
}

test('a client answers, signs with the code of the message and takes the sealed copy along', async ({ page, playwright }) => {
  test.setTimeout(180_000);
  const api = await playwright.request.newContext();
  const { firm, dossier, email, link } = await asked(api);
  const score = async () => (await call<{ readiness: { score: number } }>(firm, 'GET', `/dossiers/${dossier}`)).readiness.score;
  const before = await score();

  // Opened twice, as a mail scanner would: nothing has begun.
  await page.goto(link);
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'Bonjour Paul Durand' })).toBeVisible();
  await expect(page.getByText('Cabinet des liens en est responsable', { exact: false })).toBeVisible();
  await right(page);
  await page.getByRole('button', { name: 'Commencer' }).click();

  let refused = false;
  for (let n = 0; n < 20 && page.url().includes('/question/'); n += 1) {
    const volume = page.locator('input[name=invoices_per_month]');
    if (refused || (await volume.count()) === 0) {
      await right(page);
      await page.getByRole('button', { name: 'Passer' }).click();
      continue;
    }
    // A value that is none: told beside the field, what was typed stays.
    const question = page.url();
    const title = (await page.getByRole('heading', { level: 1 }).textContent()) ?? '';
    await volume.fill('beaucoup');
    await page.getByRole('button', { name: 'Enregistrer et continuer' }).click();
    await expect(volume).toHaveValue('beaucoup');
    await expect(volume).toHaveAttribute('aria-invalid', 'true');
    await expect(page).toHaveTitle(/^Erreur/);
    await right(page);
    // Read anew, it sends nothing: the browser does not ask whether to.
    expect((await page.reload())?.request().method()).toBe('GET');
    await volume.fill('12');
    await page.getByRole('button', { name: 'Enregistrer et continuer' }).click();
    await expect(page.getByRole('heading', { level: 1 })).not.toHaveText(title);
    // Back is the question with its answer, asked for by nothing but reading.
    const back = await page.goBack();
    expect(back?.request().method()).toBe('GET');
    expect(page.url()).toBe(question);
    await expect(volume).toHaveValue('12');
    await page.getByRole('button', { name: 'Enregistrer et continuer' }).click();
    refused = true;
  }
  expect(refused, 'the number of invoices was asked for').toBe(true);

  // The document, read; a signature without quality is refused; then all of it.
  await expect(page.getByRole('heading', { name: 'Lire et signer le document' })).toBeVisible();
  await right(page);
  const pdf = await page.locator('a[href*="/document/"]').first().getAttribute('href');
  const original = await (await api.get(`${bareUrl}${pdf}`)).body();
  expect(original.subarray(0, 4).toString()).toBe('%PDF');
  await page.getByLabel('Prénom et nom de la personne qui signe').fill('Paul Durand');
  await page.getByLabel('En qualité de').fill('');
  await page.getByRole('button', { name: 'Je signe ce document' }).click();
  await expect(page.getByRole('alert')).toContainText('En qualité de');
  await expect(page.getByLabel('Prénom et nom de la personne qui signe')).toHaveValue('Paul Durand');
  await right(page);
  await page.getByLabel('En qualité de').fill('Gérant');
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Je signe ce document' }).click();

  await expect(page.getByRole('heading', { name: 'Confirmer la signature' })).toBeVisible();
  await right(page);
  await page.getByRole('button', { name: 'Recevoir mon code' }).click();
  const code = (await message(email, /^\s*\d{6}\s*$/m)).text.match(/^\s*(\d{6})\s*$/m)?.[1] ?? '';
  await page.getByLabel('Code reçu').fill(String((Number(code) + 1) % 1_000_000).padStart(6, '0'));
  await page.getByRole('button', { name: 'Signer', exact: true }).click();
  await expect(page.getByText('Il reste 4 essais', { exact: false })).toBeVisible();
  await right(page);
  await page.getByLabel('Code reçu').fill(code);
  await page.getByRole('button', { name: 'Signer', exact: true }).click();

  // Sealed, and offered; the same has left by mail.
  await expect(page.getByText('Votre signature est enregistrée', { exact: false })).toBeVisible();
  await right(page);
  const copy = page.getByRole('link', { name: /Télécharger/ });
  const download = page.waitForEvent('download');
  await copy.click();
  const file = readFileSync(await (await download).path());
  expect(file.subarray(0, original.length).equals(original), 'the certificate follows the very document').toBe(true);
  expect(file.length).toBeGreaterThan(original.length);
  const sent = (await message(email, /exemplaire/)).raw;
  expect(sent).toMatch(/content-type:\s*application\/pdf/i);
  expect(await score()).toBeGreaterThan(before);

  await page.getByRole('button', { name: 'Terminer' }).click();
  await expect(page.getByRole('heading', { name: 'Merci' })).toBeVisible();
  await right(page);
  const used = await page.goto(link);
  expect(used?.status()).toBe(410);
  await expect(page.getByRole('heading', { name: 'Tout est fait' })).toBeVisible();
  await right(page);
  await api.dispose();
});

test('a link that was forged, has expired or was revoked says so and whom to ask', async ({ page, playwright }) => {
  const api = await playwright.request.newContext();
  const { firm, dossier, link } = await asked(api);
  const forged = await page.goto(`${link.slice(0, -1)}${link.endsWith('0') ? '1' : '0'}`);
  expect(forged?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'Ce lien n’existe pas' })).toBeVisible();
  await right(page);

  const [{ id }] = (await call<{ data: { id: string }[] }>(firm, 'GET', `/dossiers/${dossier}/links`)).data;
  const later = (change: string) =>
    execFileSync('sqlite3', ['-cmd', '.timeout 10000', bareDatabase, `UPDATE links SET expires_at = expires_at ${change} WHERE id = '${id}'`]);
  later('- 31536000000000');
  const expired = await page.goto(link);
  expect(expired?.status()).toBe(410);
  await expect(page.getByRole('heading', { name: 'Ce lien n’est plus valable' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Écrire au cabinet' }).or(page.getByText('Une question', { exact: false })).first()).toBeVisible();
  await right(page);

  later('+ 31536000000000');
  await call(firm, 'DELETE', `/links/${id}`);
  const revoked = await page.goto(link);
  expect(revoked?.status()).toBe(410);
  await expect(page.getByRole('heading', { name: 'Ce lien a été retiré' })).toBeVisible();
  await right(page);
  await api.dispose();
});
