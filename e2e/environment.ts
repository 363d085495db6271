// What `cargo xtask e2e` tells the tests. They start nothing themselves.

function told(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: run the browser tests with \`cargo xtask e2e\`, which starts the servers.`);
  }
  return value;
}

export interface SignIn {
  cabinet: string | { name: string };
  email: string;
  password: string;
}

/** A server on the demo firm. */
export const baseUrl: string = told('CABREADY_E2E_BASE_URL');

/** A server on an empty database, for sign-up and everything that must begin with nothing. */
export const bareUrl: string = told('CABREADY_E2E_BARE_URL');

/** A partner of the demo firm. */
export const signIn: SignIn = JSON.parse(told('CABREADY_E2E_SIGN_IN'));

/** The database of the empty one, for what only time would bring about. */
export const bareDatabase: string = told('CABREADY_E2E_BARE_DATABASE');

/** Where its messages are written to: without a mail server they go to a folder. */
export const bareMails: string = told('CABREADY_E2E_BARE_MAILS');

/** A platform that the empty one may connect: what its connection wants, in the names of the API. */
export const platform: {
  name: string;
  platform: string;
  flow_url: string;
  directory_url: string;
  token_url: string;
  client_id: string;
  client_secret: string;
} = JSON.parse(told('CABREADY_E2E_CONNECTION'));
