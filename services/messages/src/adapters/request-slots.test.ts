import { describe, expect, it } from 'vitest';
import { RequestSlots } from './request-slots.ts';

/** A request that ends when the test says so. */
function request(started: number[], number: number) {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const run = (): Promise<number> => {
    started.push(number);
    return promise;
  };
  return { run, end: () => resolve(number), fail: () => reject(new Error(`request ${number}`)) };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('RequestSlots', () => {
  it('lets so many run at once, and the others in the order they came', async () => {
    const slots = new RequestSlots(2);
    const started: number[] = [];
    const requests = [1, 2, 3, 4].map((number) => request(started, number));
    const done = requests.map(({ run }) => slots.run(run));
    await turn();
    expect(started).toEqual([1, 2]);
    expect([slots.busy, slots.waiting]).toEqual([2, 2]);
    requests[1]?.end();
    await turn();
    expect(started).toEqual([1, 2, 3]);
    for (const { end } of requests) end();
    expect(await Promise.all(done)).toEqual([1, 2, 3, 4]);
    expect(started).toEqual([1, 2, 3, 4]);
    expect([slots.busy, slots.waiting]).toEqual([0, 0]);
  });

  it('gives the slot of a request that failed to the next', async () => {
    const slots = new RequestSlots(1);
    const started: number[] = [];
    const [first, second] = [request(started, 1), request(started, 2)];
    const failed = expect(slots.run(first.run)).rejects.toThrow('request 1');
    const next = slots.run(second.run);
    first.fail();
    second.end();
    await failed;
    expect(await next).toBe(2);
    expect(slots.busy).toBe(0);
  });
});
