/** Many accounts, by HTTP. */

export interface Account {
  readonly user: { readonly userId: string };
  readonly session: { readonly accessToken: string };
}

/** Requests at the same time. */
const AT_ONCE = 24;

export async function register(url: string, count: number, print: (line: string) => void): Promise<Account[]> {
  const beganMs = Date.now();
  const accounts: Account[] = [];
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const body = { username: `crowd-${index}`, password: 'correct horse battery' };
      accounts[index] = (await post(url, '/v1/accounts', body)) as Account;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  print(`${count} accounts in ${((Date.now() - beganMs) / 1000).toFixed(1)} s`);
  return accounts;
}

export async function post(url: string, path: string, body: unknown, token?: string): Promise<unknown> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
