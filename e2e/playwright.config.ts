import { defineConfig } from '@playwright/test';
import { baseUrl } from './environment';

// Root has no sandbox in Chromium; everybody else keeps it.
const root = process.getuid?.() === 0;
const ci = process.env.CI === 'true';

export default defineConfig({
  testDir: './specs',
  outputDir: process.env.CABREADY_E2E_OUTPUT ?? './test-results',
  // A forgotten `test.only` would hide all other tests.
  forbidOnly: ci,
  // A test that needs luck is a failing test.
  retries: 0,
  workers: 2,
  fullyParallel: false,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: baseUrl,
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    locale: 'fr-FR',
    timezoneId: 'Europe/Paris',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CABREADY_CHROMIUM ?? '/usr/bin/chromium',
      chromiumSandbox: !root,
      args: [
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});
