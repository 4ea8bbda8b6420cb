/** Pairs of people with a conversation each, connected by plain sockets. */
import { subprotocols } from '@clatter/wire';
import { type Account, post } from '../fan-out/crowd.ts';
import { openSocket, type Pair } from './open-loop.ts';

export const TEXT = 'a message of about sixty bytes, like those that people write';

/** Accounts are not what is measured: cheap hashes. */
export const QUICK_ACCOUNTS = {
  CLATTER_AUTH_ARGON2_MEMORY_KIB: '64',
  CLATTER_AUTH_ARGON2_PASSES: '1',
  CLATTER_AUTH_PASSWORD_SCORE_MIN: '0',
} as const;

export async function connectPairs(url: string, count: number): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let index = 0; index < count; index++) pairs.push(await connectPair(url, index));
  return pairs;
}

export const sendFrame = (ref: number, conversationId: string, messageId: string): string =>
  `{"ref":${ref},"send":{"conversationId":"${conversationId}","messageId":"${messageId}","content":{"text":{"body":"${TEXT}"}}}}`;

async function connectPair(url: string, index: number): Promise<Pair> {
  const people = await Promise.all(
    [0, 1].map((side) => post(url, '/v1/accounts', { username: `bench-${index}-${side}`, password: 'bench password' })),
  );
  const [first, second] = people as [Account, Account];
  const { conversation } = (await post(
    url,
    '/v1/conversations',
    { kind: 'direct', memberIds: [second.user.userId] },
    first.session.accessToken,
  )) as {
    conversation: { conversationId: string };
  };
  const connect = async ({ session }: Account): Promise<Pair['sockets'][0]> => {
    const socket = await openSocket(`${url.replace('http', 'ws')}/v1/ws`, subprotocols.json);
    const welcome = new Promise((resolve) => socket.once('message', resolve));
    socket.send(JSON.stringify({ ref: 1, hello: { token: session.accessToken } }));
    await welcome;
    return socket;
  };
  return {
    sockets: [await connect(first), await connect(second)],
    frame: (_side, number, id) => sendFrame(number, conversation.conversationId, id),
  };
}
