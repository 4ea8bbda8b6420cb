/** Text messages by Twilio (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource), or what speaks like it. */
import { type SmsSender, Undeliverable } from '../ports.ts';

const CALL_MS = 20_000;

export interface TwilioOptions {
  /** Such as https://api.twilio.com, without a slash at the end. */
  readonly url: string;
  readonly account: string;
  readonly token: string;
  /** The number that messages come from. */
  readonly from: string;
}

export function createTwilioSmsSender({ url, account, token, from }: TwilioOptions): SmsSender {
  const address = `${url}/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
  return {
    async send(to, text) {
      const response = await fetch(address, {
        method: 'POST',
        headers: { authorization },
        body: new URLSearchParams({ To: to, From: from, Body: text }),
        signal: AbortSignal.timeout(CALL_MS),
        redirect: 'error',
      });
      const body = await response.text();
      if (response.ok) return;
      const reason = `HTTP ${response.status}${codeOf(body)}`;
      // The number is at fault. A wrong account, too many messages and what ails the server are not the message's fault.
      if (response.status === 400) throw new Undeliverable(reason);
      throw new Error(`the sender of text messages answered ${reason}`);
    },
  };
}

/** Twilio's own number of an error; its text repeats the phone number. */
function codeOf(body: string): string {
  try {
    const { code } = JSON.parse(body) as { code?: unknown };
    return typeof code === 'number' ? `, error ${code}` : '';
  } catch {
    return '';
  }
}
